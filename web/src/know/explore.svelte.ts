/** The layer the reader puts together: a product, a date or two, and how it is drawn. */
import { api } from '../api/client';
import type { Bbox, Item, Product } from '../api/types';
import { desk } from '../use/desk.svelte';
import { type Loaded, loaded, waiting } from '../use/loaded';
import type { ColormapName } from './colormap';
import type { RasterLayer } from './layers.svelte';
import { rasterLayer } from './layers.svelte';
import { type Choice, choices, isSingle, type Look, type Range, tileQuery } from './look';
import { nearest, productOf, type Series, type Step, series } from './series';

/** Items of a place that are looked at, the newest first: a series of years. */
const ITEMS_MAX = 500;

class Explore {
  series = $state.raw<Loaded<Series[]>>(waiting());
  /** Items beyond those that are looked at. */
  more = $state(0);
  collection = $state<string | undefined>();
  /** Which date, and the one it is compared with. */
  at = $state(0);
  against = $state(0);
  comparing = $state(false);
  /** Where the swipe stands, a share of the window from its left. */
  swipe = $state(0.6);
  choiceId = $state<string | undefined>();
  expression = $state('b1');
  colormap = $state<ColormapName>('greys');
  range = $state.raw<Range | undefined>();
  opacity = $state(1);
  /** What the node says is wrong with the style. */
  fault = $state<string | undefined>();
  #asked = '';

  current = $derived.by<Series | undefined>(() => {
    const all = this.series.value ?? [];
    return all.find(({ collection }) => collection === this.collection) ?? all[0];
  });
  step = $derived.by<Step | undefined>(() => this.current?.steps[this.at]);
  other = $derived.by<Step | undefined>(() =>
    this.comparing ? this.current?.steps[this.against] : undefined,
  );
  product = $derived.by<Product | undefined>(() => {
    const id = productOf(this.current?.collection ?? '');
    return id === undefined ? undefined : desk.product(id);
  });
  choices = $derived.by<Choice[]>(() => {
    const item = this.step?.items[0];
    return item ? choices(item, this.product) : [];
  });
  choice = $derived.by<Choice | undefined>(
    () => this.choices.find(({ id }) => id === this.choiceId) ?? this.choices[0],
  );
  look = $derived.by<Look | undefined>(() =>
    this.choice
      ? { choice: this.choice, expression: this.expression, colormap: this.colormap, range: this.range }
      : undefined,
  );
  rasters = $derived.by<RasterLayer[]>(() => this.#rasters(this.step));
  otherRasters = $derived.by<RasterLayer[]>(() => this.#rasters(this.other));
  /** What lies under the divider: the date compared with, usually the earlier one, is on the left. */
  under = $derived.by<RasterLayer[]>(() => (this.other ? this.otherRasters : this.rasters));

  #rasters(step: Step | undefined): RasterLayer[] {
    const { look } = this;
    if (!step || !look) return [];
    return step.items
      .filter((item) => item.assets[look.choice.asset])
      .map((item) => rasterLayer('layer', item, look.choice.asset, tileQuery(look)));
  }

  /** Looks up what there is of a place. */
  async open(watch: string, bbox: Bbox): Promise<void> {
    const key = `${watch} ${bbox.join(' ')}`;
    if (this.#asked === key && this.series.value) return;
    this.#asked = key;
    this.series = waiting();
    const found = await loaded(Promise.all([api.search(bbox, ITEMS_MAX), api.collections()]));
    if (this.#asked !== key) return;
    const { value, error } = found;
    if (!value) {
      this.#asked = '';
      this.series = { waiting: false, ...(error ? { error } : {}) };
      return;
    }
    const [items, collections] = value;
    const titles = new Map(collections.collections.map(({ id, title }) => [id, title ?? id]));
    const own = items.features.filter((item) => ofWatch(item, watch));
    this.more = Math.max(0, (items.numberMatched ?? items.features.length) - items.features.length);
    this.series = { value: series(own, titles), waiting: false };
    if (!this.series.value?.some(({ collection }) => collection === this.collection))
      this.show(this.series.value?.[0]?.collection);
    else this.show(this.collection);
  }

  /** Another product, at the date nearest to the one that was shown. */
  show(collection: string | undefined, item?: string) {
    const time = this.step?.end;
    this.collection = collection;
    const steps = this.current?.steps ?? [];
    const wanted = item ? steps.findIndex(({ items }) => items.some(({ id }) => id === item)) : -1;
    this.at = wanted >= 0 ? wanted : time ? nearest(steps, time) : steps.length - 1;
    this.against = Math.max(0, this.at - 1);
    this.comparing &&= steps.length > 1;
    this.choose(this.choices[0]?.id);
  }

  /** Another thing to see, drawn as its metadata has it. */
  choose(id: string | undefined) {
    this.choiceId = id;
    const { choice } = this;
    this.range = choice?.range;
    this.colormap = choice?.colormap ?? 'greys';
    this.expression = choice?.kind === 'own' ? (choice.expression ?? 'b1') : this.expression;
    this.fault = undefined;
  }

  /** Asks the node whether it can draw this; the map itself would only stay empty. */
  async check(): Promise<void> {
    const { look, step } = this;
    const item = step?.items[0];
    if (!look || !item || !isSingle(look.choice)) {
      this.fault = undefined;
      return;
    }
    const query = tileQuery(look);
    const { error } = await loaded(api.tileJson(item.collection, item.id, look.choice.asset, query));
    if (this.look && tileQuery(this.look) === query)
      this.fault = error && !error.away ? error.message : undefined;
  }
}

/** Answers belong to a watch; scenes belong to everyone. */
function ofWatch(item: Item, watch: string): boolean {
  const owner = item.properties['corridor:watch'];
  return owner === undefined || owner === watch || item.collection.startsWith('answers-');
}

export const explore = new Explore();
