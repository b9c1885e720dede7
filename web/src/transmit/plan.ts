/** The contact plan of a forecast: for each station or relay its passes, and what each of them carries. */
import type { Delivery, ForecastEntry } from '../api/types';
import type { Standing } from './delivery';

/** The node rounds the times of deliveries to the millisecond. */
const SAME_MS = 1;

export interface Load {
  entry: ForecastEntry;
  standing: Standing;
}

/** One window of a satellite over a station; several observations may come down in it. */
export interface Pass {
  satellite: string;
  planned: boolean;
  start: string;
  end: string;
  /** The last byte that it carries is down. */
  down: string;
  volume_bytes: number;
  loads: Load[];
}

export interface StationPlan {
  station: string;
  passes: Pass[];
}

/** The delivery that an entry promises, with what came of it as far as that is known. */
export function deliveryOf(entry: ForecastEntry, watch: string, known: Delivery[]): Delivery {
  const observed = Date.parse(entry.observed_start);
  const recorded = known.find(
    (one) =>
      one.watch === watch &&
      one.satellite === entry.satellite &&
      one.instrument === entry.instrument &&
      Math.abs(Date.parse(one.promised?.observed_start ?? '') - observed) <= SAME_MS,
  );
  return (
    recorded ?? {
      watch,
      priority: 3,
      satellite: entry.satellite,
      planned: entry.planned,
      instrument: entry.instrument,
      station: entry.station,
      volume_bytes: entry.volume_bytes ?? 0,
      legs: [],
      promised: { ...entry, contact_end: entry.contact_end ?? null },
      came: [],
      reason: null,
    }
  );
}

/** Stations in the order of their first pass, passes in the order of time. */
export function stationPlans(
  entries: ForecastEntry[],
  standingOf: (entry: ForecastEntry) => Standing,
): StationPlan[] {
  const plans = new Map<string, Map<string, Pass>>();
  for (const entry of entries) {
    const receiver = entry.relay ?? entry.station;
    const passes = plans.get(receiver) ?? new Map<string, Pass>();
    plans.set(receiver, passes);
    const key = `${entry.satellite} ${entry.contact_start}`;
    const end = entry.contact_end ?? entry.down;
    const pass = passes.get(key) ?? {
      satellite: entry.satellite,
      planned: entry.planned,
      start: entry.contact_start,
      end,
      down: entry.down,
      volume_bytes: 0,
      loads: [],
    };
    passes.set(key, pass);
    pass.end = later(pass.end, end);
    pass.down = later(pass.down, entry.down);
    pass.volume_bytes += entry.volume_bytes ?? 0;
    pass.loads.push({ entry, standing: standingOf(entry) });
  }
  return [...plans]
    .map(([station, passes]) => ({
      station,
      passes: [...passes.values()].sort((a, b) => Date.parse(a.start) - Date.parse(b.start)),
    }))
    .sort((a, b) => Date.parse(a.passes[0]?.start ?? '') - Date.parse(b.passes[0]?.start ?? ''));
}

function later(a: string, b: string): string {
  return Date.parse(b) > Date.parse(a) ? b : a;
}
