import { expect, test } from 'vitest';
import type { Item, Product } from '../api/types';
import { COLORMAP_NAMES, COLORMAPS, stops } from './colormap';
import { choices, readRange, stretch, tileQuery } from './look';

const TIFF = 'image/tiff; application=geotiff';
const band = (name: string, common?: string, extra: object = {}) => ({
  name,
  ...(common ? { 'eo:common_name': common } : {}),
  ...extra,
});

function item(assets: Item['assets'], properties: Record<string, unknown> = {}): Item {
  return { id: 'i', collection: 'c', bbox: [0, 0, 1, 1], assets, properties, links: [] } as unknown as Item;
}

const statistics = { minimum: 10, maximum: 200, mean: 80, stddev: 25 };
const scene = item({
  data: {
    href: '',
    type: TIFF,
    bands: ['blue', 'green', 'red', 'nir'].map((common, i) => band(`B${i + 1}`, common, { statistics })),
  },
  note: { href: '', type: 'text/plain' },
});

test('a scene is seen in natural and false colours, by indices and band by band', () => {
  const found = choices(scene, undefined);
  expect(found.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'natural data',
    'false data',
    'index NDVI',
    'index NDWI',
    'band B1 (blue)',
    'band B2 (green)',
    'band B3 (red)',
    'band B4 (nir)',
    'own data',
  ]);
  expect(found[0]?.bands).toEqual([3, 2, 1]);
  expect(found[2]?.expression).toBe('(b4-b3)/(b4+b3)');
  expect(found[4]?.range).toEqual([30, 130]);
});

test('an answer has the colours of its product, its figures a range of their own', () => {
  const style = { classes: [{ value: 1, label: 'water', color: '#0000ff' }] };
  const answer = item({
    layers: { href: '', type: TIFF, bands: [band('water_index', undefined, { unit: '1' })] },
    mask: { href: '', type: TIFF, bands: [band('mask')] },
  });
  const [mask, figure] = choices(answer, { style } as unknown as Product);
  expect([mask?.kind, mask?.classes]).toEqual(['classes', style.classes]);
  expect([figure?.name, figure?.range, figure?.colormap]).toEqual(['water_index', [-1, 1], 'rdylgn']);
  const own = [{ value: 2, label: 'own', color: '#ff0000' }];
  expect(choices({ ...answer, properties: { 'corridor:classes': own } }, undefined)[0]?.classes).toBe(own);
});

test('the query asks for what is shown', () => {
  const [natural, , ndvi, , first] = choices(scene, undefined);
  const look = { expression: 'b1/2', colormap: 'viridis', range: undefined } as const;
  expect(natural && tileQuery({ ...look, choice: natural })).toBe('bands=3%2C2%2C1');
  const query = new URLSearchParams(ndvi && tileQuery({ ...look, choice: ndvi, range: [-0.2, 0.9] }));
  expect(query.get('expression')).toBe('(b4-b3)/(b4+b3)');
  expect(query.get('rescale')).toBe('-0.2,0.9');
  expect(JSON.parse(query.get('colormap') ?? '')).toEqual(stops('viridis'));
  // Greys are how the node draws one band anyway.
  expect(first && tileQuery({ ...look, choice: first, colormap: 'greys' })).toBe('bands=1');
  const own = choices(scene, undefined).at(-1);
  expect(own && new URLSearchParams(tileQuery({ ...look, choice: own })).get('expression')).toBe('b1/2');
});

test('a stretch stays within what there is', () => {
  expect(stretch({ statistics: { ...statistics, stddev: 100 } })).toEqual([10, 200]);
  expect(stretch({ statistics: { minimum: 3, maximum: 3 } })).toBeUndefined();
  expect(stretch({})).toBeUndefined();
});

test('typed numbers are a range, with a comma too', () => {
  expect(readRange(' -0,5', '1')).toEqual([-0.5, 1]);
  for (const [low, high] of [
    ['', '1'],
    ['2', '1'],
    ['x', '1'],
    ['1', '1'],
  ] as const)
    expect(readRange(low, high)).toBeUndefined();
});

test('colour maps are rising stops of whole colours', () => {
  for (const name of COLORMAP_NAMES) {
    expect(COLORMAPS[name].every((colour) => /^#[0-9a-f]{6}$/.test(colour))).toBe(true);
    const positions = stops(name).map(([at]) => at);
    expect([positions[0], positions.at(-1)]).toEqual([0, 1]);
    expect(positions.every((at, i) => i === 0 || at > (positions[i - 1] ?? 1))).toBe(true);
  }
});
