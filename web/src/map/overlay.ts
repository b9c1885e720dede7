/** What flies and what listens, drawn over the globe: satellites at their height, their way, stations, links. */
import type { SatelliteNow } from '../sense/track';
import type { Path } from '../sense/tracks';
import type { Link } from '../transmit/link';
import type { Palette } from './palette';
import { camera, hidden, onSphere, type Pixel, type Point3, project, type View } from './sphere';
import { craft, dot, Labels, station } from './sprite';

/** Between these zooms satellites sink to the ground, so that close by one sees what they fly over. */
const SINK_FROM_ZOOM = 3.5;
const SINK_TO_ZOOM = 6;
const STATION_NAMES_FROM_ZOOM = 3.4;
/** A click this near a sign is meant for it. */
const REACH_PX = 14;

export interface Sky {
  satellites: SatelliteNow[];
  named: ReadonlySet<string>;
  picked: string | undefined;
  path: Path | undefined;
  links: Link[];
  /** How far dashes have moved along the links that carry something, pixels; 0 where nothing may move. */
  flow: number;
  stations: { name: string; lon: number; lat: number }[];
  time_ms: number;
  plannedWord: string;
}

export class Overlay {
  #context: CanvasRenderingContext2D | null;
  #hits: { name: string; at: Pixel }[] = [];

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.#context = canvas.getContext('2d');
  }

  /** The satellite under a pixel. */
  hit({ x, y }: Pixel): string | undefined {
    let best: { name: string; distance: number } | undefined;
    for (const { name, at } of this.#hits) {
      const distance = Math.hypot(at.x - x, at.y - y);
      if (distance < REACH_PX && distance < (best?.distance ?? REACH_PX)) best = { name, distance };
    }
    return best?.name;
  }

  draw(view: View, zoom: number, sky: Sky, colours: Palette) {
    const context = this.#context;
    const eye = camera(view);
    if (!context || !eye) return;
    const ratio = window.devicePixelRatio || 1;
    resize(this.canvas, view, ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, view.width, view.height);
    const rise = 1 - Math.min(1, Math.max(0, (zoom - SINK_FROM_ZOOM) / (SINK_TO_ZOOM - SINK_FROM_ZOOM)));
    const see = (point: Point3) => (hidden(eye, point) ? undefined : project(view, point));
    const labels = new Labels(context, colours, getComputedStyle(document.body).fontFamily);
    this.#hits = [];

    drawAir(context, view, eye, zoom, colours);
    if (sky.path) drawPath(context, sky.path, sky.time_ms, rise, see, colours);
    this.#drawLinks(context, sky, rise, see, colours);
    const busy = new Set(sky.links.filter(({ use }) => use !== 'free').map((link) => link.station));
    for (const { name, lon, lat } of sky.stations) {
      const at = see(onSphere(lon, lat));
      if (!at) continue;
      const active = busy.has(name);
      station(context, at, active, colours);
      if (active || zoom > STATION_NAMES_FROM_ZOOM) labels.put(at, name, colours.station, active);
    }
    this.#drawSatellites(context, sky, rise, see, labels, colours);
  }

  #drawSatellites(
    context: CanvasRenderingContext2D,
    sky: Sky,
    rise: number,
    see: (point: Point3) => Pixel | undefined,
    labels: Labels,
    colours: Palette,
  ) {
    const order = (one: SatelliteNow) => (one.name === sky.picked ? 2 : sky.named.has(one.name) ? 1 : 0);
    const sorted = [...sky.satellites].sort((a, b) => order(a) - order(b));
    const toLabel: (() => void)[] = [];
    for (const one of sorted) {
      const at = see(onSphere(one.lon, one.lat, one.height_km * rise));
      if (!at) continue;
      this.#hits.push({ name: one.name, at });
      const picked = one.name === sky.picked;
      if (!order(one)) {
        dot(context, at, one.planned, colours);
        continue;
      }
      craft(context, at, one.planned, picked, colours);
      const text = one.planned ? `${one.name} · ${sky.plannedWord}` : one.name;
      const colour = one.planned ? colours.planned : picked ? colours.picked : colours.satellite;
      toLabel.unshift(() => labels.put(at, text, colour, picked));
    }
    for (const label of toLabel) label();
  }

  #drawLinks(
    context: CanvasRenderingContext2D,
    sky: Sky,
    rise: number,
    see: (point: Point3) => Pixel | undefined,
    colours: Palette,
  ) {
    const at = new Map(sky.satellites.map((one) => [one.name, one]));
    for (const link of sky.links) {
      const one = at.get(link.satellite);
      if (!one) continue;
      const from = see(onSphere(one.lon, one.lat, one.height_km * rise));
      const other = 'satellite' in link.to ? at.get(link.to.satellite) : { ...link.to, height_km: 0 };
      const to = other && see(onSphere(other.lon, other.lat, other.height_km * rise));
      if (!from || !to) continue;
      context.beginPath();
      context.moveTo(from.x, from.y);
      context.lineTo(to.x, to.y);
      const carrying = link.use === 'carrying';
      context.globalAlpha = link.use === 'free' ? 0.32 : 1;
      const observes = !link.station && !('satellite' in link.to);
      context.lineWidth = link.use === 'free' ? 1 : carrying || observes ? 2.4 : 1.8;
      context.setLineDash(carrying ? [10, 5] : link.planned ? [6, 4] : []);
      context.lineDashOffset = carrying ? -sky.flow : 0;
      context.strokeStyle = observes ? colours.watch : colours.station;
      context.stroke();
    }
    context.setLineDash([]);
    context.lineDashOffset = 0;
    context.globalAlpha = 1;
  }
}

function resize(canvas: HTMLCanvasElement, { width, height }: View, ratio: number) {
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
}

/** MapLibre's camera stands this many view heights from the ground it looks at: its focal length in pixels. */
const FOCAL_HEIGHTS = 1.5;
const AIR_DEPTH = 0.075;
const AIR_UNTIL_ZOOM = 6;

/** A breath of air around the limb. */
function drawAir(context: CanvasRenderingContext2D, view: View, eye: Point3, zoom: number, colours: Palette) {
  const centre = project(view, [0, 0, 0]);
  if (!centre || zoom > AIR_UNTIL_ZOOM) return;
  const limb = FOCAL_HEIGHTS * view.height * Math.tan(Math.asin(1 / Math.hypot(...eye)));
  const outer = limb * (1 + AIR_DEPTH);
  const glow = context.createRadialGradient(centre.x, centre.y, limb - 1, centre.x, centre.y, outer);
  glow.addColorStop(0, `${colours.sky}b0`);
  glow.addColorStop(0.25, `${colours.sky}48`);
  glow.addColorStop(1, `${colours.sky}00`);
  context.beginPath();
  context.arc(centre.x, centre.y, outer, 0, Math.PI * 2);
  context.arc(centre.x, centre.y, limb - 1, 0, Math.PI * 2, true);
  context.fillStyle = glow;
  context.fill();
}

/** The way in orbit and, fainter, over ground; what lies behind the satellite fades. */
function drawPath(
  context: CanvasRenderingContext2D,
  path: Path,
  time_ms: number,
  rise: number,
  see: (point: Point3) => Pixel | undefined,
  colours: Palette,
) {
  const step_ms = (path.to_ms - path.from_ms) / Math.max(1, path.lon_lat_km.length - 1);
  for (const lift of rise > 0.05 ? [0, rise] : [0]) {
    let before: Pixel | undefined;
    context.strokeStyle = path.planned ? colours.planned : colours.picked;
    context.setLineDash(path.planned ? [5, 5] : []);
    path.lon_lat_km.forEach(([lon, lat, height_km], index) => {
      const at = see(onSphere(lon, lat, height_km * lift));
      if (at && before) {
        const past = path.from_ms + index * step_ms < time_ms;
        context.globalAlpha = (past ? 0.35 : 0.9) * (lift === 0 && rise > 0.05 ? 0.35 : 1);
        context.lineWidth = lift === 0 && rise > 0.05 ? 1 : 1.8;
        context.beginPath();
        context.moveTo(before.x, before.y);
        context.lineTo(at.x, at.y);
        context.stroke();
      }
      before = at;
    });
  }
  context.globalAlpha = 1;
  context.setLineDash([]);
}
