import { expect, test } from 'vitest';
import type { Delivery, ForecastEntry, Stations } from '../api/types';
import { passes } from './gantt';
import { contactLinks, linksAt, relayLinks } from './link';

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
  expect(at('2026-08-22T01:00:05Z')).toEqual([
    { satellite: 'A', planned: false, to: { lon: -34.9, lat: -8 } },
  ]);
  expect(at('2026-08-22T02:03:00Z')).toEqual([
    { satellite: 'A', planned: false, to: { lon: 16.7, lat: 40.65 }, station: 'Matera' },
  ]);
  expect(at('2026-08-22T03:00:00Z')).toEqual([]);
});

test('a contact of the plan is a link that says whether it carries something', () => {
  const contact = {
    satellite: 'A',
    planned: true,
    station: 'matera',
    start: '2026-08-22T02:00:00Z',
    end: '2026-08-22T02:10:00Z',
    max_elevation_deg: 9,
    rate_bit_s: 1,
    setup_s: 0,
    volume_bytes: 1,
  };
  const leg = {
    station: 'matera',
    contact_start: contact.start,
    start: '2026-08-22T02:03:00Z',
    end: '2026-08-22T02:04:00Z',
    volume_bytes: 1,
  };
  const delivery = { satellite: 'A', legs: [leg], priority: 1 } as unknown as Delivery;
  const [free, booked] = [passes([contact], []), passes([contact], [delivery])];
  const use = (on: typeof free, time: string) =>
    contactLinks(on, stations, Date.parse(time)).map((link) => link.use);
  expect(use(free, leg.start)).toEqual(['free']);
  expect(use(booked, leg.start)).toEqual(['carrying']);
  expect(use(booked, contact.start)).toEqual(['booked']);
  expect(contactLinks(booked, { ...stations, features: [] }, 0)).toEqual([]);
});

test('over a relay there are two links: up to it, and from it down to its station', () => {
  const up = { satellite: 'A', planned: false, to: { satellite: 'R' } };
  const down = { satellite: 'R', planned: false, to: { lon: 16.7, lat: 40.65 }, station: 'Matera' };
  expect(linksAt([{ ...entry, relay: 'R' }], [0, 0], stations, Date.parse('2026-08-22T02:03:00Z'))).toEqual([
    up,
    down,
  ]);

  const leg = { station: 'matera', relay: 'R', start: '2026-08-22T02:03:00Z', end: '2026-08-22T02:04:00Z' };
  const delivery = {
    satellite: 'A',
    planned: false,
    legs: [leg, { ...leg, relay: null }],
  } as unknown as Delivery;
  const carried = [up, down].map((link) => ({ ...link, use: 'carrying' }));
  expect(relayLinks([delivery], stations, Date.parse(leg.end))).toEqual(carried);
  expect(relayLinks([delivery], stations, Date.parse(leg.end) + 1)).toEqual([]);
});
