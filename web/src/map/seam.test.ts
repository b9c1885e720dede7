import { expect, test } from 'vitest';
import { crossesSeam, open, unwrapped } from './seam';

const fiji = [
  [179, -16],
  [-179, -16],
  [-179, -17],
  [179, -16],
];

test('a ring over the antimeridian runs on past it', () => {
  expect(crossesSeam(fiji)).toBe(true);
  const land = unwrapped({
    type: 'FeatureCollection',
    features: [{ type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [fiji] } }],
  });
  expect(land.features[0]?.geometry).toMatchObject({
    coordinates: [
      [
        [179, -16],
        [181, -16],
        [181, -17],
        [179, -16],
      ],
    ],
  });
});

test('the edges of the flat map are left out of the coast', () => {
  const line = [
    [170, -80],
    [180, -84],
    [180, -90],
    [-180, -90],
    [-180, -84],
    [-170, -80],
  ];
  expect(open({ type: 'MultiLineString', coordinates: [line] }).coordinates).toEqual([
    [
      [170, -80],
      [180, -84],
    ],
    [
      [-180, -84],
      [-170, -80],
    ],
  ]);
});
