/** The stretch of time that a chart shows: zoomed and moved within limits. */
export interface Span {
  from_ms: number;
  to_ms: number;
}

const MINUTE_MS = 60_000;
export const SHORTEST_MS = 10 * MINUTE_MS;
/** More passes than a day's say nothing in one picture. */
export const LONGEST_MS = 24 * 60 * MINUTE_MS;

const STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * MINUTE_MS);

export function clamp(span: Span, within: Span): Span {
  const room = within.to_ms - within.from_ms;
  const length = Math.min(Math.max(span.to_ms - span.from_ms, SHORTEST_MS), LONGEST_MS, room);
  const from_ms = Math.min(Math.max(span.from_ms, within.from_ms), within.to_ms - length);
  return { from_ms, to_ms: from_ms + length };
}

/** Makes the span `factor` times as long; the instant `at_ms` keeps its place. */
export function zoom({ from_ms, to_ms }: Span, factor: number, at_ms: number, within: Span): Span {
  const room = Math.min(LONGEST_MS, within.to_ms - within.from_ms);
  const length = Math.min(room, Math.max(SHORTEST_MS, (to_ms - from_ms) * factor));
  const share = (at_ms - from_ms) / (to_ms - from_ms);
  return clamp({ from_ms: at_ms - share * length, to_ms: at_ms + (1 - share) * length }, within);
}

/** Moves the span by a part of its length. */
export function pan({ from_ms, to_ms }: Span, parts: number, within: Span): Span {
  const by = (to_ms - from_ms) * parts;
  return clamp({ from_ms: from_ms + by, to_ms: to_ms + by }, within);
}

/** Round times, about `most` of them. */
export function ticks({ from_ms, to_ms }: Span, most: number): number[] {
  const step = STEPS_MS.find((size) => (to_ms - from_ms) / size <= most) ?? STEPS_MS.at(-1) ?? MINUTE_MS;
  const out: number[] = [];
  for (let tick = Math.ceil(from_ms / step) * step; tick <= to_ms; tick += step) out.push(tick);
  return out;
}

/** The chunks of time that cover a span. */
export function chunks({ from_ms, to_ms }: Span, size_ms: number): number[] {
  const out: number[] = [];
  for (let index = Math.floor(from_ms / size_ms); index * size_ms < to_ms; index += 1) out.push(index);
  return out;
}
