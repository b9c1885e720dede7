/** The map's style: Natural Earth under the watch, its scenes and its answer. Nothing is fetched but data. */
import type { GeoJSON } from 'geojson';
import type { ExpressionSpecification, Map as Globe, StyleSpecification } from 'maplibre-gl';
import { graticule } from './graticule';
import { type Palette, REVISIT } from './palette';

const EMPTY: GeoJSON = { type: 'FeatureCollection', features: [] };
const geojson = (data: GeoJSON = EMPTY, tolerance = 0.3) => ({ type: 'geojson' as const, data, tolerance });

/** Rasters go under this layer. */
export const ABOVE_RASTERS = 'polygons-fill';

const REVISIT_COLOUR = [
  'match',
  ['get', 'class'],
  ...REVISIT.flatMap((colour, k) => [k, colour]),
  'transparent',
] as unknown as ExpressionSpecification;

export function style(colours: Palette): StyleSpecification {
  return {
    version: 8,
    projection: { type: 'globe' },
    sky: sky(colours),
    // The light stands behind the reader, so that the air shines evenly around the globe.
    light: { anchor: 'viewport', position: [1.5, 0, 0] },
    sources: {
      land: geojson(),
      coast: geojson(),
      borders: geojson(),
      names: geojson(),
      graticule: geojson(graticule(), 0),
      watches: geojson(EMPTY, 0),
      revisit: geojson(EMPTY, 0),
      footprints: geojson(EMPTY, 0),
      polygons: geojson(EMPTY, 0.1),
      draft: geojson(EMPTY, 0),
    },
    layers: [
      { id: 'ocean', type: 'background', paint: { 'background-color': colours.ocean } },
      {
        id: 'land',
        type: 'fill',
        source: 'land',
        paint: { 'fill-color': colours.land, 'fill-antialias': false, 'fill-opacity': faded(1, 0.3) },
      },
      {
        id: 'graticule',
        type: 'line',
        source: 'graticule',
        paint: { 'line-color': colours.graticule, 'line-width': 1 },
      },
      {
        id: 'borders',
        type: 'line',
        source: 'borders',
        paint: {
          'line-color': colours.border,
          'line-width': ['interpolate', ['linear'], ['zoom'], 1, 0.5, 8, 1.4],
        },
      },
      {
        id: 'coast',
        type: 'line',
        source: 'coast',
        paint: {
          'line-opacity': faded(1, 0.15),
          'line-color': colours.coast,
          'line-width': ['interpolate', ['linear'], ['zoom'], 1, 0.6, 8, 1.4],
        },
      },
      {
        id: 'revisit-fill',
        type: 'fill',
        source: 'revisit',
        paint: {
          'fill-color': REVISIT_COLOUR,
          'fill-opacity': 0.5,
          'fill-antialias': false,
        },
      },
      {
        id: 'footprints-fill',
        type: 'fill',
        source: 'footprints',
        paint: {
          'fill-color': ['case', ['get', 'planned'], colours.planned, colours.footprint],
          'fill-opacity': faded(0.07, 0),
        },
      },
      {
        id: 'footprints-line',
        type: 'line',
        source: 'footprints',
        filter: ['!', ['get', 'planned']],
        paint: { 'line-color': colours.footprint, 'line-width': 1.4, 'line-opacity': faded(0.9, 0.2) },
      },
      {
        id: 'footprints-planned',
        type: 'line',
        source: 'footprints',
        filter: ['get', 'planned'],
        paint: {
          'line-color': colours.planned,
          'line-width': 1.4,
          'line-opacity': faded(0.9, 0.2),
          'line-dasharray': [2, 2],
        },
      },
      {
        id: 'polygons-fill',
        type: 'fill',
        source: 'polygons',
        paint: { 'fill-color': colours.polygon, 'fill-opacity': 0.12 },
      },
      {
        id: 'polygons-line',
        type: 'line',
        source: 'polygons',
        paint: { 'line-color': colours.polygon, 'line-width': 1.5 },
      },
      {
        id: 'watches-fill',
        type: 'fill',
        source: 'watches',
        paint: {
          'fill-color': colours.watch,
          'fill-opacity': ['interpolate', ['linear'], ['zoom'], 6, 0.25, 9, 0],
        },
      },
      {
        id: 'watches-line',
        type: 'line',
        source: 'watches',
        paint: { 'line-color': colours.watch, 'line-width': ['case', ['get', 'open'], 2.5, 1.5] },
      },
      {
        id: 'draft-fill',
        type: 'fill',
        source: 'draft',
        paint: { 'fill-color': colours.picked, 'fill-opacity': 0.18 },
      },
      {
        id: 'draft-line',
        type: 'line',
        source: 'draft',
        paint: { 'line-color': colours.picked, 'line-width': 2, 'line-dasharray': [2, 1.5] },
      },
      {
        id: 'names',
        type: 'symbol',
        source: 'names',
        layout: {
          'icon-image': ['get', 'image'],
          'symbol-sort-key': ['get', 'rank'],
          'icon-padding': 6,
        },
        minzoom: 1.2,
      },
    ],
  };
}

/** Close by, the atlas is coarser than the scene on it: it steps back rather than claim a coast where none is. */
function faded(far: number, near: number): ExpressionSpecification {
  return ['interpolate', ['linear'], ['zoom'], 7, far, 10.5, near];
}

function sky(colours: Palette) {
  return {
    'sky-color': colours.sky,
    'horizon-color': colours.sky,
    'atmosphere-blend': ['interpolate', ['linear'], ['zoom'], 0, 0.9, 4, 0.6, 6, 0] as const,
  } as NonNullable<StyleSpecification['sky']>;
}

/** Repaints the standing layers after the reader's colour scheme changed. */
export function repaint(globe: Globe, colours: Palette) {
  const next = style(colours);
  globe.setSky(next.sky ?? {});
  for (const layer of next.layers) {
    for (const [name, value] of Object.entries(layer.paint ?? {})) {
      globe.setPaintProperty(layer.id, name as 'fill-color', value);
    }
  }
}
