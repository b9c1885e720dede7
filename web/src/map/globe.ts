/** The map itself: made once, told what to show, and the source of the matrix the overlay draws with. */
import {
  type CustomLayerInterface,
  type GeoJSONSource,
  Map as MapLibre,
  type MapOptions,
  Marker,
  setWorkerUrl,
} from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import 'maplibre-gl/dist/maplibre-gl.css';
import type { FeatureCollection, Geometry } from 'geojson';
import type { Bbox, Watch } from '../api/types';
import * as basemap from './basemap';
import { drawMissing, localised } from './names';
import type { Palette } from './palette';
import type { View } from './sphere';
import { repaint, style } from './style';
import { type Insets, middle } from './view.svelte';

/** Part of the free view that the whole globe fills. */
const GLOBE_FILL = 0.84;
const TILE_PX = 512;
/** MapLibre's camera stands this many view heights from the ground it looks at. */
const CAMERA_HEIGHTS = 1.5;
const CLOSE_MAX_ZOOM = 14;
const CLOSE_PADDING_PX = 48;
const TURN_MS = 1600;
const NAMES_UNTIL_ZOOM = 8;

export class Globe {
  readonly map: MapLibre;
  view: View | undefined;
  #colours: Palette;
  #language = 'en';
  #basemap: basemap.Basemap | undefined;
  #ready = false;
  #placed = false;
  #container: HTMLElement;
  #markers = new Map<string, Marker>();

  constructor(container: HTMLElement, colours: Palette, locale: MapOptions['locale']) {
    this.#colours = colours;
    this.#container = container;
    // The worker is a file of the page; no blob is needed and `worker-src 'self'` is enough.
    setWorkerUrl(new URL(workerUrl, document.baseURI).href);
    this.map = new MapLibre({
      container,
      style: style(colours),
      center: [-18, 8],
      zoom: this.globeZoom(8, { width: container.clientWidth, height: container.clientHeight }),
      maxZoom: 17,
      maxPitch: 0,
      dragRotate: false,
      attributionControl: false,
      fadeDuration: 120,
      locale,
      canvasContextAttributes: { antialias: true },
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.setMissingStyleImageResolver((id) => drawMissing(this.map, id, this.#colours));
    // A tile outside the picture is not there, which is no fault of the map's.
    this.map.on('error', () => undefined);
    // Close by, the outline of the area says where it is, and a name would lie on the answer.
    this.map.on('zoom', () => container.classList.toggle('close', this.map.getZoom() > NAMES_UNTIL_ZOOM));
    this.whenReady(() => this.map.addLayer(this.#probe()));
    void basemap.load().then((data) => this.#setBasemap(data), ignore);
  }

  /** Draws nothing; it learns how the globe is projected in this frame. */
  #probe(): CustomLayerInterface {
    return {
      id: 'probe',
      type: 'custom',
      render: (_gl, { defaultProjectionData: data }) => {
        const { clientWidth: width, clientHeight: height } = this.map.getCanvas();
        this.view =
          data.projectionTransition > 0.999
            ? { matrix: data.mainMatrix, horizon: data.clippingPlane, width, height }
            : undefined;
      },
    };
  }

  /** Runs `act` once the style is there to be changed. */
  whenReady(act: () => void) {
    if (this.#ready) act();
    else
      this.map.once('style.load', () => {
        this.#ready = true;
        act();
      });
  }

  set(source: string, data: FeatureCollection) {
    this.whenReady(() => void (this.map.getSource(source) as GeoJSONSource | undefined)?.setData(data));
  }

  recolour(colours: Palette) {
    this.#colours = colours;
    repaint(this.map, colours);
    this.#setNames();
  }

  speak(language: string) {
    this.#language = language;
    this.#setNames();
  }

  showNames(on: boolean) {
    this.whenReady(() => this.map.setLayoutProperty('names', 'visibility', on ? 'visible' : 'none'));
  }

  #setNames() {
    if (this.#basemap) this.set('names', localised(this.#basemap.names, this.#language, this.#colours));
  }

  #setBasemap(data: basemap.Basemap) {
    this.#basemap = data;
    this.set('land', data.land);
    this.set('coast', collection(data.coast));
    this.set('borders', collection(data.borders));
    this.#setNames();
  }

  /** A named point for every watch, as a link; the areas themselves are a source. */
  mark(watches: Watch[], open: string | undefined, hrefOf: (id: string) => string) {
    for (const marker of this.#markers.values()) marker.remove();
    this.#markers.clear();
    for (const watch of watches) {
      const element = document.createElement('div');
      element.className = 'watch-marker';
      const link = document.createElement('a');
      link.href = hrefOf(watch.id);
      link.textContent = watch.name;
      link.dir = 'auto';
      if (watch.id === open) link.setAttribute('aria-current', 'true');
      element.append(link);
      const marker = new Marker({ element, anchor: 'left', opacityWhenCovered: '0' });
      this.#markers.set(watch.id, marker.setLngLat(middle(watch.bbox)).addTo(this.map));
    }
  }

  /**
   * The zoom at which the whole globe fits into the free part of the view. The camera stands 1.5 view heights
   * from the ground, so that the limb is seen a little inside the sphere's true radius.
   */
  globeZoom(lat: number, free: { width: number; height: number }): number {
    const limb = (Math.max(160, Math.min(free.width, free.height)) * GLOBE_FILL) / 2;
    const camera = CAMERA_HEIGHTS * Math.max(1, this.#container.clientHeight);
    const radius = (limb ** 2 + limb * Math.hypot(limb, camera)) / camera;
    return Math.log2((2 * Math.PI * radius * Math.cos((lat * Math.PI) / 180)) / TILE_PX);
  }

  /** Keeps the middle of the globe in the middle of what panels leave free. */
  inset(insets: Insets) {
    if (!this.#placed) {
      this.#placed = true;
      const lat = this.map.getCenter().lat;
      this.map.jumpTo({ padding: insets, zoom: this.globeZoom(lat, this.#free(insets)) });
    } else if (this.map.isMoving())
      this.map.once('moveend', () => this.map.easeTo({ padding: insets, duration: 250 }));
    else this.map.easeTo({ padding: insets, duration: 250 });
  }

  #free(insets: Insets) {
    const { clientWidth, clientHeight } = this.#container;
    return {
      width: clientWidth - insets.left - insets.right,
      height: clientHeight - insets.top - insets.bottom,
    };
  }

  lookAt(bbox: Bbox, close: boolean, insets: Insets) {
    if (close) {
      const [west, south, east, north] = bbox;
      this.map.setPadding(insets);
      this.map.fitBounds([west, south, east < west ? east + 360 : east, north], {
        padding: CLOSE_PADDING_PX,
        maxZoom: CLOSE_MAX_ZOOM,
        duration: TURN_MS,
      });
      return;
    }
    const [lon, lat] = middle(bbox);
    // The area is a little off the middle, so that the pole, where passes meet, stays in view.
    const shown = lat * 0.75;
    const zoom = this.globeZoom(shown, this.#free(insets));
    this.map.easeTo({ center: [lon, shown], zoom, padding: insets, duration: TURN_MS });
  }
}

function collection(geometry: Geometry): FeatureCollection {
  return { type: 'FeatureCollection', features: [{ type: 'Feature', properties: {}, geometry }] };
}

function ignore() {
  // Without its basemap the globe still shows graticule, areas and layers.
}
