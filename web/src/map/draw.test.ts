import { expect, test } from 'vitest';
import { box } from './draw';

test('corners may be given in any order', () => {
  expect(box({ lng: -34, lat: -8 }, { lng: -35, lat: -9 })).toEqual([-35, -9, -34, -8]);
});

test('a box goes the short way round', () => {
  expect(box({ lng: 170, lat: 10 }, { lng: -170, lat: 0 })).toEqual([170, 0, -170, 10]);
  expect(box({ lng: 170, lat: 10 }, { lng: 190, lat: 0 })).toEqual([170, 0, -170, 10]);
});
