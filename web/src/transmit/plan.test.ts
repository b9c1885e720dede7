import { expect, test } from 'vitest';
import type { ForecastEntry } from '../api/types';
import { standing } from './delivery';
import { deliveryOf, stationPlans } from './plan';

function entry(satellite: string, station: string, minute: number): ForecastEntry {
  const at = (plus: number) => new Date(Date.UTC(2026, 7, 22, 5, minute + plus)).toISOString();
  return {
    satellite,
    station,
    norad_id: 1,
    planned: false,
    instrument: 'MSI',
    observed_start: at(-30),
    observed_end: at(-29),
    contact_start: at(0),
    contact_end: at(10),
    down: at(2),
    at_node: at(4),
    processed: at(6),
    in_hands: at(7),
    in_hands_earliest: null,
    in_hands_latest: null,
    min_off_nadir_deg: 0,
    coverage: 1,
    sun_elevation_deg: null,
    element_age_days: null,
    timing_uncertainty_s: null,
    cross_track_uncertainty_km: null,
    stale: false,
    time_to_answer_s: 0,
    volume_bytes: 5e9,
  };
}

test('what comes down in one window is one pass', () => {
  const [first, second] = [
    entry('A', 'svalbard', 20),
    { ...entry('A', 'svalbard', 20), down: '2026-08-22T05:25:00.000Z' },
  ];
  const plans = stationPlans([entry('B', 'svalbard', 40), entry('C', 'inuvik', 0), first, second], () => ({
    state: 'planned',
    expected: false,
  }));
  expect(plans.map((plan) => plan.station)).toEqual(['inuvik', 'svalbard']);
  expect(plans[1]?.passes.map((pass) => pass.satellite)).toEqual(['A', 'B']);
  const pass = plans[1]?.passes[0];
  expect([pass?.loads.length, pass?.volume_bytes, pass?.down]).toEqual([2, 1e10, '2026-08-22T05:25:00.000Z']);
});

test('an entry without a record is a delivery by its promise', () => {
  const one = entry('A', 'svalbard', 20);
  const at = (minute: number) => {
    const time = Date.UTC(2026, 7, 22, 5, minute);
    return standing(deliveryOf(one, 'w', []), time, time).state;
  };
  expect([-20, -8, 20, 24].map(at)).toEqual(['planned', 'waiting', 'transit', 'arrived']);
});

test('an entry finds its record', () => {
  const one = entry('A', 'svalbard', 20);
  const recorded = { ...deliveryOf(one, 'w', []), reason: 'lost' };
  expect(deliveryOf(one, 'w', [recorded])).toBe(recorded);
  expect(deliveryOf(one, 'other', [recorded]).reason).toBeNull();
});
