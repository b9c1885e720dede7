/** Keeps the map's raster layers the same as the reader's list of layers. */
import type { Map as Globe, RasterTileSource } from 'maplibre-gl';
import { api } from '../api/client';
import type { RasterLayer, Shown } from '../know/layers.svelte';
import { ABOVE_RASTERS } from './style';

const TILE_SIZE = 256;
const FADE_MS = 200;

export class Rasters {
  #drawn = new Set<string>();
  #tiles = new Map<string, Set<string>>();
  #addresses = new Map<string, string>();

  constructor(
    private readonly globe: Globe,
    private readonly onTiles: (answerTiles: number) => void,
  ) {
    globe.on('sourcedata', (event) => this.#count(event));
  }

  sync(wanted: RasterLayer[], shown: Record<string, Shown>) {
    const ids = new Set(wanted.map((layer) => layer.id));
    for (const id of this.#drawn) if (!ids.has(id)) this.#remove(id);
    for (const layer of wanted) {
      if (!this.#drawn.has(layer.id)) void this.#add(layer, wanted, shown);
      else {
        this.#paint(layer.id, shown[layer.id]);
        this.#restyle(layer);
      }
    }
  }

  async #add(layer: RasterLayer, wanted: RasterLayer[], shown: Record<string, Shown>) {
    this.#drawn.add(layer.id);
    this.#addresses.set(layer.id, layer.tiles);
    const { collection, item, asset } = layer.tileJson;
    // The zooms and bounds of the file; without them the item's own bounds do.
    const info = await api.tileJson(collection, item, asset).catch(() => undefined);
    if (!this.#drawn.has(layer.id) || this.globe.getSource(layer.id)) return;
    this.globe.addSource(layer.id, {
      type: 'raster',
      tiles: [this.#addresses.get(layer.id) ?? layer.tiles],
      tileSize: TILE_SIZE,
      bounds: info?.bounds ?? layer.bounds,
      ...(info?.minzoom === undefined ? {} : { minzoom: info.minzoom }),
      ...(info?.maxzoom === undefined ? {} : { maxzoom: info.maxzoom }),
    });
    const above = wanted.slice(wanted.indexOf(layer) + 1).find((one) => this.globe.getLayer(one.id));
    this.globe.addLayer(
      {
        id: layer.id,
        type: 'raster',
        source: layer.id,
        paint: {
          'raster-fade-duration': FADE_MS,
          'raster-resampling': layer.kind === 'scene' ? 'linear' : 'nearest',
        },
      },
      above?.id ?? ABOVE_RASTERS,
    );
    this.#paint(layer.id, shown[layer.id]);
  }

  /** The same layer in another style: its tiles are fetched anew. */
  #restyle({ id, tiles }: RasterLayer) {
    if (this.#addresses.get(id) === tiles) return;
    this.#addresses.set(id, tiles);
    const source = this.globe.getSource(id) as RasterTileSource | undefined;
    source?.setTiles([tiles]);
  }

  #paint(id: string, shown: Shown | undefined) {
    if (!this.globe.getLayer(id)) return;
    this.globe.setPaintProperty(id, 'raster-opacity', shown?.opacity ?? 1);
    this.globe.setLayoutProperty(id, 'visibility', shown?.on ? 'visible' : 'none');
  }

  #remove(id: string) {
    this.#drawn.delete(id);
    this.#addresses.delete(id);
    this.#tiles.delete(id);
    if (this.globe.getLayer(id)) this.globe.removeLayer(id);
    if (this.globe.getSource(id)) this.globe.removeSource(id);
    this.#report();
  }

  #count(event: { sourceId?: string; tile?: unknown }) {
    const id = event.sourceId;
    const tile = event.tile as { state?: string; tileID?: { key?: string } } | undefined;
    if (!id || !this.#drawn.has(id) || tile?.state !== 'loaded' || !tile.tileID?.key) return;
    const seen = this.#tiles.get(id) ?? new Set();
    this.#tiles.set(id, seen.add(tile.tileID.key));
    this.#report();
  }

  #report() {
    let count = 0;
    for (const [id, tiles] of this.#tiles) if (!id.startsWith('scene/')) count += tiles.size;
    this.onTiles(count);
  }
}
