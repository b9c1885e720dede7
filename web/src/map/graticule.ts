import type { Feature, MultiLineString } from 'geojson';

const STEP_DEG = 15;
/** Points this close keep a parallel round on the globe. */
const POINT_EVERY_DEG = 3;
const LAST_PARALLEL_DEG = 75;

/** Meridians and parallels every 15°. */
export function graticule(): Feature<MultiLineString> {
  const lines: [number, number][][] = [];
  for (let lon = -180; lon < 180; lon += STEP_DEG) {
    lines.push(range(-85, 85).map((lat) => [lon, lat]));
  }
  for (let lat = -LAST_PARALLEL_DEG; lat <= LAST_PARALLEL_DEG; lat += STEP_DEG) {
    lines.push(range(-180, 180).map((lon) => [lon, lat]));
  }
  return { type: 'Feature', properties: {}, geometry: { type: 'MultiLineString', coordinates: lines } };
}

function range(from: number, to: number): number[] {
  const out: number[] = [];
  for (let value = from; value < to; value += POINT_EVERY_DEG) out.push(value);
  return [...out, to];
}
