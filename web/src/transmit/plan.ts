/** The contact plan of a forecast: for each station or relay its passes, and what each of them carries. */
import type { ForecastEntry } from '../api/types';

/** Where a delivery is at an instant, by the forecast's times. */
export type DeliveryState = 'planned' | 'down' | 'ground' | 'delivered';

export interface Load {
  entry: ForecastEntry;
  state: DeliveryState;
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

export function stateAt(entry: ForecastEntry, now_ms: number): DeliveryState {
  if (now_ms >= Date.parse(entry.in_hands)) return 'delivered';
  if (now_ms >= Date.parse(entry.down)) return 'ground';
  if (now_ms >= Date.parse(entry.contact_start)) return 'down';
  return 'planned';
}

/** Stations in the order of their first pass, passes in the order of time. */
export function stationPlans(entries: ForecastEntry[], now_ms: number): StationPlan[] {
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
    pass.loads.push({ entry, state: stateAt(entry, now_ms) });
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
