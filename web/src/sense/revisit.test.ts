import { expect, test } from 'vitest';
import { classes, classOf } from './revisit';

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
