/** What is laid over the ground, how strongly, and whether at all. */
import { tilePath } from '../api/client';
import type { AnswerSummary, Bbox, Item } from '../api/types';
import type { OpenAnswer } from '../use/desk.svelte';

export interface RasterLayer {
  id: string;
  kind: 'scene' | 'answer';
  /** For a scene, when it was seen: several may be laid over one another. */
  observed?: { start: string; end: string };
  name: string;
  tiles: string;
  tileJson: { collection: string; item: string; asset: string };
  bounds: Bbox;
}

export interface Shown {
  on: boolean;
  opacity: number;
}

const NEWEST_SCENE: Shown = { on: true, opacity: 1 };
const OLDER_SCENE: Shown = { on: false, opacity: 1 };
const ANSWER: Shown = { on: true, opacity: 0.75 };

class Layers {
  rasters = $state.raw<RasterLayer[]>([]);
  shown = $state<Record<string, Shown>>({});
  polygons = $state(true);
  satellites = $state(true);
  stations = $state(true);
  names = $state(true);
  footprints = $state(true);
  revisit = $state(false);

  /** Lays the answer over its scenes, the newest scene on top of the older ones. */
  open(answer: OpenAnswer | undefined) {
    const next = answer ? rasters(answer) : [];
    const scenes = next.filter((layer) => layer.kind === 'scene');
    this.rasters = next;
    this.shown = Object.fromEntries(
      next.map((layer) => [
        layer.id,
        { ...(layer.kind === 'answer' ? ANSWER : layer === scenes.at(-1) ? NEWEST_SCENE : OLDER_SCENE) },
      ]),
    );
  }
}

export const layers = new Layers();

export function observedOf(item: Item): { start: string; end: string } {
  const text = (key: string) => {
    const value = item.properties[key];
    return typeof value === 'string' ? value : undefined;
  };
  const at = text('datetime');
  return {
    start: text('start_datetime') ?? at ?? '',
    end: text('end_datetime') ?? at ?? '',
  };
}

/** When an answer's pixels were observed, in the reader's dates; in the node's words where it has no dates. */
export function observedText(
  { observed, observed_start, observed_end }: AnswerSummary,
  format: (start: string, end: string) => string,
): string {
  return observed_start && observed_end ? format(observed_start, observed_end) : observed;
}

export function isReplay(items: Item[]): boolean {
  return items.some((item) => item.properties['corridor:replay'] === true);
}

/** The first raster of an item that can be drawn; a scene may hold a file a band or one for all. */
export function rasterAsset(item: Item): string | undefined {
  const isTiff = ([, asset]: [string, { type?: string }]) => asset.type?.startsWith('image/tiff') ?? false;
  const tiffs = Object.entries(item.assets).filter(isTiff);
  const drawn =
    tiffs.find(([, asset]) => asset.roles?.includes('visual')) ?? tiffs.find(([key]) => key === 'mask');
  return (drawn ?? tiffs[0])?.[0];
}

function rasters({ item, scenes }: OpenAnswer): RasterLayer[] {
  const ordered = [...scenes].sort((a, b) => observedOf(a).end.localeCompare(observedOf(b).end));
  return [...ordered.map((scene) => raster('scene', scene)), raster('answer', item)].filter(
    (layer) => layer !== undefined,
  );
}

function raster(kind: RasterLayer['kind'], item: Item): RasterLayer | undefined {
  const asset = rasterAsset(item);
  if (!asset) return undefined;
  const place = { collection: item.collection, item: item.id, asset };
  return {
    id: `${kind}/${item.collection}/${item.id}/${asset}`,
    kind,
    name: item.id,
    observed: observedOf(item),
    tiles: `${tilePath(place.collection, place.item, asset)}/{z}/{x}/{y}.png`,
    tileJson: place,
    bounds: item.bbox,
  };
}
