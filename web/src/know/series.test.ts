import { expect, test } from 'vitest';
import type { Item } from '../api/types';
import { nearest, series } from './series';

const item = (collection: string, id: string, datetime: string, properties = {}) =>
  ({ collection, id, properties: { datetime, ...properties } }) as unknown as Item;

test('items of one day lie beside one another, answers come first', () => {
  const found = series(
    [
      item('scenes', 'b', '2020-02-02T10:00:00Z'),
      item('scenes', 'a', '2019-01-01T10:00:00Z'),
      item('scenes', 'c', '2020-02-02T10:00:10Z'),
      item('answers-water', 'w', '2020-02-02T10:00:00Z', { 'corridor:watch': 'x' }),
      item('answers-water', 'v', '2020-02-02T10:00:00Z', { 'corridor:watch': 'x' }),
    ],
    new Map([['scenes', 'Some scenes']]),
  );
  expect(
    found.map(({ title, steps }) => [title, steps.map(({ items }) => items.map(({ id }) => id))]),
  ).toEqual([
    ['answers-water', [['v'], ['w']]],
    ['Some scenes', [['a'], ['b', 'c']]],
  ]);
});

test('another product is shown at the date that is nearest', () => {
  const steps = ['2018-01-01T00:00:00Z', '2019-01-01T00:00:00Z', '2021-01-01T00:00:00Z'].map((end) => ({
    key: end,
    start: end,
    end,
    items: [],
  }));
  expect(nearest(steps, '2019-06-01T00:00:00Z')).toBe(1);
  expect(nearest(steps, '2030-01-01T00:00:00Z')).toBe(2);
  expect(nearest([], '2030-01-01T00:00:00Z')).toBe(0);
});
