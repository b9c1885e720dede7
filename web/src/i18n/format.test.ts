import { expect, test } from 'vitest';
import {
  formatArea,
  formatBytes,
  formatDateTime,
  formatDifference,
  formatDuration,
  formatKilometres,
  formatObserved,
  formatWithin,
} from './format';

test('times are shown in UTC whatever the machine’s zone', () => {
  expect(formatDateTime('en', '2026-08-22T23:59:05Z', true)).toContain('23:59:05');
});

test('a length of time shows its two largest parts', () => {
  expect(formatDuration('en', 0)).toBe('0 sec');
  expect(formatDuration('en', 59.6)).toBe('1 min');
  expect(formatDuration('en', 11_520)).toBe('3 hr 12 min');
  expect(formatDuration('en', 90_000)).toBe('1 day 1 hr');
  expect(formatDuration('en', 86_405)).toBe('1 day');
});

test('how far off a time may be has tenths below ten seconds', () => {
  expect(formatWithin('en', 0.34)).toBe('0.3 sec');
  expect(formatWithin('en', 42.4)).toBe('42 sec');
  expect(formatKilometres('en', 0.26)).toBe('0.3 km');
});

test('a difference keeps its sign', () => {
  expect(formatDifference('en', -19)).toBe('−19 sec');
  expect(formatDifference('en', 12)).toBe('+12 sec');
  expect(formatDifference('en', 0.2)).toBe('±0 sec');
});

test('an area keeps three digits', () => {
  expect(formatArea('en', 41.283)).toBe('41.3 km²');
  expect(formatArea('en', 0.2174)).toBe('0.217 km²');
  expect(formatArea('de', 1234.5)).toBe('1.235 km²');
});

test('an unknown day is an interval, a known one a day', () => {
  expect(formatObserved('en', '1999-04-15T00:00:00Z', '2003-05-31T00:00:00Z')).toMatch(/1999.*2003/);
  expect(formatObserved('en', '2018-05-06T09:20:31Z', '2018-05-06T09:20:31Z')).toBe('May 6, 2018');
});

test('sizes use decimal units', () => {
  expect(formatBytes('en', 764_213)).toBe('764.2 kB');
  expect(formatBytes('en', 12)).toBe('12 byte');
});
