/** Fetches sampled tracks in chunks of time as the clock moves over them. */
import { api } from '../api/client';
import type { Tracks } from '../api/types';
import { at, type SatelliteNow } from './track';

const CHUNK_MS = 2 * 3_600_000;
const STEP_S = 60;
/** Enough for the time shown, what lies ahead, and some steps back. */
const CHUNKS_KEPT = 8;
/** A path shows a little of where a satellite was and one revolution of where it goes. */
const PATH_BEFORE_MS = 15 * 60_000;
const PATH_AFTER_MS = 95 * 60_000;
/** After a failed request the same chunk is not asked for again at once. */
const RETRY_MS = 10_000;

export class TrackStore {
  #chunks = new Map<number, Tracks>();
  #asked = new Map<number, number>();

  constructor(private readonly onArrival: () => void) {}

  /** Where the satellites are; asks for what is missing and for what comes next. */
  at(time_ms: number, ahead_ms: number): SatelliteNow[] {
    const index = Math.floor(time_ms / CHUNK_MS);
    this.#ask(index);
    this.#ask(Math.floor((time_ms + ahead_ms) / CHUNK_MS));
    const chunk = this.#chunks.get(index);
    return chunk ? at(chunk, time_ms) : [];
  }

  #ask(index: number) {
    if (this.#chunks.has(index) || (this.#asked.get(index) ?? 0) > Date.now()) return;
    this.#asked.set(index, Date.now() + RETRY_MS);
    const from = index * CHUNK_MS;
    api
      .tracks(new Date(from), new Date(from + CHUNK_MS), STEP_S)
      .then((tracks) => {
        this.#chunks.set(index, tracks);
        for (const old of [...this.#chunks.keys()].slice(0, -CHUNKS_KEPT)) {
          this.#chunks.delete(old);
          this.#asked.delete(old);
        }
        this.onArrival();
      })
      .catch(() => undefined);
  }
}

export interface Path {
  name: string;
  planned: boolean;
  from_ms: number;
  to_ms: number;
  lon_lat_km: [number, number, number][];
}

/** The way of one satellite around `time_ms`. */
export async function path(satellite: string, time_ms: number): Promise<Path | undefined> {
  const from_ms = time_ms - PATH_BEFORE_MS;
  const to_ms = time_ms + PATH_AFTER_MS;
  const tracks = await api.tracks(new Date(from_ms), new Date(to_ms), STEP_S, [satellite]);
  const track = tracks.satellites.find((one) => one.name === satellite);
  return track
    ? { name: track.name, planned: track.planned, from_ms, to_ms, lon_lat_km: track.lon_lat_km }
    : undefined;
}
