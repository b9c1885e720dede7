import { expect, test } from 'vitest';
import type { Came, Delivery } from '../api/types';
import { arrival, difference_s, standing } from './delivery';

const at = (minute: number) => Date.UTC(2026, 7, 22, 5, minute);
const time = (minute: number) => new Date(at(minute)).toISOString();

function delivery(came: Partial<Came>[] = [], reason: string | null = null): Delivery {
  return {
    watch: 'a',
    priority: 3,
    satellite: 'A',
    planned: false,
    instrument: 'MSI',
    station: 'x',
    volume_bytes: 1,
    legs: [
      { station: 'x', relay: null, contact_start: time(20), start: time(22), end: time(24), volume_bytes: 1 },
    ],
    promised: {
      observed_start: time(0),
      observed_end: time(1),
      contact_start: time(20),
      contact_end: time(30),
      down: time(24),
      at_node: time(26),
      processed: time(27),
      in_hands: time(28),
    },
    came: came.map((one) => ({
      collection: 'c',
      item: 'i',
      answer: true,
      replay: false,
      down: null,
      at_node: null,
      processed: null,
      in_hands: null,
      reason: null,
      files: [],
      ...one,
    })),
    reason,
  };
}

test('by its promise a delivery is planned, waits, is in transit and should arrive', () => {
  const states = [-1, 1, 21, 22, 25, 26].map((minute) => standing(delivery(), at(minute), at(-5)));
  expect(states.map(({ state }) => state)).toEqual([
    'planned',
    'waiting',
    'waiting',
    'transit',
    'transit',
    'arrived',
  ]);
  expect(states.every(({ expected }) => expected)).toBe(true);
  expect(standing(delivery(), at(22), at(22))).toEqual({ state: 'transit', expected: false });
});

test('what has not come is late, and a day later given up', () => {
  expect(standing(delivery(), at(26), at(26)).state).toBe('arrived');
  expect(standing(delivery(), at(27), at(27))).toEqual({ state: 'late', expected: false });
  expect(standing(delivery(), at(27 + 1440), at(27 + 1440)).state).toBe('failed');
  // The reader looks ahead; the node's clock has not passed the promise.
  expect(standing(delivery(), at(27 + 1440), at(0))).toEqual({ state: 'arrived', expected: true });
});

test('what came tells by its trace, whatever time is shown', () => {
  expect(standing(delivery([{ at_node: time(20) }]), at(-9), at(-9)).state).toBe('arrived');
  expect(standing(delivery([{ at_node: time(28) }]), at(-9), at(-9)).state).toBe('late');
  expect(standing(delivery([{ at_node: time(20), reason: 'clouds' }]), at(0), at(0)).state).toBe('failed');
  const both = delivery([{ at_node: time(20), reason: 'clouds' }, { at_node: time(25) }]);
  expect(standing(both, at(0), at(0)).state).toBe('arrived');
  expect(arrival(both)?.reason).toBeNull();
  expect(difference_s(both)).toBe(-60);
});

test('without a way nothing arrives', () => {
  expect(standing(delivery([], 'no contact'), at(0), at(0)).state).toBe('failed');
});
