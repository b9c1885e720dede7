/** The contact plan as rows of a chart: stations, their satellites, and what each pass carries. */
import type { Contact, Delivery, Leg, Stations } from '../api/types';

export interface Load {
  delivery: Delivery;
  leg: Leg;
}

/** A contact with what it is to carry. */
export interface Pass {
  key: string;
  contact: Contact;
  start_ms: number;
  end_ms: number;
  loads: Load[];
  booked_bytes: number;
}

export interface Row {
  id: string;
  name: string;
  passes: Pass[];
  /** Passes that carry something. */
  booked: Pass[];
}

export interface StationRow extends Row {
  network: string;
  satellites: Row[];
}

export interface Filter {
  text: string;
  /** Only passes that carry something. */
  bookedOnly: boolean;
}

export function passKey(satellite: string, station: string, start: string): string {
  return `${satellite}|${station}|${Date.parse(start)}`;
}

export function passes(contacts: Contact[], deliveries: Delivery[]): Pass[] {
  const loads = new Map<string, Load[]>();
  for (const delivery of deliveries) {
    for (const leg of delivery.legs) {
      // Over a relay nothing comes down in a pass of the satellite itself.
      if (leg.relay) continue;
      const key = passKey(delivery.satellite, leg.station, leg.contact_start);
      const list = loads.get(key) ?? [];
      loads.set(key, list);
      list.push({ delivery, leg });
    }
  }
  return contacts.map((contact) => {
    const key = passKey(contact.satellite, contact.station, contact.start);
    const carried = (loads.get(key) ?? []).sort(
      (a, b) => a.delivery.priority - b.delivery.priority || a.leg.start.localeCompare(b.leg.start),
    );
    return {
      key,
      contact,
      start_ms: Date.parse(contact.start),
      end_ms: Date.parse(contact.end),
      loads: carried,
      booked_bytes: carried.reduce((sum, { leg }) => sum + leg.volume_bytes, 0),
    };
  });
}

/** Stations that carry something come first; both halves by name. Rows without a pass are left out. */
export function rows(all: Pass[], stations: Stations, filter: Filter, language: string): StationRow[] {
  const wanted = filter.text.trim().toLocaleLowerCase();
  const place = new Map(stations.features.map(({ properties }) => [properties.id, properties]));
  const found = new Map<string, StationRow>();
  for (const pass of all) {
    if (filter.bookedOnly && !pass.loads.length) continue;
    const { satellite, station } = pass.contact;
    const known = place.get(station);
    const name = known?.name ?? station;
    const network = known?.network ?? '';
    const words = `${station} ${name} ${network} ${satellite}`.toLocaleLowerCase();
    if (wanted && !words.includes(wanted)) continue;
    const row = found.get(station) ?? { id: station, name, network, passes: [], booked: [], satellites: [] };
    found.set(station, row);
    row.passes.push(pass);
    if (pass.loads.length) row.booked.push(pass);
  }
  const sorted = [...found.values()];
  const compare = new Intl.Collator(language).compare;
  const before = (a: Row, b: Row) =>
    Number(b.booked.length > 0) - Number(a.booked.length > 0) || compare(a.name, b.name);
  return sorted.sort(before);
}

/** The satellites of a station's row, those that carry something first. */
export function satelliteRows(row: StationRow, language: string): Row[] {
  const found = new Map<string, Row>();
  for (const pass of row.passes) {
    const { satellite } = pass.contact;
    const one = found.get(satellite) ?? { id: satellite, name: satellite, passes: [], booked: [] };
    found.set(satellite, one);
    one.passes.push(pass);
    if (pass.loads.length) one.booked.push(pass);
  }
  const compare = new Intl.Collator(language, { numeric: true }).compare;
  return [...found.values()].sort(
    (a, b) => Number(b.booked.length > 0) - Number(a.booked.length > 0) || compare(a.name, b.name),
  );
}

/** The passes of a row that are on at an instant, or within `reach_ms` of it; what carries comes first. */
export function passesAt(row: Row, time_ms: number, reach_ms: number): Pass[] {
  const away = (pass: Pass) => Math.max(0, pass.start_ms - time_ms, time_ms - pass.end_ms);
  const near = row.passes.filter((pass) => away(pass) <= reach_ms);
  const on = near.filter((pass) => away(pass) === 0 || pass.loads.length > 0);
  return (on.length ? on : near).sort(
    (a, b) => b.loads.length - a.loads.length || away(a) - away(b) || a.start_ms - b.start_ms,
  );
}

/** One outline for many bars: a chart of thousands of passes stays light. Seconds from `origin_ms`. */
export function outline(all: Pass[], origin_ms: number, top: number, height: number): string {
  return all
    .map(({ start_ms, end_ms }) => {
      const [x, width] = [(start_ms - origin_ms) / 1000, (end_ms - start_ms) / 1000];
      return `M${round(x)} ${top}h${round(width)}v${height}h${round(-width)}z`;
    })
    .join('');
}

const round = (value: number) => Math.round(value * 10) / 10;

/** Part of the possible volume that is booked; more than 1 where more is promised than fits. */
export function bookedShare({ booked_bytes, contact }: Pass): number {
  return contact.volume_bytes > 0 ? booked_bytes / contact.volume_bytes : booked_bytes > 0 ? 2 : 0;
}
