import { expect, test } from 'vitest';
import { chunks, clamp, LONGEST_MS, pan, SHORTEST_MS, ticks, zoom } from './window';

const HOUR = 3_600_000;
const within = { from_ms: 0, to_ms: 72 * HOUR };

test('a span stays inside and within its limits', () => {
  expect(clamp({ from_ms: -HOUR, to_ms: HOUR }, within)).toEqual({ from_ms: 0, to_ms: 2 * HOUR });
  expect(clamp({ from_ms: 71 * HOUR, to_ms: 73 * HOUR }, within)).toEqual({
    from_ms: 70 * HOUR,
    to_ms: 72 * HOUR,
  });
  const longest = clamp({ from_ms: 0, to_ms: 70 * HOUR }, within);
  expect(longest.to_ms - longest.from_ms).toBe(LONGEST_MS);
  expect(clamp({ from_ms: 0, to_ms: 9 * HOUR }, { from_ms: 0, to_ms: HOUR }).to_ms).toBe(HOUR);
});

test('what is pointed at keeps its place', () => {
  const near = zoom({ from_ms: 10 * HOUR, to_ms: 14 * HOUR }, 0.5, 11 * HOUR, within);
  expect(near).toEqual({ from_ms: 10.5 * HOUR, to_ms: 12.5 * HOUR });
  const nearest = zoom(near, 0.0001, 11 * HOUR, within);
  expect(nearest.to_ms - nearest.from_ms).toBe(SHORTEST_MS);
});

test('moving goes by parts of what is seen', () => {
  expect(pan({ from_ms: 0, to_ms: 4 * HOUR }, 0.25, within).from_ms).toBe(HOUR);
  expect(pan({ from_ms: 0, to_ms: 4 * HOUR }, -1, within).from_ms).toBe(0);
});

test('ticks are round and few, chunks cover', () => {
  const marks = ticks({ from_ms: HOUR / 2, to_ms: 6.5 * HOUR }, 6);
  expect(marks.map((mark) => mark / HOUR)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(chunks({ from_ms: HOUR, to_ms: 6 * HOUR }, 3 * HOUR)).toEqual([0, 1]);
});
