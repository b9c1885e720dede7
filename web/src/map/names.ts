/**
 * Country names in the reader's language, drawn by the browser: it knows every script and its direction,
 * and no glyph file is needed. Each name becomes one image that the map asks for when it needs it.
 */
import type { FeatureCollection, Point } from 'geojson';
import type { Map as Globe } from 'maplibre-gl';
import type { CountryName } from './basemap';
import type { Palette } from './palette';

const PREFIX = 'name';
const FONT_PX = 12.5;
const MARGIN_PX = 4;

export function localised(
  names: FeatureCollection<Point, CountryName>,
  language: string,
  colours: Palette,
): FeatureCollection<Point> {
  const regions = new Intl.DisplayNames(language, { type: 'region' });
  return {
    type: 'FeatureCollection',
    features: names.features.map((feature) => {
      const { code, name, rank } = feature.properties;
      const text = (code && regions.of(code)) || name;
      return { ...feature, properties: { rank, image: [PREFIX, colours.name, text].join('\n') } };
    }),
  };
}

/** Draws a name when the map misses its image. */
export function drawMissing(globe: Globe, id: string, colours: Palette) {
  const [prefix, , text] = id.split('\n');
  if (prefix !== PREFIX || !text || globe.hasImage(id)) return;
  const image = draw(text, colours);
  if (image) globe.addImage(id, image.data, { pixelRatio: image.ratio });
}

function draw(text: string, colours: Palette) {
  const ratio = Math.ceil(window.devicePixelRatio || 1);
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return undefined;
  const font = `500 ${FONT_PX}px ${getComputedStyle(document.body).fontFamily}`;
  context.font = font;
  canvas.width = Math.ceil(context.measureText(text).width + 2 * MARGIN_PX) * ratio;
  canvas.height = Math.ceil(FONT_PX * 1.5 + 2 * MARGIN_PX) * ratio;
  context.scale(ratio, ratio);
  context.font = font;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const [x, y] = [canvas.width / ratio / 2, canvas.height / ratio / 2];
  context.lineJoin = 'round';
  context.lineWidth = 3;
  context.strokeStyle = colours.halo;
  context.strokeText(text, x, y);
  context.fillStyle = colours.label;
  context.fillText(text, x, y);
  return { data: context.getImageData(0, 0, canvas.width, canvas.height), ratio };
}
