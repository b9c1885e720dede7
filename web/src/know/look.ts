/** How a layer can be drawn: what follows from the item's own metadata, and the query that asks for it. */
import type { Item, LegendClass, Product } from '../api/types';
import { type ColormapName, stops } from './colormap';

export interface Band {
  name?: string;
  description?: string;
  unit?: string;
  data_type?: string;
  'eo:common_name'?: string;
  'classification:classes'?: { value: number; description?: string; title?: string; color_hint?: string }[];
  statistics?: { minimum?: number; maximum?: number; mean?: number; stddev?: number };
}

export type Range = [low: number, high: number];

/** One thing to see in an item. */
export interface Choice {
  id: string;
  asset: string;
  kind: 'classes' | 'natural' | 'false' | 'index' | 'band' | 'own';
  /** The index, or the band. */
  name: string;
  /** Counted from 1. */
  bands: number[];
  bandNames: string[];
  expression?: string;
  unit?: string;
  range?: Range;
  colormap: ColormapName;
  classes?: LegendClass[];
}

export interface Look {
  choice: Choice;
  expression: string;
  colormap: ColormapName;
  range: Range | undefined;
}

/** Normalised differences of two bands by their common names, with the colours their readers expect. */
const INDICES: [name: string, plus: string, minus: string, colormap: ColormapName][] = [
  ['NDVI', 'nir', 'red', 'rdylgn'],
  ['NDWI', 'green', 'nir', 'rdbu'],
  ['MNDWI', 'green', 'swir16', 'rdbu'],
  ['NBR', 'nir', 'swir22', 'rdylgn'],
];
const DEVIATIONS = 2;
const OWN_BANDS_MAX = 32;

/** The mean and two deviations, within least and greatest, as the node stretches; an index has its own range. */
export function stretch({ statistics, unit }: Band): Range | undefined {
  const { minimum, maximum, mean, stddev } = statistics ?? {};
  if (minimum === undefined || maximum === undefined) return unit === '1' ? [-1, 1] : undefined;
  const range: Range =
    mean === undefined || stddev === undefined
      ? [minimum, maximum]
      : [Math.max(minimum, mean - DEVIATIONS * stddev), Math.min(maximum, mean + DEVIATIONS * stddev)];
  return range[0] < range[1] ? range : undefined;
}

function tiffs(item: Item): [key: string, bands: Band[]][] {
  return Object.entries(item.assets)
    .filter(([, asset]) => asset.type?.startsWith('image/tiff'))
    .map(([key, asset]) => [key, (asset.bands ?? []) as Band[]]);
}

function classesOf(key: string, [band]: Band[], item: Item, product: Product | undefined) {
  const own = band?.['classification:classes'];
  if (own)
    return own.map(({ value, title, description, color_hint }) => ({
      value,
      label: title ?? description ?? String(value),
      color: `#${(color_hint ?? '888888').replace('#', '')}`,
    }));
  if (key !== 'mask') return undefined;
  const written = item.properties['corridor:classes'] as LegendClass[] | undefined;
  return written ?? product?.style.classes;
}

/** Everything to see in an item; the first is what it is for. */
export function choices(item: Item, product: Product | undefined): Choice[] {
  const found: Choice[] = [];
  for (const [asset, bands] of tiffs(item)) {
    const classes = bands.length <= 1 ? classesOf(asset, bands, item, product) : undefined;
    const at = (common: string) => bands.findIndex((band) => band['eo:common_name'] === common) + 1;
    const add = (choice: Omit<Choice, 'id' | 'asset' | 'bandNames'>) => {
      const bandNames = choice.bands.map((number) => bands[number - 1]?.name ?? String(number));
      found.push({ ...choice, asset, bandNames, id: [asset, choice.kind, choice.name].join(' ') });
    };
    if (classes) {
      add({ kind: 'classes', name: asset, bands: [], classes, colormap: 'greys' });
      continue;
    }
    const [red, green, blue, nir] = ['red', 'green', 'blue', 'nir'].map(at) as [
      number,
      number,
      number,
      number,
    ];
    if (red && green && blue)
      add({ kind: 'natural', name: asset, bands: [red, green, blue], colormap: 'greys' });
    if (nir && red && green) add({ kind: 'false', name: asset, bands: [nir, red, green], colormap: 'greys' });
    for (const [name, plus, minus, colormap] of INDICES) {
      const [a, b] = [at(plus), at(minus)];
      if (!a || !b) continue;
      const expression = `(b${a}-b${b})/(b${a}+b${b})`;
      add({ kind: 'index', name, bands: [a, b], expression, range: [-1, 1], unit: '1', colormap });
    }
    for (const [index, band] of bands.entries()) {
      const range = stretch(band);
      const common = band['eo:common_name'];
      const name = [band.name ?? `b${index + 1}`, common && `(${common})`].filter(Boolean).join(' ');
      add({
        kind: 'band',
        name,
        bands: [index + 1],
        colormap: band.unit === '1' ? 'rdylgn' : 'greys',
        ...(range ? { range } : {}),
        ...(band.unit && band.unit !== '1' ? { unit: band.unit } : {}),
      });
    }
    if (bands.length > 1) {
      const numbers = bands.slice(0, OWN_BANDS_MAX).map((_, index) => index + 1);
      add({ kind: 'own', name: asset, bands: numbers, expression: 'b1', colormap: 'viridis' });
    }
  }
  const rank = { classes: 0, natural: 1, false: 2, index: 3, band: 4, own: 5 };
  return found.sort((a, b) => rank[a.kind] - rank[b.kind]);
}

/** Whether one number a pixel is drawn, which a colour map and a range belong to. */
export function isSingle({ kind }: Choice): boolean {
  return kind === 'index' || kind === 'band' || kind === 'own';
}

/** What is asked of the tiles. */
export function tileQuery({ choice, expression, colormap, range }: Look): string {
  const query = new URLSearchParams();
  if (choice.kind === 'classes') return '';
  if (choice.kind === 'own' || choice.kind === 'index')
    query.set('expression', choice.kind === 'own' ? expression : (choice.expression ?? ''));
  else query.set('bands', choice.bands.join(','));
  if (range) query.set('rescale', range.join(','));
  if (isSingle(choice) && colormap !== 'greys') query.set('colormap', JSON.stringify(stops(colormap)));
  return query.toString();
}

/** Two typed numbers as a range; nothing where they are not one. */
export function readRange(low: string, high: string): Range | undefined {
  const [a, b] = [low, high].map((text) =>
    text.trim() === '' ? Number.NaN : Number(text.trim().replace(',', '.')),
  ) as [number, number];
  return Number.isFinite(a) && Number.isFinite(b) && a < b ? [a, b] : undefined;
}
