/** Circular orbits, so that the fixtures move like satellites; the node computes the real ones. */
const EARTH_RADIUS_KM = 6378.137;
const MU_KM3_S2 = 398600.4418;
const EARTH_RATE_RAD_S = 7.292115e-5;
const rad = Math.PI / 180;

const missions = [
  ['SENTINEL-2A', 98.57, 786, 40, 'msi', false, 40697],
  ['SENTINEL-2B', 98.57, 786, 220, 'msi', false, 42063],
  ['SENTINEL-2C', 98.57, 786, 130, 'msi', false, 60989],
  ['SENTINEL-1A', 98.18, 693, 70, 'c-sar', false, 39634],
  ['SENTINEL-1C', 98.18, 693, 250, 'c-sar', false, 62261],
  ['LANDSAT 8', 98.22, 705, 10, 'oli', false, 39084],
  ['LANDSAT 9', 98.22, 705, 190, 'oli-2', false, 49260],
  ['CBERS-4A', 97.9, 628, 85, 'wpm', false, 44883],
  ['AMAZONIA-1', 98.4, 752, 300, 'wfi', false, 47699],
  ['RESOURCESAT-2A', 98.7, 817, 155, 'liss-3', false, 41877],
  ['GAOFEN-6', 98.05, 645, 330, 'wfv', false, 43484],
  ['ICEYE-X27', 97.7, 570, 15, 'x-sar', false, 57000],
];

export const satellites = [
  ...missions.map(([name, inclination, height, raan, instrument, planned, norad_id], i) => ({
    name,
    inclination,
    height,
    raan,
    phase: (i * 97) % 360,
    instrument,
    planned,
    norad_id,
  })),
  ...Array.from({ length: 48 }, (_, i) => ({
    name: `FLOCK 4Y-${i + 1}`,
    inclination: 97.5,
    height: 495,
    raan: 60 + (i % 4) * 2.5,
    phase: i * 7.5,
    instrument: 'superdove',
    planned: false,
    norad_id: 55000 + i,
  })),
  ...Array.from({ length: 12 }, (_, i) => ({
    name: `MERIDIAN ${String(i + 1).padStart(2, '0')}`,
    inclination: 53,
    height: 550,
    raan: Math.floor(i / 4) * 120,
    phase: (i % 4) * 90 + Math.floor(i / 4) * 30,
    instrument: 'meridian-sar',
    planned: true,
    norad_id: null,
  })),
];

/** [lon, lat, height_km] after `t_s` seconds. */
export function position(sat, t_s) {
  const a = EARTH_RADIUS_KM + sat.height;
  const u = sat.phase * rad + Math.sqrt(MU_KM3_S2 / a ** 3) * t_s;
  const i = sat.inclination * rad;
  const lat = Math.asin(Math.sin(i) * Math.sin(u));
  const node = Math.atan2(Math.cos(i) * Math.sin(u), Math.cos(u));
  const lon = (sat.raan * rad + node - EARTH_RATE_RAD_S * t_s) / rad;
  const round = (v) => Math.round(v * 1e4) / 1e4;
  return [round(((((lon + 180) % 360) + 360) % 360) - 180), round(lat / rad), sat.height];
}

/** Kilometres over ground between two places. */
export function distance_km([lon1, lat1], [lon2, lat2]) {
  const h =
    Math.sin(((lat2 - lat1) * rad) / 2) ** 2 +
    Math.cos(lat1 * rad) * Math.cos(lat2 * rad) * Math.sin(((lon2 - lon1) * rad) / 2) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(h));
}
