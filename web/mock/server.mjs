/** Serves the built page and fixtures in the shapes of the node, for development and tests. Never shipped. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  answers,
  collections,
  watches as defaults,
  item,
  polygons,
  scenes,
  search,
  slug,
  summary,
  trace,
} from './answers.mjs';
import { contacts, deliveries } from './contacts.mjs';
import { EPOCH, kept } from './forecast.mjs';
import { AREAS, picture, restyled, tile } from './ground.mjs';
import { satellites as orbits, position } from './orbit.mjs';
import { footprints, revisit } from './reach.mjs';
import { assumptions, instruments, missions, products, satellites, stations } from './register.mjs';

const dist = fileURLToPath(new URL('../dist', import.meta.url));

/** The policy the page is built for; `README.md` says why each source is there. */
export const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};

class Refusal extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export function startMock({ port = 0 } = {}) {
  const started = Date.now();
  const watches = structuredClone(defaults);
  const listeners = new Set();
  const now = () => new Date(EPOCH.getTime() + (Date.now() - started) + 600_000);
  const tell = (kind, data) => {
    for (const response of listeners)
      response.write(`event: ${kind}\ndata: ${JSON.stringify({ ...data, time: now() })}\n\n`);
  };

  const find = (name) => {
    const watch = watches.find((w) => w.id === name || w.name === name);
    if (!watch) throw new Refusal(404, `no watch named “${name}”`);
    return watch;
  };

  async function route(method, parts, url, request) {
    const [a, b, c, d] = parts;
    if (a === 'stac' && b === 'search') return search(url.searchParams, url.origin);
    if (a === 'stac' && b === 'collections' && !c) return collections;
    if (a === 'stac') return item(parts[4], url.origin) ?? refuse(404, 'no such item');
    if (a === 'assets') return asset(parts);
    if (a === 'tiles') return tiles(parts, url);
    if (b === 'status') {
      return {
        version: '0.1.0',
        node_id: 'ipn:10.0',
        now: new Date(),
        clock: { mode: 'replay', offset_s: (now() - Date.now()) / 1000 },
        forecast_epoch: EPOCH,
      };
    }
    if (b === 'register')
      return { satellites, instruments, stations, missions }[c] ?? refuse(404, 'no such list');
    if (b === 'assumptions') return assumptions;
    if (b === 'products') return products;
    if (b === 'tracks') return tracks(url.searchParams);
    if (b === 'contacts') return contacts(url.searchParams);
    if (b === 'deliveries')
      return deliveries(
        url.searchParams,
        watches.map((watch) => ({ watch, forecast: kept(watch) })),
        (id) =>
          Object.keys(answers)
            .filter((one) => answers[one].watch === id)
            .map(summary),
      );
    if (b === 'answers' && answers[d]) return parts[4] === 'picture' ? picture(answers[d].area) : trace(d);
    if (b === 'watches' && !c) {
      if (method !== 'POST') return watches;
      const watch = check(JSON.parse(await body(request)), watches);
      watches.push(watch);
      tell('watch', { id: watch.name });
      return watch;
    }
    if (b === 'watches' && d === 'forecast') return kept(find(c));
    if (b === 'watches' && d === 'footprints') return footprints(find(c));
    if (b === 'watches' && d === 'revisit') return revisit(find(c));
    if (b === 'watches' && d === 'answers')
      return Object.keys(answers)
        .filter((id) => answers[id].watch === find(c).id)
        .map(summary);
    if (b === 'watches' && method === 'DELETE') {
      watches.splice(watches.indexOf(find(c)), 1);
      tell('watch', { id: c });
      return undefined;
    }
    if (b === 'watches') return find(c);
    return refuse(404, 'no such resource');
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url, `http://${request.headers.host}`);
    const parts = url.pathname.split('/').filter(Boolean).map(decodeURIComponent);
    if (url.pathname === '/api/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(': open\n\n');
      listeners.add(response);
      request.on('close', () => listeners.delete(response));
      return;
    }
    try {
      if (['api', 'stac', 'tiles', 'assets'].includes(parts[0]))
        send(response, await route(request.method, parts, url, request));
      else await page(response, url.pathname);
    } catch (cause) {
      const status = cause.status ?? 500;
      response.writeHead(status, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ title: 'refused', status, detail: cause.message }));
    }
  });

  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => {
      const close = () => {
        for (const response of listeners) response.end();
        server.closeAllConnections();
        return new Promise((done) => server.close(done));
      };
      resolve({ url: `http://127.0.0.1:${server.address().port}`, close, tell });
    });
  });
}

function refuse(status, detail) {
  throw new Refusal(status, detail);
}

function send(response, value) {
  if (value === undefined) response.writeHead(204).end();
  else if (Buffer.isBuffer(value)) response.writeHead(200, { 'content-type': 'image/png' }).end(value);
  else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

async function body(request) {
  let text = '';
  for await (const part of request) text += part;
  return text;
}

function check(watch, watches) {
  if (!watch.name) refuse(422, 'field “name” is empty');
  if (watches.some((w) => w.name === watch.name))
    refuse(409, `a watch named “${watch.name}” is there already`);
  const ring = watch.area?.coordinates?.[0] ?? refuse(422, 'field “area” is not a polygon');
  const lons = ring.map((p) => p[0]);
  const lats = ring.map((p) => p[1]);
  if (lats.some((lat) => Math.abs(lat) > 90))
    refuse(422, 'field “area”: a latitude is past the pole; −90 to 90 would be right');
  const bbox = [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
  return { ...watch, id: slug(watch.name), bbox, priority: 1, notify: [], created: EPOCH.toISOString() };
}

function tracks(query) {
  const [from, to] = ['from', 'to'].map((key) => Date.parse(query.get(key)));
  const step_s = Number(query.get('step_s') ?? 60);
  if (!(to > from)) refuse(400, '“to” is not after “from”');
  const names = query.getAll('satellite');
  const count = Math.floor((to - from) / 1000 / step_s) + 1;
  const wanted = names.length ? orbits.filter((sat) => names.includes(sat.name)) : orbits;
  return {
    start: new Date(from),
    step_s,
    satellites: wanted.map((sat) => ({
      name: sat.name,
      planned: sat.planned,
      lon_lat_km: Array.from({ length: count }, (_, i) =>
        position(sat, (from - EPOCH.getTime()) / 1000 + i * step_s),
      ),
    })),
  };
}

function asset(parts) {
  const id = parts[2];
  if (parts[3] === 'picture.png') return picture(answers[id].area);
  if (parts[3] === 'polygons.geojson') return polygons(id);
  return refuse(404, 'the fixtures hold no such file');
}

function tiles(parts, url) {
  const bad = /[^\w\s+\-*/().,]/.exec(url.searchParams.get('expression') ?? '');
  if (bad) refuse(400, `expression: “${bad[0]}” is not known`);
  const [, , id, name, z, x, y] = parts;
  const known = scenes[id] ?? answers[id] ?? refuse(404, 'no such item');
  if (z === 'tilejson.json') {
    return {
      tilejson: '3.0.0',
      tiles: [`/tiles/${parts[1]}/${id}/${name}/{z}/{x}/{y}.png`],
      bounds: AREAS[known.area].bbox,
      minzoom: 6,
      maxzoom: 16,
    };
  }
  return tile(
    name === 'mask' ? 'mask' : known.kind,
    known.area,
    Number(z),
    Number(x),
    Number.parseInt(y, 10),
    restyled(url.searchParams),
  );
}

async function page(response, path) {
  const file = normalize(join(dist, path === '/' ? 'index.html' : path));
  if (!file.startsWith(dist)) refuse(404, 'no such page');
  const bytes = await readFile(file).catch(() => refuse(404, 'no such page'));
  response.writeHead(200, {
    'content-type': types[extname(file)] ?? 'application/octet-stream',
    'content-security-policy': CSP,
    'x-content-type-options': 'nosniff',
  });
  response.end(bytes);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const mock = await startMock({ port: Number(process.env.PORT ?? 8090) });
  console.log(mock.url);
}
