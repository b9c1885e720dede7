/** Tracks come sampled from the node; between samples the page only moves along the great circle. */
import type { Tracks } from '../api/types';

export interface Place {
  lon: number;
  lat: number;
  height_km: number;
}

export interface SatelliteNow extends Place {
  name: string;
  planned: boolean;
}

const RAD = Math.PI / 180;

export type Vector = [x: number, y: number, z: number];

/** Unit vector of a place: x towards 0°E on the equator, z towards the north pole. */
export function unit(lon: number, lat: number): Vector {
  const c = Math.cos(lat * RAD);
  return [c * Math.cos(lon * RAD), c * Math.sin(lon * RAD), Math.sin(lat * RAD)];
}

export function placeOf([x, y, z]: Vector): { lon: number; lat: number } {
  return { lon: Math.atan2(y, x) / RAD, lat: Math.atan2(z, Math.hypot(x, y)) / RAD };
}

/** The place a `share` (0..1) of the way from `a` to `b`. */
export function between(
  a: readonly [number, number, number],
  b: readonly [number, number, number],
  share: number,
): Place {
  const from = unit(a[0], a[1]);
  const to = unit(b[0], b[1]);
  const cosine = Math.min(1, Math.max(-1, from[0] * to[0] + from[1] * to[1] + from[2] * to[2]));
  const angle = Math.acos(cosine);
  const height_km = a[2] + (b[2] - a[2]) * share;
  if (angle < 1e-9) return { lon: a[0], lat: a[1], height_km };
  const f = Math.sin((1 - share) * angle);
  const g = Math.sin(share * angle);
  const vector: Vector = [f * from[0] + g * to[0], f * from[1] + g * to[1], f * from[2] + g * to[2]];
  return { ...placeOf(vector), height_km };
}

/** Where every satellite of `tracks` is at `time_ms`; empty outside the sampled window. */
export function at(tracks: Tracks, time_ms: number): SatelliteNow[] {
  const step = (time_ms - Date.parse(tracks.start)) / 1000 / tracks.step_s;
  const index = Math.floor(step);
  const share = step - index;
  const out: SatelliteNow[] = [];
  for (const { name, planned, lon_lat_km } of tracks.satellites) {
    const a = lon_lat_km[index];
    const b = lon_lat_km[index + 1] ?? (share === 0 ? a : undefined);
    if (a && b) out.push({ name, planned, ...between(a, b, share) });
  }
  return out;
}

/** Splits a line where it crosses the antimeridian, so that it does not run back across the map. */
export function splitAtAntimeridian(line: [number, number][]): [number, number][][] {
  const parts: [number, number][][] = [];
  let part: [number, number][] = [];
  for (const point of line) {
    const last = part.at(-1);
    if (last && Math.abs(point[0] - last[0]) > 180) {
      const east = last[0] > 0 ? 180 : -180;
      const span = 360 - Math.abs(point[0] - last[0]);
      const share = span === 0 ? 0 : Math.abs(east - last[0]) / span;
      const lat = last[1] + (point[1] - last[1]) * share;
      part.push([east, lat]);
      parts.push(part);
      part = [[-east, lat]];
    }
    part.push(point);
  }
  if (part.length > 1) parts.push(part);
  return parts;
}
