import type {
  AnswerSummary,
  Assumption,
  Bbox,
  Collections,
  Contacts,
  Deliveries,
  Footprints,
  Forecast,
  Instrument,
  Item,
  Items,
  Link,
  Mission,
  NewWatch,
  Problem,
  Product,
  Revisit,
  Satellite,
  Stations,
  Status,
  TileJson,
  Trace,
  Tracks,
  Watch,
} from './types';

/** A request takes at most this long; a forecast over many satellites may need a while on a small machine. */
const REQUEST_TIMEOUT_MS = 60_000;

/** The node said no (`status` is its HTTP status) or could not be reached (`status` is 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
  get away(): boolean {
    return this.status === 0;
  }
}

const segment = encodeURIComponent;

async function request<T>(path: string, init?: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      ...init,
      headers: { accept: 'application/json', ...(init?.body ? { 'content-type': 'application/json' } : {}) },
      signal: init?.signal ?? AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
  } catch (cause) {
    throw new ApiError(0, cause instanceof Error ? cause.message : 'network');
  }
  if (!response.ok) throw new ApiError(response.status, await problemText(response));
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

async function problemText(response: Response): Promise<string> {
  try {
    const problem = (await response.json()) as Problem;
    return problem.detail ?? problem.title ?? response.statusText;
  } catch {
    return response.statusText || String(response.status);
  }
}

function span(from_ms: number, to_ms: number): URLSearchParams {
  const [from, to] = [from_ms, to_ms].map((ms) => new Date(ms).toISOString());
  return new URLSearchParams({ from: from ?? '', to: to ?? '' });
}

export const api = {
  status: () => request<Status>('/api/status'),
  watches: () => request<Watch[]>('/api/watches'),
  watch: (name: string) => request<Watch>(`/api/watches/${segment(name)}`),
  addWatch: (watch: NewWatch) =>
    request<Watch>('/api/watches', { method: 'POST', body: JSON.stringify(watch) }),
  removeWatch: (name: string) => request<void>(`/api/watches/${segment(name)}`, { method: 'DELETE' }),
  forecast: (name: string) => request<Forecast>(`/api/watches/${segment(name)}/forecast`),
  footprints: (name: string, first: number) =>
    request<Footprints>(`/api/watches/${segment(name)}/footprints?first=${first}`),
  revisit: (name: string, planned: boolean) =>
    request<Revisit>(`/api/watches/${segment(name)}/revisit?planned=${planned}`),
  answers: (name: string) => request<AnswerSummary[]>(`/api/watches/${segment(name)}/answers`),
  trace: (collection: string, item: string) =>
    request<Trace>(`/api/answers/${segment(collection)}/${segment(item)}/trace`),
  contacts: (from_ms: number, to_ms: number, limit: number) =>
    request<Contacts>(`/api/contacts?${span(from_ms, to_ms)}&limit=${limit}`),
  deliveries: (from_ms: number, to_ms: number, limit: number) =>
    request<Deliveries>(`/api/deliveries?${span(from_ms, to_ms)}&limit=${limit}`),
  products: () => request<Product[]>('/api/products'),
  assumptions: () => request<Assumption[]>('/api/assumptions'),
  satellites: () => request<Satellite[]>('/api/register/satellites'),
  instruments: () => request<Instrument[]>('/api/register/instruments'),
  stations: () => request<Stations>('/api/register/stations'),
  missions: () => request<Mission[]>('/api/register/missions'),
  item: (collection: string, item: string) =>
    request<Item>(`/stac/collections/${segment(collection)}/items/${segment(item)}`),
  json: <T>(href: string) => request<T>(local(href)),
  search: (bbox: Bbox, limit: number) => request<Items>(`/stac/search?bbox=${bbox.join(',')}&limit=${limit}`),
  collections: () => request<Collections>('/stac/collections'),
  tileJson: (collection: string, item: string, asset: string, query = '') =>
    request<TileJson>(`${tilePath(collection, item, asset)}/tilejson.json${query && `?${query}`}`),
  tracks: (from: Date, to: Date, step_s: number, satellites: string[] = []) => {
    const query = new URLSearchParams({
      from: from.toISOString(),
      to: to.toISOString(),
      step_s: String(step_s),
    });
    for (const name of satellites) query.append('satellite', name);
    return request<Tracks>(`/api/tracks?${query}`);
  },
};

/** An answer's picture with its words in a language, where the product has them and they can be drawn. */
export function picturePath(collection: string, item: string, language: string): string {
  return `/api/answers/${segment(collection)}/${segment(item)}/picture?lang=${segment(language)}`;
}

export function tilePath(collection: string, item: string, asset: string): string {
  return `/tiles/${segment(collection)}/${segment(item)}/${segment(asset)}`;
}

/**
 * The same-origin address of a link. The node writes absolute addresses under the name it was asked by;
 * behind a proxy that may be another name than the page's, and the page never asks another origin.
 */
export function local(href: string, base = '/'): string {
  const url = new URL(href, new URL(base, 'http://page.invalid'));
  return url.pathname + url.search;
}

export function linked(links: Link[] | undefined, rel: string): string[] {
  return (links ?? []).filter((link) => link.rel === rel).map((link) => local(link.href));
}
