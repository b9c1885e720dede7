import { expect, test } from 'vitest';
import type { ForecastEntry, Stations } from '../api/types';
import { linksAt } from './link';

const stations: Stations = {
  type: 'FeatureCollection',
  features: [
    {
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [16.7, 40.65] },
      properties: { id: 'matera', name: 'Matera' },
    },
  ],
};
const entry = {
  satellite: 'A',
  planned: false,
  station: 'matera',
  observed_start: '2026-08-22T01:00:00Z',
  observed_end: '2026-08-22T01:00:10Z',
  contact_start: '2026-08-22T02:00:00Z',
  down: '2026-08-22T02:05:00Z',
} as ForecastEntry;
const at = (time: string) => linksAt([entry], [-34.9, -8], stations, Date.parse(time));

test('a satellite is linked to the area while it observes and to the station while it sends', () => {
  expect(at('2026-08-22T01:00:05Z')).toEqual([{ satellite: 'A', planned: false, lon: -34.9, lat: -8 }]);
  expect(at('2026-08-22T02:03:00Z')).toEqual([
    { satellite: 'A', planned: false, lon: 16.7, lat: 40.65, station: 'Matera' },
  ]);
  expect(at('2026-08-22T03:00:00Z')).toEqual([]);
});
