import { expect, test } from 'vitest';
import { classes, classOf, shownOf } from './revisit';

test('classes hold about as many cells each and end at the longest gap', () => {
  const gaps = Array.from({ length: 100 }, (_, k) => k + 0.5);
  const ends = classes(gaps);
  expect(ends).toEqual([19.5, 39.5, 59.5, 79.5, 99.5]);
  const counts = ends.map((_, k) => gaps.filter((gap) => classOf(gap, ends) === k).length);
  expect(counts).toEqual([20, 20, 20, 20, 20]);
});

test('cells alike make one class, none makes none', () => {
  expect(classes([3, 3, 3])).toEqual([3]);
  expect(classes([])).toEqual([]);
  expect(classes([null])).toEqual([]);
});

test('a cell not seen twice has no class', () => {
  expect(classOf(null, [1, 2])).toBe(-1);
  expect(classOf(2, [1, 2])).toBe(1);
});

test('looks count the other way: the more the better', () => {
  const cell = (accesses: number) => ({
    accesses,
    mean_gap_h: 3,
    max_gap_h: 9,
    mean_response_h: 2,
  });
  const values = [0, 4, 4, 12, 40].map((accesses) => shownOf(cell(accesses), 'accesses'));
  expect(values).toEqual([null, -4, -4, -12, -40]);
  const ends = classes(values);
  expect(ends).toEqual([-40, -12, -4]);
  expect(values.map((value) => classOf(value, ends))).toEqual([-1, 2, 2, 1, 0]);
  expect((['mean', 'longest', 'response'] as const).map((f) => shownOf(cell(1), f))).toEqual([3, 9, 2]);
});
