/** Classes of a revisit map: at most five, each holding about as many cells as the others. */
const CLASSES = 5;

/** Upper ends of the classes, hours, rising; fewer than five where the cells are alike. */
export function classes(gaps_h: (number | null)[]): number[] {
  const seen = gaps_h.filter((gap) => gap !== null).sort((a, b) => a - b);
  const ends = Array.from({ length: CLASSES }, (_, k) => {
    const gap = seen[Math.ceil(((k + 1) * seen.length) / CLASSES) - 1];
    // Rounded up to a whole minute, so that the last class holds the longest gap.
    return gap === undefined ? undefined : Math.ceil(gap * 60 - 1e-9) / 60;
  });
  return [...new Set(ends.filter((end) => end !== undefined))];
}

/** Number of the class a cell belongs to; -1 where it is not seen twice. */
export function classOf(gap_h: number | null, ends: number[]): number {
  return gap_h === null ? -1 : ends.findIndex((end) => gap_h <= end);
}
