import { expect, test } from 'vitest';
import { boxArea, middle } from './view.svelte';

test('the middle of a box over the antimeridian is in it', () => {
  expect(middle([170, -20, -170, -10])).toEqual([180, -15]);
  expect(middle([175, 0, -165, 10])).toEqual([-175, 5]);
  expect(middle([-35, -9, -34, -8])).toEqual([-34.5, -8.5]);
});

test('a box over the antimeridian is two polygons', () => {
  expect(boxArea([170, -20, -170, -10])).toMatchObject({ type: 'MultiPolygon' });
  expect(boxArea([-35, -9, -34, -8])).toMatchObject({
    type: 'Polygon',
    coordinates: [
      [
        [-35, -9],
        [-34, -9],
        [-34, -8],
        [-35, -8],
        [-35, -9],
      ],
    ],
  });
});
