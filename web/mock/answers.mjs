/** Two answers with their scenes and traces. */
import { createHash } from 'node:crypto';
import { EPOCH } from './forecast.mjs';
import { AREAS } from './ground.mjs';

const sha = (text) => createHash('sha256').update(text).digest('hex');
const at = (t) => new Date(EPOCH.getTime() + t * 1000).toISOString().replace('.000Z', 'Z');

function polygon([west, south, east, north]) {
  return {
    type: 'Polygon',
    coordinates: [
      [
        [west, south],
        [east, south],
        [east, north],
        [west, north],
        [west, south],
      ],
    ],
  };
}

const grow = ([w, s, e, n], d) => [w - d, s - d, e + d, n + d];

export const slug = (name) => name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-');

export const watches = [
  ['Olinda coast', 'water', grow(AREAS.olinda.bbox, 0.01)],
  ['Carpathian forest', 'vegetation-change', grow(AREAS.carpathian.bbox, 0.004)],
].map(([name, product, bbox]) => ({
  id: slug(name),
  name,
  product,
  area: polygon(bbox),
  bbox,
  priority: 1,
  deadline: null,
  notify: [],
  created: at(-600),
}));

/** item id -> what the tile painter needs and what STAC says */
export const scenes = {
  'l7-olinda': {
    collection: 'landsat-7-etm',
    area: 'olinda',
    kind: 'scene',
    start: '1999-04-15T00:00:00Z',
    end: '2003-05-31T00:00:00Z',
  },
  's2-romania-2018-05-06': {
    collection: 'sentinel-2-l2a',
    area: 'carpathian',
    kind: 'before',
    date: '2018-05-06T09:20:31Z',
  },
  ...Object.fromEntries(
    ['2018-07-26', '2019-06-26', '2019-07-31', '2020-02-16', '2020-07-04'].map((day) => [
      `s2-romania-${day}`,
      {
        collection: 'sentinel-2-l2a',
        area: 'carpathian',
        kind: day < '2019' ? 'before' : 'scene',
        date: `${day}T09:20:31Z`,
      },
    ]),
  ),
  's2-romania-2020-08-08': {
    collection: 'sentinel-2-l2a',
    area: 'carpathian',
    kind: 'scene',
    date: '2020-08-08T09:20:41Z',
  },
};

export const answers = {
  'water-olinda-1': {
    collection: 'answers-water',
    area: 'olinda',
    watch: 'olinda-coast',
    product: 'water',
    observed: { start: '1999-04-15T00:00:00Z', end: '2003-05-31T00:00:00Z' },
    area_km2: 41.283,
    valid_fraction: 0.987,
    headline: '41.3 km² of open water in the watched area',
    from: ['l7-olinda'],
  },
  'vegetation-change-carpathian-1': {
    collection: 'answers-vegetation-change',
    area: 'carpathian',
    watch: 'carpathian-forest',
    product: 'vegetation-change',
    observed: { start: '2018-05-06T09:20:31Z', end: '2020-08-08T09:20:41Z' },
    area_km2: 0.217,
    valid_fraction: 0.992,
    headline: '0.22 km² of vegetation loss; 99 % of the area could be judged at both dates',
    from: ['s2-romania-2018-05-06', 's2-romania-2020-08-08'],
  },
};

export function summary(id) {
  const { collection, watch, product, observed, area_km2, valid_fraction, headline } = answers[id];
  return {
    item_id: id,
    collection,
    watch,
    product,
    created: at(9300),
    observed: `${observed.start}/${observed.end}`,
    observed_start: observed.start,
    observed_end: observed.end,
    replay: true,
    area_km2,
    valid_fraction,
    headline,
    statistics: {},
  };
}

export function item(id, origin) {
  const scene = scenes[id];
  const answer = answers[id];
  const known = scene ?? answer;
  if (!known) return undefined;
  const { bbox } = AREAS[known.area];
  const base = {
    type: 'Feature',
    stac_version: '1.1.0',
    id,
    collection: known.collection,
    bbox,
    geometry: polygon(bbox),
  };
  if (scene) {
    const time = scene.date
      ? { datetime: scene.date }
      : { datetime: null, start_datetime: scene.start, end_datetime: scene.end };
    return {
      ...base,
      properties: {
        ...time,
        platform: scene.collection.startsWith('l') ? 'landsat-7' : 'sentinel-2a',
        'corridor:replay': true,
        license: 'CC-BY-SA-4.0',
      },
      assets: {
        data: {
          href: `${origin}/assets/scenes/${id}.tif`,
          type: 'image/tiff; application=geotiff; profile=cloud-optimized',
          roles: ['data'],
          title: 'Blue, green, red, near infrared',
          bands: ['blue', 'green', 'red', 'nir'].map((name, i) => ({
            name: `B${i + 1}`,
            'eo:common_name': name,
            data_type: 'uint8',
            statistics: { minimum: 1, maximum: 255, mean: 80, stddev: 35 },
          })),
        },
      },
      links: [],
    };
  }
  return {
    ...base,
    properties: {
      datetime: null,
      start_datetime: answer.observed.start,
      end_datetime: answer.observed.end,
      'corridor:watch': answer.watch,
      'corridor:area_km2': answer.area_km2,
      'corridor:valid_fraction': answer.valid_fraction,
      'corridor:replay': true,
      'corridor:statistics': { threshold: 0.0421, method: 'otsu', valid_pixels: 121344 },
    },
    assets: {
      mask: {
        href: `${origin}/assets/answers/${id}/mask.tif`,
        type: 'image/tiff; application=geotiff; profile=cloud-optimized',
        roles: ['data'],
        bands: [{ name: 'mask', data_type: 'uint8' }],
      },
      layers: {
        href: `${origin}/assets/answers/${id}/layers.tif`,
        type: 'image/tiff; application=geotiff; profile=cloud-optimized',
        roles: ['data'],
        title: 'Figures behind the mask',
        bands: [{ name: `${answer.product}_index`, data_type: 'float32', unit: '1' }],
      },
      polygons: {
        href: `${origin}/assets/answers/${id}/polygons.geojson`,
        type: 'application/geo+json',
        roles: ['data'],
      },
      picture: {
        href: `${origin}/assets/answers/${id}/picture.png`,
        type: 'image/png',
        roles: ['thumbnail', 'overview'],
      },
    },
    links: answer.from.map((from) => ({
      rel: 'derived_from',
      href: `${origin}/stac/collections/${scenes[from].collection}/items/${from}`,
    })),
  };
}

/** Items whose box meets the one that is asked for, as the node's search gives them. */
export function search(query, origin) {
  const [west, south, east, north] = (query.get('bbox') ?? '-180,-90,180,90').split(',').map(Number);
  const features = [...Object.keys(scenes), ...Object.keys(answers)]
    .map((id) => item(id, origin))
    .filter(({ bbox: [w, s, e, n] }) => w <= east && e >= west && s <= north && n >= south);
  return { type: 'FeatureCollection', numberMatched: features.length, features, links: [] };
}

export const collections = {
  collections: [
    { id: 'answers-water', title: 'Answers: Surface water' },
    { id: 'answers-vegetation-change', title: 'Answers: Vegetation change' },
    { id: 'landsat-7-etm', title: 'Landsat 7 ETM+' },
    { id: 'sentinel-2-l2a', title: 'Sentinel-2 Level-2A' },
  ],
};

/** A rough outline of what the painter calls water or loss. */
export function polygons(id) {
  const [west, south, east, north] = AREAS[answers[id].area].bbox;
  const place = (x, y) => [west + x * (east - west), north - y * (north - south)];
  const ring = [];
  for (let y = 0.06; y <= 1; y += 0.02)
    ring.push(place(0.62 + 0.07 * Math.sin(y * 5) + 0.02 * Math.sin(y * 23), y));
  ring.push(place(1, 1), place(1, 0.06), ring[0]);
  return {
    type: 'FeatureCollection',
    features: [
      {
        type: 'Feature',
        properties: { area_km2: answers[id].area_km2 },
        geometry: { type: 'Polygon', coordinates: [ring] },
      },
    ],
  };
}

const rows = [
  ['request', { is: 'asked', product: 'water', watch: 'Olinda' }, 0, 0, null],
  [
    'observation',
    { is: 'observed', scene: 'landsat-7-olinda' },
    1260,
    null,
    'replay of a real scene; the observation happened before the watch existed',
  ],
  [
    'downlink',
    { is: 'sent', satellite: 'SENTINEL-2A', station: 'maspalomas' },
    5400,
    5412,
    'spacecraft sender over TCPCLv4 on loopback',
  ],
  ['transfer', { is: 'carried' }, 6090, 6071, null],
  ['intake', { is: 'taken_in', way: 'bundles' }, 6091, 6072, null],
  ['catalogue', { is: 'catalogued' }, 6092, 6073, null],
  [
    'process',
    { is: 'computed', product: 'water', title: 'Surface water' },
    6187,
    6081,
    'threshold 0.0421 by Otsu’s method',
  ],
  ['publish', { is: 'published', answer: 'olinda-1' }, 6190, 6082, null],
  ['notify', { is: 'told', calls: 1 }, 6199, 6083, '1 webhook, 2 event streams'],
];

export function trace(id) {
  const answer = answers[id];
  const digest = (name, size_bytes) => ({ name, sha256: sha(id + name), size_bytes });
  const files = answer.from.map((from) => digest(`${from}.tif`, 764_213));
  return {
    answer: id,
    watch: answer.watch,
    node_id: 'ipn:10.0',
    clock: { mode: 'replay', note: 'the node’s clock stands at the epoch of the element sets' },
    steps: rows.map(([step, said, planned, actual, note]) => ({
      step,
      title: `In English: ${Object.values(said).join(' ')}`,
      said,
      planned: at(planned),
      actual: actual === null ? null : at(actual),
      difference_s: actual === null ? null : actual - planned,
      node: step === 'downlink' ? 'ipn:20.0' : 'ipn:10.0',
      note,
      inputs: ['transfer', 'intake', 'process'].includes(step) ? files : [],
      outputs:
        step === 'process'
          ? [digest('mask.tif', 18_231), digest('polygons.geojson', 9_120), digest('picture.png', 80_417)]
          : step === 'intake'
            ? files
            : [],
    })),
  };
}
