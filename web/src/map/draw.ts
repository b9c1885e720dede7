/** Drawing a box on the globe with mouse, finger or pen. */
import type { Map as Globe, MapMouseEvent, MapTouchEvent } from 'maplibre-gl';
import type { Bbox } from '../api/types';

type Place = { lng: number; lat: number };

/** Starts drawing; `onBox` hears of every change and `onDone` of the end. The returned function stops it. */
export function drawBox(globe: Globe, onBox: (bbox: Bbox) => void, onDone: () => void): () => void {
  let from: Place | undefined;
  const canvas = globe.getCanvas();
  canvas.style.cursor = 'crosshair';
  globe.dragPan.disable();

  const start = (event: MapMouseEvent | MapTouchEvent) => {
    event.preventDefault();
    from = event.lngLat;
  };
  const move = (event: MapMouseEvent | MapTouchEvent) => {
    if (from) onBox(box(from, event.lngLat));
  };
  const end = () => {
    if (!from) return;
    from = undefined;
    onDone();
  };
  const listening = [
    globe.on('mousedown', start),
    globe.on('touchstart', start),
    globe.on('mousemove', move),
    globe.on('touchmove', move),
    globe.on('mouseup', end),
    globe.on('touchend', end),
  ];
  return () => {
    canvas.style.cursor = '';
    globe.dragPan.enable();
    for (const one of listening) one.unsubscribe();
  };
}

/** The box between two corners, the short way round. */
export function box(a: Place, b: Place): Bbox {
  const round = (value: number) => Math.round(value * 1e4) / 1e4;
  const wrap = (lon: number) => round(((((lon + 180) % 360) + 360) % 360) - 180);
  const [west, east] = [Math.min(a.lng, b.lng), Math.max(a.lng, b.lng)];
  const crosses = east - west > 180;
  return [
    wrap(crosses ? east : west),
    round(Math.min(a.lat, b.lat)),
    wrap(crosses ? west : east),
    round(Math.max(a.lat, b.lat)),
  ];
}
