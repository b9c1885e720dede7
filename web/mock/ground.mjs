/** A made-up coast and forest to paint fixtures with; nothing here is a measurement. */
import { png } from './png.mjs';

export const AREAS = {
  olinda: { bbox: [-34.916, -8.041, -34.826, -7.951] },
  carpathian: { bbox: [24.548, 47.412, 24.562, 47.422] },
};

const wave = (x, y) =>
  Math.sin(x * 7.3 + Math.sin(y * 5.1) * 1.3) * 0.5 +
  Math.sin(y * 11.7 + x * 3.1) * 0.3 +
  Math.sin((x + y) * 23) * 0.2;

/** Place in a box as fractions from the north-west corner, or undefined outside it. */
function fraction([west, south, east, north], lon, lat) {
  const x = (lon - west) / (east - west);
  const y = (north - lat) / (north - south);
  return x < 0 || x > 1 || y < 0 || y > 1 ? undefined : [x, y];
}

function isSea(x, y) {
  const coast = 0.62 + 0.07 * Math.sin(y * 5) + 0.02 * Math.sin(y * 23);
  const river = Math.abs(y - 0.45 - 0.12 * Math.sin(x * 6)) < 0.012 + 0.03 * x * x;
  return x > coast || (river && x > 0.15);
}

function isNodata(x, y) {
  return x + y < 0.09 || x - y > 0.94;
}

export function paint(kind, area, lon, lat) {
  const place = fraction(AREAS[area].bbox, lon, lat);
  if (!place || isNodata(...place)) return [0, 0, 0, 0];
  const [x, y] = place;
  const n = wave(x * 6, y * 6) * 0.5 + wave(x * 31, y * 29) * 0.25;
  if (area === 'olinda') {
    const sea = isSea(x, y);
    if (kind === 'mask') return sea ? [30, 136, 229, 255] : [0, 0, 0, 0];
    if (sea) return [18 + n * 8, 62 + n * 12 + (1 - x) * 40, 88 + n * 14 + (1 - x) * 30, 255];
    const town = wave(x * 13, y * 17) > 0.05 && x > 0.25;
    return town
      ? [150 + n * 60, 142 + n * 55, 130 + n * 50, 255]
      : [70 + n * 40, 104 + n * 40, 58 + n * 25, 255];
  }
  const cleared = wave(x * 3 + 2, y * 3) > 0.42;
  if (kind === 'mask') return cleared ? [230, 81, 0, 255] : [0, 0, 0, 0];
  if (kind === 'before') return [32 + n * 22, 66 + n * 30, 34 + n * 18, 255];
  return cleared
    ? [140 + n * 40, 118 + n * 34, 84 + n * 26, 255]
    : [34 + n * 22, 70 + n * 30, 36 + n * 18, 255];
}

const TILE_SIZE = 256;

/** A tile; `restyle` turns its colours into others. */
export function tile(kind, area, z, x, y, restyle = (rgba) => rgba) {
  const scale = 2 ** z;
  const lonOf = (px) => ((x + px / TILE_SIZE) / scale) * 360 - 180;
  const latOf = (py) => {
    const n = Math.PI * (1 - (2 * (y + py / TILE_SIZE)) / scale);
    return (Math.atan(Math.sinh(n)) * 180) / Math.PI;
  };
  return png(TILE_SIZE, (px, py) => clamp(restyle(paint(kind, area, lonOf(px), latOf(py)))));
}

/** Colours as a query asks for them: one number a pixel, made up from its colours, through a ramp. */
export function restyled(query) {
  const single =
    query.get('expression') ?? (query.get('bands')?.includes(',') === false && query.get('bands'));
  if (!single) return undefined;
  const [low, high] = query.get('rescale')?.split(',').map(Number) ?? [-1, 1];
  const ramp = JSON.parse(query.get('colormap') ?? '[[0,"#000000"],[1,"#ffffff"]]').map(([at, colour]) => [
    at,
    [1, 3, 5].map((digit) => Number.parseInt(colour.slice(digit, digit + 2), 16)),
  ]);
  const index = query.has('expression') || high <= 1;
  return ([r, g, b, a]) => {
    if (!a) return [0, 0, 0, 0];
    const value = index ? (2 * g - r - b) / (2 * g + r + b) : g;
    const share = Math.max(0, Math.min(1, (value - low) / (high - low)));
    const next = Math.max(
      1,
      ramp.findIndex(([at]) => at >= share),
    );
    const [[from, dark], [to, light]] = [ramp[next - 1], ramp[next]];
    const part = (share - from) / (to - from);
    return [...dark.map((channel, i) => channel + (light[i] - channel) * part), 255];
  };
}

export function picture(area, size = 512) {
  const [west, south, east, north] = AREAS[area].bbox;
  return png(size, (px, py) => {
    const lon = west + (px / size) * (east - west);
    const lat = north - (py / size) * (north - south);
    const mask = paint('mask', area, lon, lat);
    const ground = paint('scene', area, lon, lat);
    return clamp(mask[3] ? mask.map((v, i) => (i === 3 ? 255 : v * 0.75 + ground[i] * 0.25)) : ground);
  });
}

const clamp = (rgba) => rgba.map((v) => Math.max(0, Math.min(255, Math.round(v))));
