import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { alpha2 } from './country';

interface Country {
  id?: string;
  properties: { name: string };
}
const atlas = JSON.parse(
  readFileSync(new URL('../../node_modules/world-atlas/countries-110m.json', import.meta.url), 'utf8'),
) as { objects: { countries: { geometries: Country[] } } };

test('every country large enough to be named at a distance has its code', () => {
  const without = atlas.objects.countries.geometries.filter(({ id }) => id && !alpha2(id));
  expect(without.map(({ properties }) => properties.name)).toEqual([]);
});

test('the codes mean what Natural Earth says', () => {
  const english = new Intl.DisplayNames('en', { type: 'region' });
  for (const name of ['Brazil', 'Romania', 'China', 'Egypt', 'Peru', 'Kenya', 'Japan', 'Zambia']) {
    const country = atlas.objects.countries.geometries.find(({ properties }) => properties.name === name);
    expect(english.of(alpha2(country?.id ?? '') ?? 'ZZ')).toBe(name);
  }
});
