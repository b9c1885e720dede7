import type { Revisit } from '../api/types';

/** What a revisit map can show. */
export const FIGURES = ['mean', 'longest', 'response', 'accesses'] as const;
export type Figure = (typeof FIGURES)[number];

type Cell = Revisit['features'][number]['properties'];

/** The value of a cell, the less the better: hours, or looks with a minus; null where it is not seen. */
export function shownOf(cell: Cell, figure: Figure): number | null {
  switch (figure) {
    case 'mean':
      return cell.mean_gap_h;
    case 'longest':
      return cell.max_gap_h;
    case 'response':
      return cell.mean_response_h;
    case 'accesses':
      return cell.accesses > 0 ? -cell.accesses : null;
  }
}

/** Classes of a revisit map: at most five, each holding about as many cells as the others. */
const CLASSES = 5;

/** Upper ends of the classes, rising; fewer than five where the cells are alike. */
export function classes(values: (number | null)[]): number[] {
  const seen = values.filter((value) => value !== null).sort((a, b) => a - b);
  const ends = Array.from({ length: CLASSES }, (_, k) => {
    const value = seen[Math.ceil(((k + 1) * seen.length) / CLASSES) - 1];
    // Rounded up to a whole minute of hours, so that the last class holds the greatest.
    return value === undefined ? undefined : Math.ceil(value * 60 - 1e-9) / 60;
  });
  return [...new Set(ends.filter((end) => end !== undefined))];
}

/** Number of the class a cell belongs to; -1 where it has no value. */
export function classOf(value: number | null, ends: number[]): number {
  return value === null ? -1 : ends.findIndex((end) => value <= end);
}
