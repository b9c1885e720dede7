import { expect, test } from 'vitest';
import { target } from './rove';

test('arrows stop at the ends, Home and End go there, other keys stay with the page', () => {
  expect(target('ArrowDown', 1, 3)).toBe(2);
  expect(target('ArrowDown', 2, 3)).toBe(2);
  expect(target('ArrowUp', 0, 3)).toBe(0);
  expect(target('End', 0, 3)).toBe(2);
  expect(target('Home', 2, 3)).toBe(0);
  expect(target('Tab', 1, 3)).toBeUndefined();
});
