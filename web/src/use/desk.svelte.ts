/** What the page knows from the node, kept fresh by its events. One desk a page. */
import { ApiError, api, linked } from '../api/client';
import { follow } from '../api/events';
import type {
  AnswerSummary,
  Forecast,
  ForecastEntry,
  Item,
  LiveEvent,
  Product,
  Stations,
  Status,
  Trace,
  Watch,
} from '../api/types';
import { locale } from '../i18n/index.svelte';
import { inWords } from '../know/words';
import { href, parse, type Route } from '../route';
import { clock } from '../sense/clock.svelte';
import { book } from '../transmit/book.svelte';
import { type Loaded, loaded, waiting } from './loaded';

/** While the node is away the page asks again this often. */
const RETRY_MS = 5_000;
const FORECAST_SPAN_MS = 72 * 3_600_000;
const NOTICE_MS = 12_000;
/** The satellites of this many entries are named on the globe. */
const ENTRIES_NAMED = 5;

/** An answer with everything that is drawn of it. */
export interface OpenAnswer {
  summary: AnswerSummary | undefined;
  item: Item;
  scenes: Item[];
}

class Desk {
  route = $state.raw<Route>({ page: 'watches' });
  status = $state.raw<Status | undefined>();
  away = $state(false);
  live = $state(false);
  watches = $state.raw<Loaded<Watch[]>>(waiting());
  products = $state.raw<Product[]>([]);
  stations = $state.raw<Stations>({ type: 'FeatureCollection', features: [] });
  forecast = $state.raw<Loaded<Forecast>>(waiting());
  answers = $state.raw<Loaded<AnswerSummary[]>>(waiting());
  answer = $state.raw<Loaded<OpenAnswer>>(waiting());
  trace = $state.raw<Loaded<Trace>>(waiting());
  /** The satellite the reader picked, and the entry it was picked from. */
  satellite = $state<string | undefined>();
  entry = $state.raw<ForecastEntry | undefined>();
  notice = $state.raw<{ event: LiveEvent } | undefined>();
  /** The watch whose forecast and answers are held. */
  #loaded: string | undefined;
  #noticeTimer: ReturnType<typeof setTimeout> | undefined;

  get watchId(): string | undefined {
    return 'watch' in this.route ? this.route.watch : undefined;
  }

  get watch(): Watch | undefined {
    return this.watches.value?.find(({ id, name }) => id === this.watchId || name === this.watchId);
  }

  get named(): Set<string> {
    const entries = this.watchId ? (this.forecast.value?.entries ?? []) : [];
    return new Set(entries.slice(0, ENTRIES_NAMED).map((entry) => entry.satellite));
  }

  /** A product as the node has it; `inWords` puts it into the reader's language. */
  product(id: string): Product | undefined {
    return this.products.find((product) => product.id === id);
  }

  /** What a product is called in the reader's language; its id where the node does not know it. */
  productTitle(id: string): string {
    const product = this.product(id);
    return product ? inWords(product, locale.language).title : id;
  }

  /** Connects, follows events and the address, and keeps trying while the node is away. */
  start(): () => void {
    const onHash = () => this.go(parse(location.hash));
    window.addEventListener('hashchange', onHash);
    const unfollow = follow(
      (event) => void this.#onEvent(event),
      (open) => {
        this.live = open;
        if (open && this.away) void this.connect();
      },
    );
    const timer = setInterval(() => {
      if (this.away) void this.connect();
    }, RETRY_MS);
    void this.connect();
    return () => {
      window.removeEventListener('hashchange', onHash);
      unfollow();
      clearInterval(timer);
    };
  }

  async connect(): Promise<void> {
    try {
      const status = await api.status();
      this.status = status;
      this.away = false;
      clock.nodeAhead_ms = Date.parse(status.now) + status.clock.offset_s * 1000 - Date.now();
      const start = status.forecast_epoch ? Date.parse(status.forecast_epoch) : clock.nodeNow_ms();
      clock.setWindow(start, start + FORECAST_SPAN_MS);
    } catch (cause) {
      this.away = cause instanceof ApiError && cause.away;
      if (this.away) return;
    }
    void api.products().then((products) => {
      this.products = products;
    }, ignore);
    void api.stations().then((stations) => {
      this.stations = stations;
    }, ignore);
    await this.loadWatches();
    this.go(parse(location.hash), true);
  }

  async loadWatches(): Promise<void> {
    this.watches = await loaded(api.watches(), this.watches);
    this.#noteAway(this.watches);
  }

  go(route: Route, reload = false) {
    const before = this.watchId;
    const beforeAnswer = this.route.page === 'answer' ? href(this.route) : undefined;
    this.route = route;
    if (this.watchId !== before) this.pick(undefined);
    if (this.watchId && (reload || this.watchId !== before)) void this.#loadWatch(this.watchId);
    if (route.page === 'answer' && (reload || href(route) !== beforeAnswer)) void this.#loadAnswer(route);
  }

  /** Shows one forecast entry on the globe, at the moment of its observation. */
  pick(entry: ForecastEntry | undefined) {
    this.entry = entry;
    this.satellite = entry?.satellite;
    if (entry) {
      clock.playing = false;
      clock.set((Date.parse(entry.observed_start) + Date.parse(entry.observed_end)) / 2);
    }
  }

  async #loadWatch(name: string): Promise<void> {
    const same = this.#loaded === name;
    this.#loaded = name;
    if (!same) {
      this.forecast = waiting();
      this.answers = waiting();
    }
    const [answers, forecast] = [
      loaded(api.answers(name), same ? this.answers : waiting()),
      loaded(api.forecast(name), same ? this.forecast : waiting()),
    ];
    const answered = await answers;
    if (this.watchId === name) this.answers = answered;
    const cast = await forecast;
    if (this.watchId !== name) return;
    this.forecast = cast;
    this.#noteAway(cast);
    if (cast.value) clock.setWindow(Date.parse(cast.value.from), Date.parse(cast.value.to));
  }

  async #loadAnswer(route: Route & { page: 'answer' }): Promise<void> {
    this.answer = waiting();
    this.trace = waiting();
    const current = () => this.route.page === 'answer' && href(this.route) === href(route);
    const trace = loaded(api.trace(route.collection, route.item));
    const answer = await loaded(openAnswer(route));
    if (current()) this.answer = answer;
    const traced = await trace;
    if (current()) this.trace = traced;
  }

  async #onEvent(event: LiveEvent): Promise<void> {
    if (event.kind === 'watch') await this.loadWatches();
    if (event.kind === 'answer' || event.kind === 'scene') this.#tell(event);
    if (event.kind !== 'scene') book.refresh();
    if (this.watchId && event.kind !== 'scene') await this.#loadWatch(this.watchId);
    if (this.route.page === 'answer' && event.kind === 'trace') {
      const traced = await loaded(api.trace(this.route.collection, this.route.item), this.trace);
      if (this.route.page === 'answer') this.trace = traced;
    }
  }

  #tell(event: LiveEvent) {
    clearTimeout(this.#noticeTimer);
    this.notice = { event };
    this.#noticeTimer = setTimeout(() => this.dismiss(), NOTICE_MS);
  }

  dismiss() {
    this.notice = undefined;
  }

  #noteAway(result: Loaded<unknown>) {
    if (result.error?.away) this.away = true;
  }
}

async function openAnswer(route: Route & { page: 'answer' }): Promise<OpenAnswer> {
  const [item, summaries] = await Promise.all([
    api.item(route.collection, route.item),
    api.answers(route.watch).catch(() => []),
  ]);
  const scenes = await Promise.all(
    linked(item.links, 'derived_from').map((link) => api.json<Item>(link).catch(() => undefined)),
  );
  return {
    item,
    scenes: scenes.filter((scene) => scene !== undefined),
    summary: summaries.find((one) => one.item_id === route.item && one.collection === route.collection),
  };
}

function ignore() {
  // The list stays empty; the page works without it and asks again on the next connection.
}

export const desk = new Desk();
