/** Pictures of the page in several sizes, schemes and languages: `npm run screenshots [-- folder]`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startMock } from '../mock/server.mjs';
import { launch } from './chromium.mjs';

const folder = process.argv[2] ?? 'dist-screenshots';
const SETTLE_MS = 20_000;
const desktop = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };

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
  ['desktop-dark-form', { viewport: desktop, colorScheme: 'dark' }, '#/new-watch'],
];

async function pickFirst(page) {
  await page.locator('.timeline button').first().click();
  await page.waitForTimeout(1500);
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
  await page.goto(`${url}/${hash ?? (await answerHash(url))}`);
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
