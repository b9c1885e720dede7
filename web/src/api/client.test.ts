import { afterEach, expect, test, vi } from 'vitest';
import { ApiError, api, linked, local, tilePath } from './client';
import { parse } from './events';

afterEach(() => vi.unstubAllGlobals());

test('links stay on the origin of the page', () => {
  expect(local('http://other.example:9/stac/a?b=1#c')).toBe('/stac/a?b=1');
  expect(local('x', '/stac/collections/c/items/y')).toBe('/stac/collections/c/items/x');
  expect(
    linked(
      [
        { rel: 'derived_from', href: 'https://n/stac/s' },
        { rel: 'self', href: 'x' },
      ],
      'derived_from',
    ),
  ).toEqual(['/stac/s']);
});

test('names are escaped in paths', () => {
  expect(tilePath('a b', 'c/d', 'é')).toBe('/tiles/a%20b/c%2Fd/%C3%A9');
});

test('a problem is told in its own words, with its status', async () => {
  vi.stubGlobal(
    'fetch',
    async () =>
      new Response(JSON.stringify({ title: 'bad area', detail: 'latitude 91 is past the pole' }), {
        status: 422,
      }),
  );
  await expect(api.watches()).rejects.toMatchObject({
    status: 422,
    message: 'latitude 91 is past the pole',
    away: false,
  });
});

test('a node that cannot be reached is away', async () => {
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('failed to fetch');
  });
  const error = await api.status().catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(ApiError);
  expect((error as ApiError).away).toBe(true);
});

test('an event that is not an object is left out', () => {
  expect(parse('scene', '"x"')).toBeUndefined();
  expect(parse('scene', '{')).toBeUndefined();
  expect(parse('scene', '{"id":"1","time":"t"}')).toEqual({ kind: 'scene', id: '1', time: 't' });
});
