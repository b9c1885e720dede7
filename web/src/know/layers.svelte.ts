/** What is laid over the ground, how strongly, and whether at all. */
import { tilePath } from '../api/client';
import type { AnswerSummary, Bbox, Item } from '../api/types';
import type { OpenAnswer } from '../use/desk.svelte';
import { observedOf } from './observed';

export interface RasterLayer {
  id: string;
  kind: 'scene' | 'answer' | 'layer';
  /** For a scene, when it was seen: several may be laid over one another. */
  observed?: { start: string; end: string };
  name: string;
  tiles: string;
  tileJson: { collection: string; item: string; asset: string };
  /** How the reader wants it drawn; empty as the item has it. */
  query?: string;
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
  /** Links of the contact plan; off until the reader has looked at the plan. */
  contacts = $state(false);
  #contactsShown = false;

  /** The first look at the contact plan turns its links on; after that the reader's choice holds. */
  showContacts() {
    if (this.#contactsShown) return;
    this.#contactsShown = true;
    this.contacts = true;
  }

  /** Lays what the reader put together, without anything else. */
  lay(next: RasterLayer[], opacity: number) {
    this.rasters = next;
    this.shown = Object.fromEntries(next.map((layer) => [layer.id, { on: true, opacity }]));
  }

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
  return asset ? rasterLayer(kind, item, asset) : undefined;
}

/** An asset as a layer. Its id does not tell its style: another style is the same layer, drawn anew. */
export function rasterLayer(
  kind: RasterLayer['kind'],
  item: Item,
  asset: string,
  query?: string,
): RasterLayer {
  const place = { collection: item.collection, item: item.id, asset };
  return {
    id: `${kind}/${item.collection}/${item.id}/${asset}`,
    kind,
    name: item.id,
    observed: observedOf(item),
    tiles: `${tilePath(place.collection, place.item, asset)}/{z}/{x}/{y}.png${query ? `?${query}` : ''}`,
    tileJson: place,
    bounds: item.bbox,
    ...(query ? { query } : {}),
  };
}
