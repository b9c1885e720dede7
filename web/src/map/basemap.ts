/** Natural Earth 1:50 million, as shipped by world-atlas. */
import type { Feature, FeatureCollection, MultiLineString, Point, Polygon, Position } from 'geojson';
import { feature, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import atlasUrl from 'world-atlas/countries-50m.json?url';
import { alpha2 } from './country';
import { crossesSeam, open, unwrapped } from './seam';

type Atlas = Topology<{ countries: GeometryCollection<{ name: string }>; land: GeometryCollection }>;

export interface Basemap {
  land: FeatureCollection;
  coast: MultiLineString;
  borders: MultiLineString;
  names: FeatureCollection<Point, CountryName>;
}

export interface CountryName {
  /** ISO 3166-1 alpha-2, where there is one. */
  code: string | undefined;
  name: string;
  /** Larger countries are named first. */
  rank: number;
}

export async function load(): Promise<Basemap> {
  const atlas = (await (await fetch(atlasUrl)).json()) as Atlas;
  const { countries, land } = atlas.objects;
  return {
    land: unwrapped(feature(atlas, land)),
    coast: open(mesh(atlas, countries, (a, b) => a === b)),
    borders: mesh(atlas, countries, (a, b) => a !== b),
    names: { type: 'FeatureCollection', features: feature(atlas, countries).features.flatMap(nameOf) },
  };
}

/** Degrees² of the largest part below which a country gets no name. */
const SMALLEST_NAMED = 0.4;

function nameOf(country: Feature): Feature<Point, CountryName>[] {
  const rings = outerRings(country).map((ring) => ({ ring, size: Math.abs(signedArea(ring)) }));
  const largest = rings.sort((a, b) => b.size - a.size)[0];
  if (!largest || largest.size < SMALLEST_NAMED || crossesSeam(largest.ring)) return [];
  const properties = {
    code: alpha2(String(country.id ?? '')),
    name: String(country.properties?.name ?? ''),
    rank: -largest.size,
  };
  return [{ type: 'Feature', properties, geometry: { type: 'Point', coordinates: centroid(largest.ring) } }];
}

function outerRings({ geometry }: Feature): Position[][] {
  const polygons: Polygon['coordinates'][] =
    geometry.type === 'Polygon'
      ? [geometry.coordinates]
      : geometry.type === 'MultiPolygon'
        ? geometry.coordinates
        : [];
  return polygons.flatMap((rings) => (rings[0] ? [rings[0]] : []));
}

function* edges(ring: Position[]): Generator<[number, number, number, number]> {
  for (let i = 1; i < ring.length; i += 1) {
    const [x0 = 0, y0 = 0] = ring[i - 1] ?? [];
    const [x1 = 0, y1 = 0] = ring[i] ?? [];
    yield [x0, y0, x1, y1];
  }
}

function signedArea(ring: Position[]): number {
  let twice = 0;
  for (const [x0, y0, x1, y1] of edges(ring)) twice += x0 * y1 - x1 * y0;
  return twice / 2;
}

/** Where a name is put: only a place for text, not a measurement. */
function centroid(ring: Position[]): [number, number] {
  let [x, y] = [0, 0];
  for (const [x0, y0, x1, y1] of edges(ring)) {
    const cross = x0 * y1 - x1 * y0;
    x += (x0 + x1) * cross;
    y += (y0 + y1) * cross;
  }
  const six = 6 * signedArea(ring);
  return [x / six, y / six];
}
