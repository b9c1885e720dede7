/**
 * Which links are on at an instant, as the node's forecast and contact plan have them: satellite to area, to station,
 * to relay, and from the relay to its station.
 */
import type { Delivery, ForecastEntry, Stations } from '../api/types';
import type { Pass } from './gantt';

export interface Link {
  satellite: string;
  planned: boolean;
  /** Where it ends: a place on the ground, or a satellite by its name. */
  to: { lon: number; lat: number } | { satellite: string };
  /** Absent for the observation of the area, and between satellites. */
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
    if (observed) on.push({ satellite, planned, to: { lon: area[0], lat: area[1] } });
    if (time_ms < Date.parse(entry.contact_start) || time_ms > Date.parse(entry.down)) continue;
    on.push(...way(satellite, planned, entry.relay, entry.station, stations));
  }
  return on;
}

/** What goes over relays now: these are in no station's passes of the satellite itself. */
export function relayLinks(deliveries: Delivery[], stations: Stations, time_ms: number): Link[] {
  return deliveries.flatMap(({ satellite, planned, legs }) =>
    legs
      .filter((leg) => leg.relay && Date.parse(leg.start) <= time_ms && Date.parse(leg.end) >= time_ms)
      .flatMap((leg) => way(satellite, planned, leg.relay, leg.station, stations))
      .map((link) => ({ ...link, use: 'carrying' as const })),
  );
}

/** From a satellite to a station, over a relay where there is one. */
function way(
  satellite: string,
  planned: boolean,
  relay: string | null | undefined,
  stationId: string,
  stations: Stations,
): Link[] {
  const on: Link[] = relay ? [{ satellite, planned, to: { satellite: relay } }] : [];
  const station = stationOf(stations, stationId);
  const [lon, lat] = station?.geometry.coordinates ?? [];
  if (station && lon !== undefined && lat !== undefined)
    on.push({ satellite: relay ?? satellite, planned, to: { lon, lat }, station: station.properties.name });
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
    return [{ satellite, planned, to: { lon, lat }, station: station.properties.name, use }];
  });
  const rank = { free: 0, booked: 1, carrying: 2 };
  return links.sort((a, b) => rank[a.use ?? 'free'] - rank[b.use ?? 'free']);
}

export function stationOf(stations: Stations, idOrName: string) {
  return stations.features.find(({ properties: { id, name } }) => id === idOrName || name === idOrName);
}
