/** The time the globe shows: it plays, pauses and is moved by the reader, inside the forecast's window. */
export const SPEEDS = [1, 60, 300, 1800] as const;
const HOUR_MS = 3_600_000;
const DEFAULT_SPAN_MS = 72 * HOUR_MS;
/** Text and the slider follow at this pace; the globe itself moves with every frame. */
const SHOWN_EVERY_MS = 100;

class Clock {
  from_ms = $state(Date.now());
  to_ms = $state(Date.now() + DEFAULT_SPAN_MS);
  /** What text and slider show. */
  shown_ms = $state(Date.now());
  playing = $state(false);
  speed = $state<number>(60);
  /** The node's sky time minus this machine's clock; the two need not agree. */
  nodeAhead_ms = $state(0);
  #time_ms = Date.now();
  #shownAt = 0;

  get time_ms(): number {
    return this.#time_ms;
  }

  nodeNow_ms(): number {
    return Date.now() + this.nodeAhead_ms;
  }

  setWindow(from_ms: number, to_ms: number) {
    if (!(to_ms > from_ms)) return;
    this.from_ms = from_ms;
    this.to_ms = to_ms;
    if (this.#time_ms < from_ms || this.#time_ms > to_ms) this.goToNow();
  }

  /** Now as the node has it, or the start of the window where that is elsewhere. */
  goToNow() {
    const now = this.nodeNow_ms();
    this.set(now >= this.from_ms && now <= this.to_ms ? now : this.from_ms);
  }

  set(time_ms: number) {
    this.#time_ms = Math.min(this.to_ms, Math.max(this.from_ms, time_ms));
    this.shown_ms = this.#time_ms;
  }

  /** One frame of `elapsed_ms` real time. */
  advance(elapsed_ms: number, frame_ms: number) {
    if (!this.playing) return;
    this.#time_ms += elapsed_ms * this.speed;
    if (this.#time_ms >= this.to_ms) {
      this.set(this.to_ms);
      this.playing = false;
    }
    if (frame_ms - this.#shownAt > SHOWN_EVERY_MS) {
      this.#shownAt = frame_ms;
      this.shown_ms = this.#time_ms;
    }
  }
}

export const clock = new Clock();
