/** Which links are on at an instant, as the node's forecast has them: satellite to area, satellite to station. */
import type { ForecastEntry, Stations } from '../api/types';
import type { Pass } from './gantt';

export interface Link {
  satellite: string;
  planned: boolean;
  lon: number;
  lat: number;
  /** Absent for the observation of the area. */
  station?: string;
  /** How much the link says: the satellite is in view, something is booked, bytes come down now. */
  use?: 'free' | 'booked' | 'carrying';
}

/** An observation lasts seconds; it is drawn this much longer, or nobody would see it. */
const OBSERVATION_MARGIN_MS = 45_000;

export function linksAt(
  entries: ForecastEntry[],
  area: [lon: number, lat: number],
  stations: Stations,
  time_ms: number,
): Link[] {
  const on: Link[] = [];
  for (const entry of entries) {
    const { satellite, planned } = entry;
    const observed =
      time_ms >= Date.parse(entry.observed_start) - OBSERVATION_MARGIN_MS &&
      time_ms <= Date.parse(entry.observed_end) + OBSERVATION_MARGIN_MS;
    if (observed) on.push({ satellite, planned, lon: area[0], lat: area[1] });
    if (time_ms < Date.parse(entry.contact_start) || time_ms > Date.parse(entry.down)) continue;
    // Over a relay the satellite need not see the station.
    if (entry.relay) continue;
    const station = stationOf(stations, entry.station);
    const [lon, lat] = station?.geometry.coordinates ?? [];
    if (station && lon !== undefined && lat !== undefined)
      on.push({ satellite, planned, lon, lat, station: station.properties.name });
  }
  return on;
}

/** The contacts of the plan that are on, what carries last so that it is drawn on top. */
export function contactLinks(on: Pass[], stations: Stations, time_ms: number): Link[] {
  const place = new Map(stations.features.map((station) => [station.properties.id, station]));
  const links = on.flatMap(({ contact: { satellite, planned, station: id }, loads }) => {
    const station = place.get(id);
    const [lon, lat] = station?.geometry.coordinates ?? [];
    if (!station || lon === undefined || lat === undefined) return [];
    const now = loads.some(({ leg }) => Date.parse(leg.start) <= time_ms && Date.parse(leg.end) >= time_ms);
    const use: Link['use'] = now ? 'carrying' : loads.length ? 'booked' : 'free';
    return [{ satellite, planned, lon, lat, station: station.properties.name, use }];
  });
  const rank = { free: 0, booked: 1, carrying: 2 };
  return links.sort((a, b) => rank[a.use ?? 'free'] - rank[b.use ?? 'free']);
}

export function stationOf(stations: Stations, idOrName: string) {
  return stations.features.find(({ properties: { id, name } }) => id === idOrName || name === idOrName);
}
