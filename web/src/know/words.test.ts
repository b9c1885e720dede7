import { expect, test } from 'vitest';
import type { AnswerSummary, Product } from '../api/types';
import { classesInWords, headlineOf, inWords } from './words';

const product = {
  id: 'water-change',
  title: 'Water gained and lost',
  description: 'At two dates.',
  headline: '{area_km2_lost} km² lost in {years} years from {first_day}; {valid_percent} %',
  style: {
    classes: [
      { value: 0, label: 'dry', color: '#efe6d2' },
      { value: 2, label: 'lost', color: '#d2622a' },
    ],
  },
  accuracy: '',
  words: {
    fr: {
      title: 'Eau gagnée et perdue',
      description: 'À deux dates.',
      headline: '{area_km2_lost} km² perdus en {years} ans depuis le {first_day} ; {valid_percent} %',
      classes: { 0: 'sec', 2: 'perdue' },
    },
  },
} as unknown as Product;

const answer = {
  area_km2: 12.3,
  valid_fraction: 0.987,
  headline: '1234 km² lost in 34.9 years; 99 %',
  statistics: { area_km2_lost: 1234.4, years: 34.94, first_day: '1985-07-04', pixels: 5 },
} as unknown as AnswerSummary;

test('a sentence has the language’s words and the language’s figures', () => {
  expect(headlineOf(answer, product, 'fr')).toBe(
    '1\u202f234 km² perdus en 34,9 ans depuis le 4 juillet 1985 ; 99 %',
  );
});

test('without words, or without a figure, the node’s own sentence stands', () => {
  expect(headlineOf(answer, product, 'ro')).toBe(answer.headline);
  expect(headlineOf(answer, undefined, 'fr')).toBe(answer.headline);
  expect(headlineOf({ ...answer, statistics: { years: 2 } }, product, 'fr')).toBe(answer.headline);
});

test('title and classes are put into words, others stay', () => {
  expect(inWords(product, 'fr').title).toBe('Eau gagnée et perdue');
  expect(inWords(product, 'fr').style.classes.map(({ label }) => label)).toEqual(['sec', 'perdue']);
  expect(inWords(product, 'en')).toBe(product);
});

test('a class that an answer wrote with another meaning keeps its word', () => {
  const written = [
    { value: 2, label: 'lost', color: '#000000' },
    { value: 0, label: 'no water', color: '#000000' },
  ];
  expect(classesInWords(written, product, 'fr').map(({ label }) => label)).toEqual(['perdue', 'no water']);
});
