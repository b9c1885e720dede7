/** Which links are on at an instant, as the node's forecast has them: satellite to area, satellite to station. */
import type { ForecastEntry, Stations } from '../api/types';

export interface Link {
  satellite: string;
  planned: boolean;
  lon: number;
  lat: number;
  /** Absent for the observation of the area. */
  station?: string;
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

export function stationOf(stations: Stations, idOrName: string) {
  return stations.features.find(({ properties: { id, name } }) => id === idOrName || name === idOrName);
}
