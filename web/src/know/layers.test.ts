import { expect, test } from 'vitest';
import type { Item } from '../api/types';
import { isReplay, layers, rasterAsset } from './layers.svelte';
import { observedOf } from './observed';

function item(id: string, properties: Record<string, unknown>, assets: Item['assets']): Item {
  return {
    type: 'Feature',
    id,
    collection: 'c',
    bbox: [0, 0, 1, 1],
    geometry: { type: 'Point', coordinates: [0, 0] },
    properties,
    assets,
    links: [],
  };
}
const tiff = { href: '/a.tif', type: 'image/tiff; application=geotiff; profile=cloud-optimized' };
const older = item('older', { datetime: '2018-05-06T00:00:00Z' }, { data: tiff });
const newer = item('newer', { datetime: '2020-08-08T00:00:00Z', 'corridor:replay': true }, { data: tiff });
const answer = item('answer', {}, { picture: { href: '/p.png', type: 'image/png' }, mask: tiff });

test('an answer lies over its scenes, only the newest of which shows', () => {
  layers.open({ summary: undefined, item: answer, scenes: [newer, older] });
  expect(layers.rasters.map((layer) => layer.name)).toEqual(['older', 'newer', 'answer']);
  expect(layers.rasters.map((layer) => layers.shown[layer.id]?.on)).toEqual([false, true, true]);
  layers.open(undefined);
  expect(layers.rasters).toEqual([]);
});

test('an item without a raster lays nothing', () => {
  expect(rasterAsset(item('x', {}, { picture: { href: '/p.png', type: 'image/png' } }))).toBeUndefined();
  expect(rasterAsset(answer)).toBe('mask');
});

test('an unknown date is its interval', () => {
  const interval = {
    datetime: null,
    start_datetime: '1999-01-01T00:00:00Z',
    end_datetime: '2003-01-01T00:00:00Z',
  };
  expect(observedOf(item('l7', interval, {}))).toEqual({
    start: interval.start_datetime,
    end: interval.end_datetime,
  });
});

test('one replayed scene makes the answer a replay', () => {
  expect(isReplay([older, newer])).toBe(true);
  expect(isReplay([older])).toBe(false);
});
