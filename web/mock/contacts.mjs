/** The fixtures' contact plan, and deliveries over it: some planned, some that came, one of each fate. */
import { distance_km, position, satellites } from './orbit.mjs';
import { stations } from './register.mjs';

const STEP_S = 30;
const STATION_REACH_KM = 1900;
/** Ground distance that a degree of latitude alone makes, km, rounded down. */
const KM_A_DEGREE = 111;
const SETUP_S = 30;

export const EPOCH = new Date('2026-08-22T00:00:00Z');
export const HORIZON_S = 72 * 3600;
const PLAN_S = HORIZON_S + 24 * 3600;
export const at = (t) => new Date(EPOCH.getTime() + Math.round(t * 1000)).toISOString().replace('.000Z', 'Z');

const places = stations.features.map(({ properties, geometry }) => ({
  id: properties.id,
  at: geometry.coordinates,
}));

function contactsOf(sat) {
  const found = [];
  const open = new Map();
  const rate_bit_s = (sat.name.startsWith('FLOCK') ? 200 : 520) * 1e6;
  for (let t = 0; t <= PLAN_S; t += STEP_S) {
    const here = position(sat, t);
    for (const { id, at: place } of places) {
      const near = Math.abs(here[1] - place[1]) * KM_A_DEGREE < STATION_REACH_KM;
      const away = near ? distance_km(here, place) : Number.POSITIVE_INFINITY;
      const known = open.get(id);
      if (away < STATION_REACH_KM) {
        if (known) known.nearest = Math.min(known.nearest, away);
        else open.set(id, { start: t, nearest: away });
      } else if (known) {
        open.delete(id);
        const length = t - known.start;
        if (length <= SETUP_S) continue;
        found.push({
          satellite: sat.name,
          planned: sat.planned,
          station: id,
          start_s: known.start,
          end_s: t,
          max_elevation_deg: Math.round((Math.atan2(sat.height, known.nearest) * 18000) / Math.PI) / 100,
          rate_bit_s,
          setup_s: SETUP_S,
          volume_bytes: Math.floor((rate_bit_s * (length - SETUP_S)) / 8),
        });
      }
    }
  }
  return found;
}

let plan;
/** Every contact, by satellite; computed once. */
export function contactPlan() {
  plan ??= new Map(satellites.map((sat) => [sat.name, contactsOf(sat)]));
  return plan;
}

function windowOf(query) {
  const [from, to] = ['from', 'to'].map((key) => query.get(key));
  return [from ? (Date.parse(from) - EPOCH) / 1000 : 0, to ? (Date.parse(to) - EPOCH) / 1000 : PLAN_S];
}

export function contacts(query) {
  const [from, to] = windowOf(query);
  const all = [...contactPlan().values()].flat();
  const found = all
    .filter((one) => one.start_s < to && one.end_s > from)
    .sort((a, b) => a.start_s - b.start_s);
  const limit = Number(query.get('limit') ?? 5000);
  return {
    plan_from: at(0),
    plan_to: at(PLAN_S),
    from: at(from),
    to: at(to),
    matched: found.length,
    contacts: found
      .slice(0, limit)
      .map(({ start_s, end_s, ...rest }) => ({ ...rest, start: at(start_s), end: at(end_s) })),
    faults: [],
  };
}

/** What came, in the order of the deliveries that were promised: seconds against the promise, and the answer. */
const FATES = [
  { after_s: -120 },
  { after_s: 700 },
  { after_s: -30, reason: 'not enough clear pixels: 14.9 % of the area can be judged, 20 % are needed' },
];

export function deliveries(query, forecasts, answersOf) {
  const [from, to] = windowOf(query);
  const all = forecasts.flatMap(({ watch, forecast }) => [
    ...forecast.entries.map((entry, index) =>
      delivered(watch, entry, index, FATES[index], answersOf(watch.id)),
    ),
    ...forecast.undeliverable.map((lost) => ({
      ...base(watch, lost),
      station: null,
      volume_bytes: 0,
      legs: [],
      promised: {
        observed_start: lost.observed_start,
        observed_end: null,
        contact_start: null,
        contact_end: null,
        down: null,
        at_node: null,
        processed: null,
        in_hands: null,
      },
      came: [],
      reason: lost.reason,
    })),
  ]);
  const found = all.filter(({ promised: { observed_start, in_hands } }) => {
    const seconds = (time) => (Date.parse(time) - EPOCH) / 1000;
    return seconds(observed_start) < to && seconds(in_hands ?? observed_start) >= from;
  });
  found.sort((a, b) => a.promised.observed_start.localeCompare(b.promised.observed_start));
  const limit = Number(query.get('limit') ?? 1000);
  return { from: at(from), to: at(to), matched: found.length, deliveries: found.slice(0, limit) };
}

const base = (watch, { satellite, planned, instrument }) => ({
  watch: watch.id,
  priority: watch.priority,
  satellite,
  planned,
  instrument,
});

function delivered(watch, entry, index, fate, answers) {
  const station = places.find(({ id }) => id === entry.station_id)?.id ?? entry.station;
  const late = (time, by_s) => new Date(Date.parse(time) + by_s * 1000).toISOString();
  const answer = answers[index] ?? answers[0];
  const came =
    fate && answer
      ? [
          {
            collection: fate.reason ? 'sentinel-2-l2a' : answer.collection,
            item: fate.reason ? `scene-${index}` : answer.item_id,
            answer: !fate.reason,
            replay: true,
            down: late(entry.down, fate.after_s),
            at_node: late(entry.at_node, fate.after_s),
            processed: fate.reason ? null : late(entry.processed, fate.after_s),
            in_hands: fate.reason ? null : late(entry.in_hands, fate.after_s),
            reason: fate.reason ?? null,
            files: [{ name: `scene-${index}.tif`, size_bytes: 764_213 }],
          },
        ]
      : [];
  return {
    ...base(watch, entry),
    station,
    volume_bytes: entry.volume_bytes,
    legs: [
      {
        station,
        relay: null,
        contact_start: entry.contact_start,
        start: entry.first_byte,
        end: entry.down,
        volume_bytes: entry.volume_bytes,
      },
    ],
    promised: {
      observed_start: entry.observed_start,
      observed_end: entry.observed_end,
      contact_start: entry.contact_start,
      contact_end: entry.contact_end,
      down: entry.down,
      at_node: entry.at_node,
      processed: entry.processed,
      in_hands: entry.in_hands,
    },
    came,
    reason: null,
  };
}
