import { expect, test } from 'vitest';
import type { ForecastEntry } from '../api/types';
import { axis, bars, share } from './timeline';

const entry = {
  observed_start: '2026-08-22T00:27:33Z',
  observed_end: '2026-08-22T00:27:49Z',
  contact_start: '2026-08-22T00:51:40Z',
  down: '2026-08-22T00:57:13Z',
  at_node: '2026-08-22T01:08:13Z',
  processed: '2026-08-22T01:09:48Z',
  in_hands: '2026-08-22T01:10:00Z',
} as ForecastEntry;

test('the axis holds every entry and its ticks are round times', () => {
  const on = axis([entry]);
  expect(on.from_ms).toBeLessThanOrEqual(Date.parse(entry.observed_start));
  expect(on.to_ms).toBeGreaterThanOrEqual(Date.parse(entry.in_hands));
  expect(on.ticks_ms.map((tick) => new Date(tick).toISOString().slice(11, 16))).toEqual([
    '00:20',
    '00:30',
    '00:40',
    '00:50',
    '01:00',
    '01:10',
  ]);
});

test('days of forecast get few ticks', () => {
  const late = { ...entry, in_hands: '2026-08-24T23:00:00Z' };
  const { ticks_ms } = axis([entry, late]);
  expect(ticks_ms.length).toBeLessThanOrEqual(6);
  expect(ticks_ms.length).toBeGreaterThanOrEqual(2);
});

test('the bars of an entry follow one another without gaps, from observed to in hands', () => {
  const on = axis([entry]);
  const way = bars(on, entry);
  expect(way[0]?.start).toBe(share(on, entry.observed_end));
  expect(way.at(-1)?.end).toBe(share(on, entry.in_hands));
  for (const [index, bar] of way.entries()) {
    expect(bar.end).toBeGreaterThanOrEqual(bar.start);
    if (index > 0) expect(bar.start).toBe(way[index - 1]?.end);
  }
});

test('no entries, no ticks', () => {
  expect(axis([]).ticks_ms).toEqual([]);
});
