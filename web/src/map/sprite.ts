/** The signs on the globe: a satellite in orbit is filled, a planned one is only an outline. */
import type { Palette } from './palette';
import type { Pixel } from './sphere';

const TAU = Math.PI * 2;
const PLANNED_DASH = [2.2, 1.8];

export function dot(context: CanvasRenderingContext2D, { x, y }: Pixel, planned: boolean, colours: Palette) {
  context.beginPath();
  if (planned) {
    context.setLineDash(PLANNED_DASH);
    context.lineWidth = 1.2;
    context.strokeStyle = colours.planned;
    context.arc(x, y, 3.2, 0, TAU);
    context.stroke();
    context.setLineDash([]);
    return;
  }
  context.fillStyle = colours.satellite;
  context.globalAlpha = 0.75;
  context.arc(x, y, 1.7, 0, TAU);
  context.fill();
  context.globalAlpha = 1;
}

/** A body with two panels, for a satellite the forecast names. */
export function craft(
  context: CanvasRenderingContext2D,
  { x, y }: Pixel,
  planned: boolean,
  picked: boolean,
  colours: Palette,
) {
  const colour = planned ? colours.planned : colours.satellite;
  context.save();
  context.translate(x, y);
  if (picked) ring(context, colours.picked);
  context.rotate(-Math.PI / 5);
  context.beginPath();
  context.rect(-3, -3.6, 6, 7.2);
  context.rect(-11.5, -2.1, 7, 4.2);
  context.rect(4.5, -2.1, 7, 4.2);
  context.lineWidth = planned ? 1.1 : 3;
  context.strokeStyle = planned ? colour : colours.halo;
  if (planned) {
    context.fillStyle = colours.halo;
    context.fill();
    context.setLineDash(PLANNED_DASH);
    context.stroke();
  } else {
    context.stroke();
    context.fillStyle = colour;
    context.fill();
  }
  context.restore();
}

function ring(context: CanvasRenderingContext2D, colour: string) {
  context.beginPath();
  context.arc(0, 0, 14, 0, TAU);
  context.strokeStyle = colour;
  context.lineWidth = 1.6;
  context.stroke();
}

export function station(
  context: CanvasRenderingContext2D,
  { x, y }: Pixel,
  active: boolean,
  colours: Palette,
) {
  const r = active ? 5.5 : 3.6;
  context.beginPath();
  context.moveTo(x, y - r);
  context.lineTo(x + r * 0.9, y + r * 0.7);
  context.lineTo(x - r * 0.9, y + r * 0.7);
  context.closePath();
  context.lineWidth = 2.5;
  context.strokeStyle = colours.halo;
  context.stroke();
  context.fillStyle = colours.station;
  context.fill();
}

/** Text beside a sign, unless it would cover text already there. */
export class Labels {
  #boxes: [number, number, number, number][] = [];

  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly colours: Palette,
    private readonly font: string,
  ) {}

  put({ x, y }: Pixel, text: string, colour: string, strong = false) {
    const { context } = this;
    context.font = `${strong ? 650 : 500} ${strong ? 13 : 12}px ${this.font}`;
    const width = context.measureText(text).width;
    const [left, mid] = [x + 12, y - 11];
    const box: [number, number, number, number] = [left, mid - 8, left + width + 4, mid + 8];
    const clash = this.#boxes.some((b) => b[0] < box[2] && b[2] > box[0] && b[1] < box[3] && b[3] > box[1]);
    if (clash && !strong) return;
    this.#boxes.push(box);
    context.textBaseline = 'middle';
    context.textAlign = 'left';
    context.lineJoin = 'round';
    context.lineWidth = 3.5;
    context.strokeStyle = this.colours.halo;
    context.strokeText(text, left, mid);
    context.fillStyle = colour;
    context.fillText(text, left, mid);
  }
}
