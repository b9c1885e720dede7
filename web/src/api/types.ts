/** Shapes of the node's own endpoints, as `/api/openapi.json` describes them. Times are RFC 3339 in UTC. */
import type { Feature, FeatureCollection, Geometry, MultiPolygon, Point, Polygon } from 'geojson';

export type Bbox = [west: number, south: number, east: number, north: number];

export interface Status {
  version: string;
  node_id: string;
  /** Wall-clock UTC. */
  now: string;
  /** The sky's time is `now` plus the offset: elements too old for today are shown at their own time. */
  clock: { mode: 'live' | 'replay'; offset_s: number };
  forecast_epoch: string | null;
}

export interface Watch {
  /** The name as it stands in addresses: `olinda-coast`. */
  id: string;
  name: string;
  product: string;
  area: Geometry;
  bbox: Bbox;
  priority?: number | string | null;
  deadline?: string | null;
  notify?: string[];
  created: string;
}

export interface NewWatch {
  name: string;
  product: string;
  area: Geometry;
}

export interface ForecastEntry {
  satellite: string;
  norad_id: number | null;
  planned: boolean;
  instrument: string;
  station: string;
  /** The relay that the last byte comes over; absent where the satellite sends to the station itself. */
  relay?: string | null;
  observed_start: string;
  observed_end: string;
  contact_start: string;
  contact_end?: string;
  down: string;
  at_node: string;
  processed: string;
  in_hands: string;
  /** Nine times in ten the answer is in hands between these two, as far as the age of the elements goes. */
  in_hands_earliest: string | null;
  in_hands_latest: string | null;
  min_off_nadir_deg: number;
  coverage: number;
  sun_elevation_deg: number | null;
  element_age_days: number | null;
  /** How early or late the observation may be, nine times in ten less; null where it is not known. */
  timing_uncertainty_s: number | null;
  cross_track_uncertainty_km: number | null;
  stale: boolean;
  time_to_answer_s: number;
  volume_bytes?: number;
  assumptions?: string[];
}

export interface Undeliverable {
  satellite: string;
  planned: boolean;
  instrument: string;
  observed_start: string;
  reason: string;
}

export interface Forecast {
  watch: string;
  computed_at: string;
  from: string;
  to: string;
  element_epoch: string | null;
  entries: ForecastEntry[];
  undeliverable: Undeliverable[];
}

/** A window in which a satellite is above a station. */
export interface Contact {
  satellite: string;
  planned: boolean;
  /** The station's id. */
  station: string;
  start: string;
  end: string;
  max_elevation_deg: number;
  rate_bit_s: number;
  setup_s: number;
  volume_bytes: number;
}

/** Part of the node's contact plan. */
export interface Contacts {
  plan_from: string;
  plan_to: string;
  from: string;
  to: string;
  /** Contacts of the window, listed or beyond the limit. */
  matched: number;
  contacts: Contact[];
  faults: string[];
}

/** What one contact carries of a delivery. */
export interface Leg {
  station: string;
  /** The relay it goes over. */
  relay: string | null;
  contact_start: string;
  start: string;
  end: string;
  volume_bytes: number;
}

export interface Promised {
  observed_start: string;
  observed_end: string | null;
  contact_start: string | null;
  contact_end: string | null;
  down: string | null;
  at_node: string | null;
  processed: string | null;
  in_hands: string | null;
}

/** A scene that came in a delivery, as its trace has it. */
export interface Came {
  collection: string;
  item: string;
  answer: boolean;
  replay: boolean;
  down: string | null;
  at_node: string | null;
  processed: string | null;
  in_hands: string | null;
  reason: string | null;
  files: { name: string; size_bytes: number | null }[];
}

export interface Delivery {
  watch: string;
  /** 1 (first) to 5 (last). */
  priority: number;
  satellite: string;
  planned: boolean;
  instrument: string;
  station: string | null;
  volume_bytes: number;
  legs: Leg[];
  /** Null where data came that nobody had promised. */
  promised: Promised | null;
  came: Came[];
  reason: string | null;
}

export interface Deliveries {
  from: string;
  to: string;
  matched: number;
  deliveries: Delivery[];
}

/** Ground that the next windows of a watch take in, the earliest first. */
export type Footprints = FeatureCollection<
  Polygon | MultiPolygon,
  {
    satellite: string;
    instrument: string;
    planned: boolean;
    observed_start: string;
    observed_end: string;
    coverage: number;
  }
>;

/** Cells around a watch, each with how often it is seen. */
export type Revisit = FeatureCollection<
  Polygon,
  {
    accesses: number;
    mean_gap_h: number | null;
    max_gap_h: number | null;
    mean_response_h: number | null;
  }
>;

export interface AnswerSummary {
  item_id: string;
  collection: string;
  watch: string;
  product: string;
  created: string;
  /** A time or an interval, in words, for where the two below are not known. */
  observed: string;
  observed_start: string | null;
  observed_end: string | null;
  area_km2: number | null;
  valid_fraction: number | null;
  headline: string;
  /** Figures of the product by name. */
  statistics?: Record<string, unknown>;
  replay: boolean;
}

export interface Digest {
  name: string;
  sha256: string;
  size_bytes: number | null;
}

export type StepName =
  | 'request'
  | 'observation'
  | 'downlink'
  | 'transfer'
  | 'intake'
  | 'catalogue'
  | 'process'
  | 'publish'
  | 'notify';

/** What a step says, and the values in it. */
export type StepSaid =
  | { is: 'asked'; product: string; watch: string }
  | { is: 'observed'; scene: string }
  | { is: 'sent'; satellite: string; station: string }
  | { is: 'sent_over'; satellite: string; relay: string; station: string }
  | { is: 'carried' }
  | { is: 'taken_in'; way: 'bundles' | 'inbox' | 'ingest' }
  | { is: 'catalogued' }
  | { is: 'computed'; product: string; title: string }
  | { is: 'published'; answer: string }
  | { is: 'told'; calls: number };

export interface TraceStep {
  step: StepName;
  title: string;
  said?: StepSaid;
  planned: string | null;
  actual: string | null;
  difference_s: number | null;
  node: string;
  note: string | null;
  inputs: Digest[];
  outputs: Digest[];
}

export interface Trace {
  answer: string;
  watch: string;
  node_id: string;
  clock: { mode: string; note: string | null };
  steps: TraceStep[];
}

export interface Satellite {
  name: string;
  norad_id: number | null;
  planned: boolean;
  status: string;
  operator: string | null;
  instruments: string[];
  roles: string[];
  element_epoch: string | null;
  element_source: string | null;
}

export interface Instrument {
  id: string;
  name: string;
  kind: string;
  swath_km?: number | null;
  max_off_nadir_deg?: number | null;
  gsd_m?: number | null;
  daylight_only?: boolean;
  sources?: Record<string, string>;
}

export interface Mission {
  id: string;
  name: string;
  operator?: string | null;
  country?: string | null;
  roles?: string[];
  status?: string;
  planned?: boolean;
  satellites?: unknown;
  instruments?: unknown;
}

export interface StationProperties {
  id: string;
  name: string;
  network?: string | null;
  elevation_mask_deg?: number | null;
  bands?: string[];
  source?: string | null;
}
export type Stations = FeatureCollection<Point, StationProperties>;

export interface Tracks {
  start: string;
  step_s: number;
  satellites: { name: string; planned: boolean; lon_lat_km: [number, number, number][] }[];
}

export interface Assumption {
  key: string;
  value: number | string | boolean | null;
  unit: string | null;
  what: string;
  source: string;
  kind: 'assumption' | 'data';
}

export interface LegendClass {
  value: number;
  label: string;
  /** `#rrggbb` or `#rrggbbaa`. */
  color: string;
}

export interface Product {
  id: string;
  title: string;
  description: string;
  /** An answer's sentence, figures by name in braces. */
  headline: string;
  style: { classes: LegendClass[] };
  /** One sentence. */
  accuracy: string;
  /** Its texts in other languages. */
  words?: Record<string, ProductWords>;
}

export interface ProductWords {
  title: string;
  description: string;
  headline: string;
  /** Words of the legend, by value. */
  classes: Record<string, string>;
}

export interface Link {
  rel: string;
  href: string;
  type?: string;
  title?: string;
}

export interface Asset {
  href: string;
  type?: string;
  title?: string;
  roles?: string[];
  bands?: object[];
}

/** Items found by a search. */
export interface Items {
  features: Item[];
  numberMatched?: number;
}

export interface Collections {
  collections: { id: string; title?: string }[];
}

/** A STAC Item, as far as the page reads it. */
export interface Item extends Feature<Geometry, Record<string, unknown>> {
  id: string;
  collection: string;
  bbox: Bbox;
  assets: Record<string, Asset>;
  links: Link[];
}

export interface TileJson {
  tiles: string[];
  bounds?: Bbox;
  minzoom?: number;
  maxzoom?: number;
}

/** RFC 9457 problem. */
export interface Problem {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
}

export type LiveEventKind = 'scene' | 'answer' | 'delivery' | 'trace' | 'watch';
export interface LiveEvent {
  kind: LiveEventKind;
  id: number;
  time: string;
  [key: string]: unknown;
}
