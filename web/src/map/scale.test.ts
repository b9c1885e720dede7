import { expect, test } from 'vitest';
import { bar, metresPerPx } from './scale';

test('a bar is a round length that fits', () => {
  expect(bar(10, 110)).toEqual({ metres: 1000, px: 100 });
  expect(bar(10, 90)).toEqual({ metres: 500, px: 50 });
  expect(bar(0.3, 110)).toEqual({ metres: 20, px: 67 });
});

test('a pixel is as wide as Web Mercator has it', () => {
  // OGC 17-083r4, annex D: 156543.0339 m at zoom 0 for tiles of 256 pixels, which is zoom −1 of 512.
  expect(metresPerPx(-1, 0)).toBeCloseTo(156543.0339, 3);
  expect(metresPerPx(9, 60)).toBeCloseTo(metresPerPx(9, 0) / 2, 9);
});
