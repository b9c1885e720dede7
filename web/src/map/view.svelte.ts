/** What panels may ask of the globe, without holding the map itself. */
import type { FeatureCollection } from 'geojson';
import type { Bbox, Watch } from '../api/types';

export interface Insets {
  top: number;
  right: number;
  bottom: number;
  left: number;
}

class View {
  /** The reader is drawing an area. */
  drawing = $state(false);
  /** The area drawn or typed so far. */
  draft = $state.raw<Bbox | undefined>();
  /** Ground that the next windows of the open watch take in. */
  footprints = $state.raw<FeatureCollection | undefined>();
  /** Cells of the revisit map, each with the number of its class. */
  revisit = $state.raw<FeatureCollection | undefined>();
  /** What panels cover, in pixels. */
  insets = $state.raw<Insets>({ top: 0, right: 0, bottom: 0, left: 0 });
  /** Where the map looks, for another that looks with it. */
  camera = $state.raw<{ center: [number, number]; zoom: number; padding: Insets } | undefined>();
  /** Metres on the ground a pixel of the map's middle is wide. */
  metresPerPx = $state(0);
  /** The last thing asked to be looked at; a new object each time. */
  target = $state.raw<{ bbox: Bbox; close: boolean } | undefined>();

  /** Turns the globe to an area: `close` fills the view with it, otherwise it is seen from orbit height. */
  lookAt(bbox: Bbox, close: boolean) {
    this.target = { bbox, close };
  }
}

export const view = new View();

/** Middle of a box, over the antimeridian where west is greater than east. */
export function middle([west, south, east, north]: Bbox): [number, number] {
  const span = east >= west ? east - west : east + 360 - west;
  const lon = west + span / 2;
  return [lon > 180 ? lon - 360 : lon, (south + north) / 2];
}

/** The box as a polygon; over the antimeridian as two, as GeoJSON has it. */
export function boxArea([west, south, east, north]: Bbox): GeoJSON.Polygon | GeoJSON.MultiPolygon {
  const ring = (w: number, e: number) => [
    [
      [w, south],
      [e, south],
      [e, north],
      [w, north],
      [w, south],
    ],
  ];
  if (west <= east) return { type: 'Polygon', coordinates: ring(west, east) };
  return { type: 'MultiPolygon', coordinates: [ring(west, 180), ring(-180, east)] };
}

/** The areas of watches, the open one marked. */
export function watchAreas(watches: Watch[], open: string | undefined): FeatureCollection {
  return {
    type: 'FeatureCollection',
    features: watches.map(({ id, name, area }) => ({
      type: 'Feature',
      properties: { name, open: id === open },
      geometry: area,
    })),
  };
}
