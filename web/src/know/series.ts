/** Items of a place as products, each with its dates. */
import type { Item } from '../api/types';
import { observedOf } from './observed';

/** What was seen at one time: one item, or several that lie beside one another. */
export interface Step {
  key: string;
  start: string;
  end: string;
  items: Item[];
}

export interface Series {
  collection: string;
  title: string;
  steps: Step[];
}

/** Items of one time that are laid over the ground at once. */
export const STEP_ITEMS_MAX = 12;

export function series(items: Item[], titles: ReadonlyMap<string, string>): Series[] {
  const found = new Map<string, Map<string, Step>>();
  for (const item of items) {
    const { start, end } = observedOf(item);
    const steps = found.get(item.collection) ?? new Map<string, Step>();
    found.set(item.collection, steps);
    // What was made anew of the same days is another look at them, not a tile beside.
    const key = item.properties['corridor:watch']
      ? `${end} ${start} ${item.id}`
      : `${end.slice(0, 10)} ${start.slice(0, 10)}`;
    const step = steps.get(key) ?? { key, start, end, items: [] };
    steps.set(key, step);
    if (step.items.length < STEP_ITEMS_MAX) step.items.push(item);
  }
  return [...found]
    .map(([collection, steps]) => ({
      collection,
      title: titles.get(collection) ?? collection,
      steps: [...steps.values()].sort((a, b) => a.key.localeCompare(b.key)),
    }))
    .sort((a, b) => rank(a.collection) - rank(b.collection) || a.title.localeCompare(b.title));
}

/** The id of the product whose answers a collection holds. */
export function productOf(collection: string): string | undefined {
  return /^answers-(.+)$/.exec(collection)?.[1];
}

/** Answers come before the scenes they were made from. */
function rank(collection: string): number {
  return productOf(collection) ? 0 : 1;
}

/** The step of another series that is nearest in time. */
export function nearest(steps: Step[], time: string): number {
  const wanted = Date.parse(time);
  let best = steps.length - 1;
  let apart = Number.POSITIVE_INFINITY;
  for (const [index, { end }] of steps.entries()) {
    const away = Math.abs(Date.parse(end) - wanted);
    if (away < apart) [best, apart] = [index, away];
  }
  return Math.max(0, best);
}
