import type { Bbox } from '../api/types';

/** Four typed sides, west south east north, as a box; undefined while they are not one. The node judges the rest. */
export function readBox(sides: string[]): Bbox | undefined {
  const numbers = sides.map((side) =>
    side.trim() === '' ? Number.NaN : Number(side.trim().replace(',', '.')),
  );
  const [west, south, east, north] = numbers;
  if (west === undefined || south === undefined || east === undefined || north === undefined)
    return undefined;
  if (!numbers.every(Number.isFinite)) return undefined;
  if (Math.abs(west) > 180 || Math.abs(east) > 180 || south < -90 || north > 90) return undefined;
  return south < north && west !== east ? [west, south, east, north] : undefined;
}
