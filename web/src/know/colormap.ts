/**
 * Colour maps as stops. The page sends the stops themselves with its tiles, so that the legend and the tiles are
 * drawn from the same colours. Viridis to turbo: the colour maps of those names (CC0, matplotlib; Apache-2.0,
 * turbo) at equal steps; the others: ColorBrewer 2.0 (Apache-2.0).
 */
export const COLORMAPS = {
  greys: ['#000000', '#ffffff'],
  viridis: [
    '#440154',
    '#482878',
    '#3e4989',
    '#31688e',
    '#26828e',
    '#1f9e89',
    '#35b779',
    '#6ece58',
    '#b5de2b',
    '#fde725',
  ],
  magma: [
    '#000004',
    '#180f3d',
    '#440f76',
    '#721f81',
    '#9e2f7f',
    '#cd4071',
    '#f1605d',
    '#fd9668',
    '#feca8d',
    '#fcfdbf',
  ],
  cividis: [
    '#00224e',
    '#123570',
    '#3b496c',
    '#575d6d',
    '#707173',
    '#8a8678',
    '#a59c74',
    '#c3b369',
    '#e1cc55',
    '#fee838',
  ],
  turbo: ['#30123b', '#4675ed', '#1bcfd4', '#61fc6c', '#d1e834', '#fe9b2d', '#d93806', '#7a0403'],
  rdylgn: [
    '#a50026',
    '#d73027',
    '#f46d43',
    '#fdae61',
    '#fee08b',
    '#ffffbf',
    '#d9ef8b',
    '#a6d96a',
    '#66bd63',
    '#1a9850',
    '#006837',
  ],
  rdbu: [
    '#67001f',
    '#b2182b',
    '#d6604d',
    '#f4a582',
    '#fddbc7',
    '#f7f7f7',
    '#d1e5f0',
    '#92c5de',
    '#4393c3',
    '#2166ac',
    '#053061',
  ],
  brbg: [
    '#543005',
    '#8c510a',
    '#bf812d',
    '#dfc27d',
    '#f6e8c3',
    '#f5f5f5',
    '#c7eae5',
    '#80cdc1',
    '#35978f',
    '#01665e',
    '#003c30',
  ],
  blues: ['#f7fbff', '#deebf7', '#c6dbef', '#9ecae1', '#6baed6', '#4292c6', '#2171b5', '#08519c', '#08306b'],
  ylorrd: ['#ffffcc', '#ffeda0', '#fed976', '#feb24c', '#fd8d3c', '#fc4e2a', '#e31a1c', '#bd0026', '#800026'],
} as const;

export type ColormapName = keyof typeof COLORMAPS;
export const COLORMAP_NAMES = Object.keys(COLORMAPS) as ColormapName[];

/** Positions from 0 to 1 with their colours, as the tiles take them. */
export function stops(name: ColormapName): [number, string][] {
  const colours = COLORMAPS[name];
  const last = colours.length - 1;
  return colours.map((colour, index) => [Math.round((index / last) * 1e4) / 1e4, colour]);
}

/** The colours as a background, from the least at the side where reading starts. */
export function ramp(name: ColormapName, direction: 'ltr' | 'rtl'): string {
  return `linear-gradient(to ${direction === 'rtl' ? 'left' : 'right'}, ${COLORMAPS[name].join(', ')})`;
}
