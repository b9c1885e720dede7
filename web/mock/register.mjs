/** A slice of a register; the node serves the real one from `register/`. */
import { satellites as orbits } from './orbit.mjs';

const places = [
  ['svalbard', 'Svalbard', 'KSAT', 15.39, 78.23],
  ['matera', 'Matera', 'ESA', 16.7, 40.65],
  ['maspalomas', 'Maspalomas', 'ESA', -15.63, 27.76],
  ['cuiaba', 'Cuiabá', 'INPE', -56.07, -15.55],
  ['alice-springs', 'Alice Springs', 'Geoscience Australia', 133.88, -23.76],
  ['sioux-falls', 'Sioux Falls', 'USGS', -96.62, 43.74],
  ['hartebeesthoek', 'Hartebeesthoek', 'SANSA', 27.71, -25.89],
  ['punta-arenas', 'Punta Arenas', 'SSC', -70.85, -52.94],
  ['neustrelitz', 'Neustrelitz', 'DLR', 13.07, 53.33],
  ['shadnagar', 'Shadnagar', 'NRSC', 78.19, 17.03],
  ['miyun', 'Miyun', 'CAS', 116.85, 40.45],
  ['inuvik', 'Inuvik', 'SSC', -133.54, 68.32],
];

export const stations = {
  type: 'FeatureCollection',
  features: places.map(([id, name, network, lon, lat]) => ({
    type: 'Feature',
    id,
    geometry: { type: 'Point', coordinates: [lon, lat] },
    properties: {
      id,
      name,
      network,
      elevation_mask_deg: 5,
      bands: ['S', 'X'],
      source: 'position from the operator’s public station list',
    },
  })),
};

const instrumentRows = [
  ['msi', 'MultiSpectral Instrument', 'optical', 290, 10.3, 10, true],
  ['c-sar', 'C-band SAR', 'sar', 250, 46, 20, false],
  ['oli', 'Operational Land Imager', 'optical', 185, 7.5, 30, true],
  ['oli-2', 'Operational Land Imager 2', 'optical', 185, 7.5, 30, true],
  ['wpm', 'Wide-scan panchromatic and multispectral camera', 'optical', 92, 12, 8, true],
  ['wfi', 'Wide-field imager', 'optical', 850, 32, 64, true],
  ['liss-3', 'LISS-3', 'optical', 140, 5, 23.5, true],
  ['wfv', 'Wide field of view camera', 'optical', 800, 32, 16, true],
  ['x-sar', 'X-band SAR', 'sar', 30, 35, 3, false],
  ['superdove', 'SuperDove', 'optical', 32, 5, 3.7, true],
  ['meridian-sar', 'Meridian SAR (design)', 'sar', 80, 40, 5, false],
];

export const instruments = instrumentRows.map(([id, name, kind, swath_km, off, gsd_m, daylight_only]) => ({
  id,
  name,
  kind,
  swath_km,
  max_off_nadir_deg: off,
  gsd_m,
  daylight_only,
  sources: { swath_km: 'mission handbook', gsd_m: 'mission handbook' },
}));

const operators = {
  SENTINEL: 'ESA',
  LANDSAT: 'USGS',
  CBERS: 'INPE',
  AMAZONIA: 'INPE',
  FLOCK: 'Planet',
  GAOFEN: 'CNSA',
};

function operatorOf(name) {
  return Object.entries(operators).find(([start]) => name.startsWith(start))?.[1] ?? 'Example operator';
}

export const satellites = orbits.map((sat) => ({
  name: sat.name,
  norad_id: sat.norad_id,
  planned: sat.planned,
  status: sat.planned ? 'planned' : 'in orbit',
  operator: operatorOf(sat.name),
  instruments: [sat.instrument],
  roles: ['remote sensing'],
  element_epoch: sat.planned ? null : '2026-08-21T19:00:00Z',
  element_source: sat.planned ? 'Walker delta 53°: 12/3/1, designed' : 'CelesTrak, 2026-08-22',
}));

export const missions = [
  ['sentinel-1', 'Sentinel-1', 'ESA', 'Europe', false, 2],
  ['sentinel-2', 'Sentinel-2', 'ESA', 'Europe', false, 3],
  ['landsat', 'Landsat 8/9', 'USGS', 'United States', false, 2],
  ['cbers', 'CBERS-4A', 'INPE', 'Brazil', false, 1],
  ['amazonia', 'Amazonia-1', 'INPE', 'Brazil', false, 1],
  ['planetscope', 'PlanetScope', 'Planet', 'United States', false, 48],
  ['meridian', 'Meridian', 'Example operator', 'Romania', true, 12],
].map(([id, name, operator, country, planned, count]) => ({
  id,
  name,
  operator,
  country,
  roles: ['remote sensing'],
  status: planned ? 'planned' : 'in orbit',
  planned,
  satellites: count,
}));

export const products = [
  {
    id: 'water',
    title: 'Surface water',
    description: 'Open water at one date: rivers, lakes, sea, flood.',
    headline: '{area_km2} km² of water; {valid_percent} % of the area could be judged',
    style: { classes: [{ value: 1, label: 'water', color: '#1f6fb4' }] },
    words: {
      ar: {
        title: 'المياه السطحية',
        description: 'المياه المكشوفة بمؤشر الماء أو بالتشتت الراداري وبعتبة آلية.',
        headline: '{area_km2} كم² من المياه؛ أمكن الحكم على {valid_percent}% من المنطقة',
        classes: { 1: 'مياه' },
      },
    },
    accuracy: 'intersection over union 0.766 (optical) and 0.615 (radar) on one labelled chip',
  },
  {
    id: 'vegetation-change',
    title: 'Vegetation change',
    description: 'Change of NDVI between two dates of the same season.',
    headline: '{area_km2} km² of vegetation loss; {valid_percent} % of the area could be judged',
    style: { classes: [{ value: 1, label: 'loss', color: '#c4572b' }] },
    words: {
      ar: {
        title: 'فقدان الغطاء النباتي',
        description: 'هبوط مؤشر الغطاء النباتي بين تاريخين.',
        headline: '{area_km2} كم² من الغطاء النباتي المفقود؛ أمكن الحكم على {valid_percent}% من المنطقة',
        classes: { 1: 'فقدان' },
      },
    },
    accuracy: 'not scored yet',
  },
];

export const assumptions = [
  [
    'downlink.rate_mbit_s',
    520,
    'Mbit/s',
    'Rate of a contact where the mission states none',
    'Sentinel-2 X-band downlink, mission handbook',
    'assumption',
  ],
  [
    'downlink.setup_s',
    30,
    's',
    'Time from the start of a contact to the first byte',
    'chosen; stations lock within tens of seconds',
    'assumption',
  ],
  [
    'ground.rate_mbit_s',
    200,
    'Mbit/s',
    'Rate from a station to the node',
    'chosen; a shared research network line',
    'assumption',
  ],
  [
    'ground.fixed_delay_s',
    600,
    's',
    'Level-0 to level-1 processing at the station',
    'chosen from published near-real-time services',
    'assumption',
  ],
  ['process.duration_s', 95, 's', 'Time a product takes', 'median of the runs on this node', 'data'],
  ['notify.delay_s', 12, 's', 'From published to in the user’s hands', 'chosen', 'assumption'],
].map(([key, value, unit, what, source, kind]) => ({ key, value, unit, what, source, kind }));
