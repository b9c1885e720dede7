/** Footprints and revisit cells in their shapes; the figures are made up. */
import { forecast } from './forecast.mjs';

const CELLS = 8;
const CELL_DEG = 1;

const box = (west, south, east, north) => [
  [west, south],
  [east, south],
  [east, north],
  [west, north],
  [west, south],
];

export function footprints(watch, first = 12) {
  const [west, south, east, north] = watch.bbox;
  const features = forecast(watch)
    .entries.slice(0, first)
    .map((entry, k) => ({
      type: 'Feature',
      geometry: {
        type: 'Polygon',
        coordinates: [box(west - 1 - k / 10, south - 3 - k / 5, east + 1 - k / 10, north + 3 - k / 5)],
      },
      properties: {
        satellite: entry.satellite,
        instrument: entry.instrument,
        planned: entry.planned,
        observed_start: entry.observed_start,
        observed_end: entry.observed_end,
        coverage: 1,
      },
    }));
  return { type: 'FeatureCollection', features };
}

export function revisit(watch) {
  const [west, south] = watch.bbox;
  const features = [];
  for (let x = 0; x < CELLS; x += 1)
    for (let y = 0; y < CELLS; y += 1) {
      const [w, s] = [west + (x - CELLS / 2) * CELL_DEG, south + (y - CELLS / 2) * CELL_DEG];
      const never = x === 0 && y === 0;
      features.push({
        type: 'Feature',
        geometry: { type: 'Polygon', coordinates: [box(w, s, w + CELL_DEG, s + CELL_DEG)] },
        properties: {
          accesses: never ? 0 : 40 - y,
          mean_gap_h: never ? null : 1 + y * 0.4 + x * 0.1,
          max_gap_h: never ? null : 6 + y,
          mean_response_h: never ? null : 0.8 + y * 0.3 + x * 0.08,
        },
      });
    }
  return { type: 'FeatureCollection', features };
}
