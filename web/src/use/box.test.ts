import { expect, test } from 'vitest';
import { readBox } from './box';

test('decimal points and commas are both read', () => {
  expect(readBox(['-34,93', ' -8.06', '-34.82 ', '-7,94'])).toEqual([-34.93, -8.06, -34.82, -7.94]);
});

test('a box over the antimeridian has its west greater than its east', () => {
  expect(readBox(['170', '-20', '-170', '-10'])).toEqual([170, -20, -170, -10]);
});

test.each([
  [['', '0', '1', '1']],
  [['x', '0', '1', '1']],
  [['0', '1', '1', '0']],
  [['0', '0', '0', '1']],
  [['0', '-91', '1', '1']],
  [['0', '0', '181', '1']],
])('%s is not a box', (sides) => {
  expect(readBox(sides)).toBeUndefined();
});
