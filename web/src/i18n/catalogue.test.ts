import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { choose, direction, fill, LANGUAGES } from './catalogue';

const folder = new URL('.', import.meta.url);
const read = (language: string): Record<string, string> =>
  JSON.parse(readFileSync(new URL(`${language}.json`, folder), 'utf8'));
const placeholders = (message: string) => [...message.matchAll(/\{\w+\}/g)].map(String).sort();

const english = read('en');

test('there is one catalogue a language and no other', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  expect(files.sort()).toEqual(
    Object.keys(LANGUAGES)
      .map((language) => `${language}.json`)
      .sort(),
  );
});

test.each(Object.keys(LANGUAGES))('%s says everything English says, with the same values', (language) => {
  const catalogue = read(language);
  expect(Object.keys(catalogue)).toEqual(Object.keys(english));
  for (const [key, message] of Object.entries(catalogue)) {
    expect(message.trim(), key).not.toBe('');
    expect(placeholders(message), key).toEqual(placeholders(english[key] ?? ''));
  }
});

test('every message is used', () => {
  const source = readdirSync(new URL('..', folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(svelte|ts)$/.test(name) && !name.endsWith('.test.ts'))
    .map((name) => readFileSync(new URL(`../${name}`, folder), 'utf8'))
    .join('\n');
  const groups = [...source.matchAll(/`([\w.]+\.)\$\{/g)].map((match) => match[1] ?? '');
  const unused = Object.keys(english).filter(
    (key) => !source.includes(`'${key}'`) && !groups.some((group) => group !== '' && key.startsWith(group)),
  );
  expect(unused).toEqual([]);
});

test('the reader’s first known language is chosen', () => {
  expect(choose(['de-AT', 'pt-BR', 'en'])).toBe('pt');
  expect(choose(['xx'])).toBe('en');
  expect(direction('ar')).toBe('rtl');
});

test('values are put in place, a missing one shows', () => {
  expect(fill('{n} of {m}', { n: 1 })).toBe('1 of {m}');
});
