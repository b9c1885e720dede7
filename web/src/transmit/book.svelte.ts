/** The node's contact plan and its deliveries, as far as they were looked at. One book a page. */
import { api } from '../api/client';
import type { Contact, Delivery } from '../api/types';
import { clock } from '../sense/clock.svelte';
import { type Loaded, loaded, waiting } from '../use/loaded';
import { type Pass, passes } from './gantt';
import { chunks, clamp, type Span } from './window';

/** Contacts are asked for in stretches of this length, deliveries for the whole of the clock's span. */
const CHUNK_MS = 3 * 3_600_000;
const CONTACTS_MAX = 20_000;
const DELIVERIES_MAX = 5_000;
/** Two days of chunks: what was looked at stays while one moves about. */
const CHUNKS_KEPT = 16;
const RETRY_MS = 10_000;
const FIRST_SPAN_MS = 6 * 3_600_000;

class Book {
  /** What the chart shows. */
  span = $state.raw<Span>({ from_ms: 0, to_ms: FIRST_SPAN_MS });
  deliveries = $state.raw<Loaded<Delivery[]>>(waiting());
  /** Deliveries beyond the node's limit. */
  more = $state(0);
  fault = $state<string | undefined>();
  #chunks = $state.raw<ReadonlyMap<number, Contact[]>>(new Map());
  #flying = new Set<number>();
  #retryAt = new Map<number, number>();
  #placed = false;
  #deliveriesAsked = false;

  /** The passes of each chunk that is here. */
  #passes = $derived.by<ReadonlyMap<number, Pass[]>>(() => {
    const deliveries = this.deliveries.value ?? [];
    return new Map([...this.#chunks].map(([index, contacts]) => [index, passes(contacts, deliveries)]));
  });

  /** The whole of the time that may be looked at. */
  get within(): Span {
    return { from_ms: clock.from_ms, to_ms: clock.to_ms };
  }

  /** The passes that the span touches. */
  passes = $derived.by<Pass[]>(() => {
    const { from_ms, to_ms } = this.span;
    const found = new Map<string, Pass>();
    for (const index of chunks(this.span, CHUNK_MS))
      for (const pass of this.#passes.get(index) ?? [])
        if (pass.start_ms < to_ms && pass.end_ms > from_ms) found.set(pass.key, pass);
    return [...found.values()];
  });

  /** Whether every chunk of the span is here. */
  whole = $derived.by(() => chunks(this.span, CHUNK_MS).every((index) => this.#chunks.has(index)));

  show(span: Span) {
    this.span = clamp(span, this.within);
  }

  /** The first look: some hours about the time shown. */
  place() {
    const { from_ms, to_ms } = this.span;
    const inside = from_ms >= clock.from_ms && to_ms <= clock.to_ms;
    if (this.#placed && inside) return;
    this.#placed = true;
    const from = clock.shown_ms - FIRST_SPAN_MS / 6;
    this.show({ from_ms: from, to_ms: from + FIRST_SPAN_MS });
  }

  /** The passes that are on at an instant; asks for their chunk where it is not here. */
  on(time_ms: number): Pass[] {
    this.need({ from_ms: time_ms, to_ms: time_ms + 1 });
    const there = this.#passes.get(Math.floor(time_ms / CHUNK_MS)) ?? [];
    return there.filter(({ start_ms, end_ms }) => start_ms <= time_ms && end_ms >= time_ms);
  }

  /** Asks for the chunks of a span that are not here. */
  need(span: Span) {
    for (const index of chunks(span, CHUNK_MS)) {
      const here = this.#chunks.has(index) || this.#flying.has(index);
      if (here || (this.#retryAt.get(index) ?? 0) > Date.now()) continue;
      this.#flying.add(index);
      void this.#ask(index);
    }
  }

  async #ask(index: number) {
    const from_ms = index * CHUNK_MS;
    const { value, error } = await loaded(api.contacts(from_ms, from_ms + CHUNK_MS, CONTACTS_MAX));
    this.#flying.delete(index);
    this.fault = error?.message;
    if (value) this.#chunks = new Map([...[...this.#chunks].slice(1 - CHUNKS_KEPT), [index, value.contacts]]);
    else this.#retryAt.set(index, Date.now() + RETRY_MS);
  }

  /** Asks for the deliveries, or anew when something happened. */
  async loadDeliveries(again = false): Promise<void> {
    if (this.#deliveriesAsked && !again) return;
    this.#deliveriesAsked = true;
    const { from_ms, to_ms } = this.within;
    const found = await loaded(api.deliveries(from_ms, to_ms, DELIVERIES_MAX));
    const { value, error } = found;
    if (value) {
      this.more = value.matched - value.deliveries.length;
      this.deliveries = { value: value.deliveries, waiting: false };
    } else {
      this.#deliveriesAsked = false;
      const before = this.deliveries.value;
      this.deliveries = { waiting: false, ...(error ? { error } : {}), ...(before ? { value: before } : {}) };
    }
  }

  /** The node has news: what is held of deliveries is asked for again, where it was asked for. */
  refresh() {
    if (this.#deliveriesAsked) void this.loadDeliveries(true);
  }
}

export const book = new Book();
