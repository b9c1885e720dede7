import { expect, test } from 'vitest';
import type { Tracks } from '../api/types';
import { at, between, placeOf, splitAtAntimeridian, unit } from './track';

const tracks: Tracks = {
  start: '2026-08-22T00:00:00Z',
  step_s: 60,
  satellites: [
    {
      name: 'A',
      planned: true,
      lon_lat_km: [
        [178, 0, 500],
        [-178, 0, 520],
        [-174, 0, 540],
      ],
    },
  ],
};
const start = Date.parse(tracks.start);

test('a place survives its vector', () => {
  const { lon, lat } = placeOf(unit(-34.9, -8.05));
  expect(lon).toBeCloseTo(-34.9, 9);
  expect(lat).toBeCloseTo(-8.05, 9);
});

test('half way over the antimeridian is on it', () => {
  const middle = between([178, 0, 500], [-178, 0, 520], 0.5);
  expect(Math.abs(middle.lon)).toBeCloseTo(180, 6);
  expect(middle.height_km).toBe(510);
});

test('a great circle bends towards the pole', () => {
  expect(between([-60, 50, 0], [60, 50, 0], 0.5).lat).toBeGreaterThan(60);
});

test('positions exist only inside the sampled window, its end included', () => {
  expect(at(tracks, start)[0]).toMatchObject({ name: 'A', planned: true, height_km: 500 });
  expect(at(tracks, start + 120_000)).toHaveLength(1);
  expect(at(tracks, start + 121_000)).toHaveLength(0);
  expect(at(tracks, start - 1)).toHaveLength(0);
});

test('a line over the antimeridian becomes two that meet there', () => {
  const parts = splitAtAntimeridian([
    [170, 10],
    [-170, 20],
    [-160, 25],
  ]);
  expect(parts).toEqual([
    [
      [170, 10],
      [180, 15],
    ],
    [
      [-180, 15],
      [-170, 20],
      [-160, 25],
    ],
  ]);
});
