import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { StepSaid, TraceStep } from '../api/types';
import { fill, type Key, LANGUAGES } from '../i18n/catalogue';
import { titleOf } from './said';

const step = (said?: StepSaid): TraceStep => ({
  step: 'downlink',
  title: 'Sent by SKYSAT-C5 to ksat-punta-arenas',
  said,
  planned: null,
  actual: null,
  difference_s: null,
  node: 'n',
  note: null,
  inputs: [],
  outputs: [],
});

const all: StepSaid[] = [
  { is: 'asked', product: 'water', watch: 'Olinda coast' },
  { is: 'observed', scene: 'landsat-7-olinda' },
  { is: 'sent', satellite: 'SKYSAT-C5', station: 'ksat-punta-arenas' },
  { is: 'sent_over', satellite: 'SENTINEL-2A', relay: 'EDRS-C', station: 'harwell' },
  { is: 'carried' },
  { is: 'taken_in', way: 'bundles' },
  { is: 'taken_in', way: 'inbox' },
  { is: 'taken_in', way: 'ingest' },
  { is: 'catalogued' },
  { is: 'computed', product: 'water', title: 'Surface water' },
  { is: 'published', answer: 'olinda-1' },
  { is: 'told', calls: 0 },
  { is: 'told', calls: 2 },
];

test.each(Object.keys(LANGUAGES))('%s says every step with its names whole', (language) => {
  const catalogue = JSON.parse(readFileSync(new URL(`../i18n/${language}.json`, import.meta.url), 'utf8'));
  const say = (key: Key, values?: Record<string, string | number>) => fill(catalogue[key], values);
  for (const said of all) {
    const { text, own } = titleOf(step(said), say, (id) => `<${id}>`);
    expect(own).toBe(true);
    expect(text).not.toMatch(/[{}]|undefined/);
    const { is: _is, way: _way, title: _title, ...values } = said as Record<string, unknown>;
    for (const [name, value] of Object.entries(values)) {
      const shown = name === 'product' ? `<${value}>` : String(value);
      if (value !== 0) expect(text, name).toContain(`\u2068${shown}\u2069`);
    }
  }
});

test('steps of older nodes keep their own words', () => {
  const say = () => 'never';
  expect(titleOf(step(), say, String)).toEqual({ text: step().title, own: false });
  const newer = { is: 'beamed' } as unknown as StepSaid;
  expect(titleOf(step(newer), say, String).own).toBe(false);
});
