import { expect, test } from 'vitest';
import type { Contact, Delivery, Stations } from '../api/types';
import { bookedShare, outline, passes, passesAt, rows, satelliteRows } from './gantt';

const time = (s: number) => new Date(s * 1000).toISOString();

function contact(satellite: string, station: string, start: number, end: number): Contact {
  return {
    satellite,
    station,
    planned: false,
    start: time(start),
    end: time(end),
    max_elevation_deg: 40,
    rate_bit_s: 8,
    setup_s: 0,
    volume_bytes: end - start,
  };
}

function load(satellite: string, station: string, start: number, bytes: number, priority: number): Delivery {
  return {
    satellite,
    priority,
    watch: `w${priority}`,
    planned: false,
    instrument: 'i',
    station,
    volume_bytes: bytes,
    legs: [
      {
        station,
        relay: null,
        contact_start: time(start),
        start: time(start + 1),
        end: time(start + 9),
        volume_bytes: bytes,
      },
    ],
    promised: null,
    came: [],
    reason: null,
  };
}

const stations: Stations = {
  type: 'FeatureCollection',
  features: ['Åre', 'Kiruna'].map((name, index) => ({
    type: 'Feature',
    geometry: { type: 'Point', coordinates: [0, 0] },
    properties: { id: `s${index}`, name },
  })),
};
const all = passes(
  [contact('B', 's0', 0, 100), contact('A 10', 's0', 50, 150), contact('A 9', 's1', 0, 100)],
  [load('A 9', 's1', 0, 80, 3), load('A 9', 's1', 0, 40, 1), load('A 9', 's0', 0, 1, 1)],
);

test('a pass carries the loads of its own contact, the first priority first', () => {
  const pass = all.find((one) => one.contact.satellite === 'A 9');
  expect(pass?.loads.map(({ delivery }) => delivery.watch)).toEqual(['w1', 'w3']);
  expect(pass?.booked_bytes).toBe(120);
  expect(pass && bookedShare(pass)).toBeCloseTo(1.2);
  expect(all.filter((one) => one.loads.length)).toHaveLength(1);
});

test('what goes over a relay is no load of a pass', () => {
  const one = load('A 9', 's1', 0, 80, 3);
  const relayed = { ...one, legs: one.legs.map((leg) => ({ ...leg, relay: 'R' })) };
  expect(passes([contact('A 9', 's1', 0, 100)], [relayed])[0]?.loads).toEqual([]);
});

test('stations that carry something stand first, satellites by number', () => {
  const open = { text: '', bookedOnly: false };
  const found = rows(all, stations, open, 'en');
  expect(found.map(({ name }) => name)).toEqual(['Kiruna', 'Åre']);
  expect(found[1] && satelliteRows(found[1], 'en').map(({ name }) => name)).toEqual(['A 10', 'B']);
  expect(rows(all, stations, { ...open, bookedOnly: true }, 'en')).toHaveLength(1);
  expect(rows(all, stations, { ...open, text: 'åre' }, 'en').map(({ id }) => id)).toEqual(['s0']);
  expect(rows(all, stations, { ...open, text: 'a 9' }, 'en').map(({ id }) => id)).toEqual(['s1']);
});

test('a press finds what is on, or what is near', () => {
  const [, row] = rows(all, stations, { text: '', bookedOnly: false }, 'en');
  const names = (time_s: number, reach_s: number) =>
    row && passesAt(row, time_s * 1000, reach_s * 1000).map(({ contact: { satellite } }) => satellite);
  expect(names(75, 0)).toEqual(['B', 'A 10']);
  expect(names(155, 0)).toEqual([]);
  expect(names(155, 10)).toEqual(['A 10']);
});

test('bars become one outline', () => {
  expect(outline(all.slice(0, 2), 0, 4, 8)).toBe('M0 4h100v8h-100zM50 4h100v8h-100z');
});
