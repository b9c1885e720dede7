import { expect, test } from 'vitest';
import { href, parse, type Route } from './route';

const routes: Route[] = [
  { page: 'watches' },
  { page: 'new-watch' },
  { page: 'watch', watch: 'Olinda coast' },
  { page: 'answer', watch: 'pădure / 森林', collection: 'answers-water', item: 'a#1' },
  { page: 'layers', watch: 'a' },
  { page: 'layers', watch: 'a b', collection: 'c', item: 'd/e' },
  { page: 'contacts', tab: 'deliveries' },
  { page: 'register', tab: 'stations' },
  { page: 'assumptions' },
  { page: 'assumptions', key: 'ground.fixed_delay_s' },
];

test.each(routes)('a route survives its address: %o', (route) => {
  expect(parse(href(route))).toEqual(route);
});

test('an unknown or broken address is the list of watches', () => {
  expect(parse('#/nowhere/x')).toEqual({ page: 'watches' });
  expect(parse('#/watch/%E0%A4%A')).toEqual({ page: 'watch', watch: '%E0%A4%A' });
  expect(parse('')).toEqual({ page: 'watches' });
});
