/** Mends what a flat atlas does at 180° and at the south pole, so that a globe shows no seam. */
import type { FeatureCollection, MultiLineString, Polygon, Position } from 'geojson';

/** Antarctica runs along the foot of the flat map; that edge is drawn by nobody. */
const FOOT_LAT_DEG = -89;

export function crossesSeam(ring: Position[]): boolean {
  return ring.some(([lon = 0], index) => index > 0 && Math.abs(lon - (ring[index - 1]?.[0] ?? lon)) > 180);
}

const atFoot = (ring: Position[]) => ring.some(([, lat = 0]) => lat < FOOT_LAT_DEG);

/** Rings over the antimeridian run on past 180° instead of back across the world. */
export function unwrapped(land: FeatureCollection): FeatureCollection {
  const ring = (points: Position[]) => (crossesSeam(points) && !atFoot(points) ? unwind(points) : points);
  const polygon = (rings: Polygon['coordinates']) => rings.map(ring);
  return {
    ...land,
    features: land.features.map((feature) => {
      const { geometry } = feature;
      if (geometry.type === 'Polygon')
        return { ...feature, geometry: { ...geometry, coordinates: polygon(geometry.coordinates) } };
      if (geometry.type === 'MultiPolygon')
        return { ...feature, geometry: { ...geometry, coordinates: geometry.coordinates.map(polygon) } };
      return feature;
    }),
  };
}

/** Every point within half a turn of the one before it. */
function unwind(points: Position[]): Position[] {
  let turn = 0;
  return points.map(([lon = 0, lat = 0], index) => {
    const before = points[index - 1]?.[0] ?? lon;
    if (lon - before > 180) turn -= 360;
    else if (before - lon > 180) turn += 360;
    return [lon + turn, lat];
  });
}

/** Lines without the edges that only a flat map has: along 180°, along its foot, and across it. */
export function open(lines: MultiLineString): MultiLineString {
  const coordinates: Position[][] = [];
  for (const line of lines.coordinates) {
    let part: Position[] = [];
    for (const point of line) {
      const last = part.at(-1);
      if (last && artificial(last, point)) {
        if (part.length > 1) coordinates.push(part);
        part = [];
      }
      part.push(point);
    }
    if (part.length > 1) coordinates.push(part);
  }
  return { type: 'MultiLineString', coordinates };
}

function artificial([lonA = 0, latA = 0]: Position, [lonB = 0, latB = 0]: Position): boolean {
  const onSeam = Math.abs(lonA) > 179.99 && Math.abs(lonB) > 179.99;
  return onSeam || Math.min(latA, latB) < FOOT_LAT_DEG || Math.abs(lonA - lonB) > 180;
}
