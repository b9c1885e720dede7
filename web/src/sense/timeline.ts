/** Where times lie on the forecast's axis; the times themselves are the node's. */
import type { ForecastEntry } from '../api/types';

export const PHASES = ['wait', 'down', 'ground', 'process', 'hands'] as const;
export type Phase = (typeof PHASES)[number];

export interface Axis {
  from_ms: number;
  to_ms: number;
  ticks_ms: number[];
}

export interface Bar {
  phase: Phase;
  /** Shares of the axis, 0..1. */
  start: number;
  end: number;
}

const MINUTE_MS = 60_000;
const STEPS_MS = [5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map((minutes) => minutes * MINUTE_MS);
const MOST_TICKS = 5;

/** An axis over all entries, begun and ended on a round time. */
export function axis(entries: ForecastEntry[]): Axis {
  const from = Math.min(...entries.map((entry) => Date.parse(entry.observed_start)));
  const to = Math.max(...entries.map((entry) => Date.parse(entry.in_hands)));
  if (!Number.isFinite(from) || !Number.isFinite(to)) return { from_ms: 0, to_ms: 1, ticks_ms: [] };
  const span = Math.max(to - from, MINUTE_MS);
  const step = STEPS_MS.find((size) => span / size <= MOST_TICKS) ?? STEPS_MS.at(-1) ?? MINUTE_MS;
  const grain = Math.min(step, 15 * MINUTE_MS);
  const from_ms = Math.floor(from / grain) * grain;
  const to_ms = Math.ceil(to / grain) * grain;
  const ticks_ms: number[] = [];
  for (let tick = Math.ceil(from_ms / step) * step; tick <= to_ms; tick += step) ticks_ms.push(tick);
  return { from_ms, to_ms, ticks_ms };
}

export function share({ from_ms, to_ms }: Axis, time: string | number): number {
  const ms = typeof time === 'number' ? time : Date.parse(time);
  return Math.min(1, Math.max(0, (ms - from_ms) / (to_ms - from_ms)));
}

/** The way of one entry: waiting in orbit, coming down, to the node, being processed, on to the user. */
export function bars(on: Axis, entry: ForecastEntry): Bar[] {
  const edges = [
    entry.observed_end,
    entry.contact_start,
    entry.down,
    entry.at_node,
    entry.processed,
    entry.in_hands,
  ].map((time) => share(on, time));
  return PHASES.map((phase, index) => ({ phase, start: edges[index] ?? 0, end: edges[index + 1] ?? 0 }));
}
