/** Pictures of the page in several sizes, schemes and languages: `npm run screenshots [-- folder]`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startMock } from '../mock/server.mjs';
import { launch } from './chromium.mjs';

const folder = process.argv[2] ?? 'dist-screenshots';
const SETTLE_MS = 20_000;
const desktop = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };

const phoneDark = { viewport: phone, colorScheme: 'dark', hasTouch: true, isMobile: true };

const WATCH = '#/watch/olinda-coast';
const shots = [
  ['desktop-dark-watch', { viewport: desktop, colorScheme: 'dark' }, WATCH, pickFirst],
  ['desktop-dark-answer', { viewport: desktop, colorScheme: 'dark' }, undefined, openTrace],
  ['desktop-light-watch', { viewport: desktop, colorScheme: 'light' }, WATCH, pickFirst],
  ['desktop-light-answer', { viewport: desktop, colorScheme: 'light' }, undefined, openTrace],
  ['desktop-arabic', { viewport: desktop, colorScheme: 'dark', locale: 'ar' }, WATCH, pickFirst],
  ['phone-dark-watch', { viewport: phone, colorScheme: 'dark', hasTouch: true, isMobile: true }, WATCH],
  [
    'phone-light-answer',
    { viewport: phone, colorScheme: 'light', hasTouch: true, isMobile: true },
    undefined,
  ],
  ['desktop-dark-home', { viewport: desktop, colorScheme: 'dark' }, '#/'],
  ['desktop-light-register', { viewport: desktop, colorScheme: 'light' }, '#/register/satellites'],
  ['desktop-dark-assumptions', { viewport: desktop, colorScheme: 'dark' }, '#/assumptions'],
  ['desktop-dark-contacts', { viewport: desktop, colorScheme: 'dark' }, '#/contacts/plan', openPass],
  ['desktop-light-deliveries', { viewport: desktop, colorScheme: 'light' }, '#/contacts/deliveries'],
  ['desktop-arabic-contacts', { viewport: desktop, colorScheme: 'dark', locale: 'ar' }, '#/contacts/plan'],
  ['phone-dark-contacts', { ...phoneDark, locale: 'fr' }, '#/contacts/plan', wholeSheet],
  ['phone-dark-deliveries', phoneDark, '#/contacts/deliveries', wholeSheet],
  ['desktop-dark-layers', { viewport: desktop, colorScheme: 'dark' }, layersHash, chooseIndex],
  ['desktop-light-swipe', { viewport: desktop, colorScheme: 'light' }, layersHash, compare],
  ['desktop-arabic-layers', { viewport: desktop, colorScheme: 'dark', locale: 'ar' }, layersHash, compare],
  ['phone-dark-layers', phoneDark, layersHash, chooseIndex],
  ['phone-arabic-swipe', { ...phoneDark, locale: 'ar' }, layersHash, compare],
  ['desktop-dark-form', { viewport: desktop, colorScheme: 'dark' }, '#/new-watch'],
];

async function pickFirst(page) {
  await page.locator('.timeline button').first().click();
  await page.waitForTimeout(1500);
}

/** The first pass that carries something, as a press on its bar shows it. */
async function openPass(page) {
  const bar = page.locator('.gantt g.booked .fill').first();
  await bar.click({ force: true });
  await page.locator('[data-pass-card]').first().waitFor();
}

async function wholeSheet(page) {
  await page.locator('.handle').tap();
  await page.waitForTimeout(600);
}

async function chooseIndex(page) {
  const see = page.locator('#explore-see');
  const options = await see
    .locator('option')
    .evaluateAll((all) => all.map((one) => [one.textContent, one.value]));
  const [, value] = options.find(([text]) => text === 'NDVI') ?? options.at(-1);
  await see.selectOption(value);
  await page.waitForTimeout(4000);
}

async function compare(page) {
  await chooseIndex(page);
  await page.locator('.check input').first().check();
  await page.locator('.second').waitFor({ state: 'attached' });
  await page.waitForTimeout(6000);
}

async function openTrace(page) {
  await page.locator('[data-step="process"] button[aria-expanded]').click();
  await page.locator('[data-step="process"]').scrollIntoViewIfNeeded();
}

const mock = process.env.CORRIDOR_URL ? undefined : await startMock();
const url = process.env.CORRIDOR_URL ?? mock.url;
const only = process.env.ONLY;
mkdirSync(folder, { recursive: true });
const browser = await launch();
for (const [name, options, hash, then] of shots.filter(([name]) => !only || name.includes(only))) {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && console.log(name, message.text()));
  page.on('pageerror', (error) => console.log(name, error.stack));
  const place = typeof hash === 'function' ? await hash(url) : (hash ?? (await answerHash(url)));
  await page.goto(`${url}/${place}`);
  await page
    .waitForSelector('.globe[data-map-idle="true"]', { timeout: SETTLE_MS })
    .catch(() => console.log(name, 'never idle'));
  await page.waitForTimeout(1500);
  if (then) await then(page).catch((error) => console.log(name, error.message));
  await page.screenshot({ path: join(folder, `${name}.png`) });
  console.log(join(folder, `${name}.png`));
  await context.close();
}
await browser.close();
await mock?.close();

async function answerHash(base) {
  const watches = await (await fetch(`${base}/api/watches`)).json();
  for (const { id } of watches) {
    const [answer] = await (await fetch(`${base}/api/watches/${encodeURIComponent(id)}/answers`)).json();
    if (answer) return `#/watch/${encodeURIComponent(id)}/answer/${answer.collection}/${answer.item_id}`;
  }
  return '#/';
}

/** The layers of the watch with the longest series of scenes. */
async function layersHash(base) {
  const watches = await (await fetch(`${base}/api/watches`)).json();
  let best = { hash: '#/', count: 0 };
  for (const { id, bbox } of watches) {
    const { features } = await (await fetch(`${base}/stac/search?bbox=${bbox}&limit=100`)).json();
    const scenes = features.filter(({ collection }) => !collection.startsWith('answers-'));
    const hash = `#/watch/${encodeURIComponent(id)}/layers/${encodeURIComponent(scenes[0]?.collection ?? '')}`;
    if (scenes.length > best.count) best = { hash, count: scenes.length };
  }
  return best.hash;
}
