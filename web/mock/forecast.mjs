/** Believable forecasts: passes found by stepping the fixture orbits, then fixed delays. */
import { at, contactPlan, EPOCH, HORIZON_S } from './contacts.mjs';
import { distance_km, position, satellites } from './orbit.mjs';
import { stations } from './register.mjs';

const STEP_S = 20;
const REACH_KM = 450;
/** Data of one observation: comes down within one pass of every fixture. */
const VOLUME_BYTES = 5e9;

export { EPOCH };

export function forecast(watch, limit = 40) {
  const [west, south, east, north] = watch.bbox;
  const centre = [(west + east) / 2, (south + north) / 2];
  const entries = [];
  const undeliverable = [];
  for (const sat of satellites) {
    for (let t = 0; t < HORIZON_S; t += STEP_S) {
      const off = distance_km(position(sat, t), centre);
      if (off > REACH_KM || distance_km(position(sat, t + STEP_S), centre) < off) continue;
      const entry = deliver(sat, t, off);
      if (entry) entries.push(entry);
      else undeliverable.push(lost(sat, t));
      t += 1800;
    }
  }
  entries.sort((a, b) => a.in_hands.localeCompare(b.in_hands));
  return {
    watch: watch.id,
    computed_at: at(0),
    from: at(0),
    to: at(HORIZON_S),
    element_epoch: at(-5 * 3600),
    entries: entries.slice(0, limit),
    undeliverable: [...undeliverable, lost(satellites[12], 51_000)].slice(0, 4),
  };
}

function lost(sat, t) {
  return {
    satellite: sat.name,
    planned: sat.planned,
    instrument: sat.instrument,
    observed_start: at(t),
    reason: 'no contact with a station of its operator before the end of the forecast',
  };
}

const forecasts = new Map();
/** As the node, which keeps the forecast it has computed. */
export function kept(watch) {
  const known = forecasts.get(watch.id) ?? forecast(watch);
  forecasts.set(watch.id, known);
  return known;
}

function deliver(sat, t, off_km) {
  for (const contact of contactPlan().get(sat.name) ?? []) {
    const first = Math.max(contact.start_s + contact.setup_s, t + 240);
    const down = first + (VOLUME_BYTES * 8) / contact.rate_bit_s;
    if (down > contact.end_s || contact.start_s > t + 14 * 3600) continue;
    const station = stations.features.find(({ id }) => id === contact.station);
    const node = down + 660;
    const processed = node + 95;
    return {
      satellite: sat.name,
      norad_id: sat.norad_id,
      planned: sat.planned,
      instrument: sat.instrument,
      station: station.properties.name,
      station_id: contact.station,
      observed_start: at(t - 7),
      observed_end: at(t + 9),
      contact_start: at(contact.start_s),
      contact_end: at(contact.end_s),
      first_byte: at(first),
      down: at(down),
      at_node: at(node),
      processed: at(processed),
      in_hands: at(processed + 12),
      in_hands_earliest: sat.planned ? null : at(processed + 11.7),
      in_hands_latest: sat.planned ? null : at(processed + 12.3),
      min_off_nadir_deg: Math.round((Math.atan(off_km / sat.height) * 1800) / Math.PI) / 10,
      coverage: off_km < 300 ? 1 : 0.62,
      sun_elevation_deg: sat.instrument.includes('sar') ? -12.4 : 47.1,
      element_age_days: sat.planned ? null : 0.4,
      timing_uncertainty_s: sat.planned ? null : 0.3,
      cross_track_uncertainty_km: sat.planned ? null : 0.1,
      stale: false,
      volume_bytes: VOLUME_BYTES,
      time_to_answer_s: processed + 12,
      assumptions: ['downlink.rate_mbit_s', 'ground.fixed_delay_s', 'process.duration_s'],
    };
  }
  return undefined;
}
