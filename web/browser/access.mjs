/** The page for everyone: other languages and directions, a phone, the keyboard alone, screen readers. */
import assert from 'node:assert/strict';
import { answerHash, firstAnswer, SHOWN_MS, watchHash } from './world.mjs';

export async function arabicRunsFromTheRight({ page, url }) {
  const { watch } = await firstAnswer(url);
  await page.goto(`${url}/${watchHash(watch)}`);
  await page.locator('.timeline').waitFor({ timeout: SHOWN_MS });
  await page.getByLabel('Language').selectOption('ar');
  await page.waitForFunction(() => document.documentElement.dir === 'rtl');
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'ar');
  const { x, width } = await page.locator('.panel').boundingBox();
  assert.ok(x + width > 1100, 'the panel is not on the right');
  await page.getByRole('link', { name: 'السجل' }).click();
  await page.getByRole('heading', { name: 'السجل' }).waitFor({ timeout: SHOWN_MS });
  await page.reload();
  await page.waitForFunction(() => document.documentElement.dir === 'rtl');
}

export async function productsAndAnswersSpeakTheReadersLanguage({ page, url }) {
  const { watch, answer } = await firstAnswer(url);
  const products = await (await fetch(`${url}/api/products`)).json();
  const { words } = products.find(({ id }) => id === answer.product);
  await page.goto(`${url}/${answerHash({ watch, answer })}`);
  const sentence = page.locator('main h2');
  await sentence.filter({ hasText: answer.headline }).waitFor({ timeout: SHOWN_MS });
  await page.getByLabel('Language').selectOption('ar');
  await page.waitForFunction(() => document.documentElement.dir === 'rtl');
  assert.equal(await page.locator('main .eyebrow').innerText(), words.ar.title);
  const told = await sentence.innerText();
  assert.notEqual(told, answer.headline);
  assert.ok(!/[{}]/.test(told), `a figure is missing: ${told}`);
  // What stands between the figures is the product's own Arabic.
  for (const part of words.ar.headline.split(/\{\w+\}/)) assert.ok(told.includes(part.trim()), told);
  await page.goto(`${url}/#/new-watch`);
  await page.locator('#watch-product').waitFor({ timeout: SHOWN_MS });
  const offered = await page.locator('#watch-product option').allInnerTexts();
  assert.deepEqual(
    offered,
    products.map((one) => one.words.ar.title),
  );
}

phoneHasASheet.context = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
export async function phoneHasASheet({ page, url }) {
  const { watch } = await firstAnswer(url);
  await page.goto(`${url}/${watchHash(watch)}`);
  await page.locator('.timeline').waitFor({ timeout: SHOWN_MS });
  assert.ok(
    await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth),
    'the page is too wide',
  );
  const heights = [];
  for (let press = 0; press < 3; press += 1) {
    heights.push((await page.locator('.panel').boundingBox()).height);
    const before = await page.evaluate(() => document.documentElement.dataset.sheet);
    await page.locator('.handle').tap();
    await page.waitForFunction((was) => document.documentElement.dataset.sheet !== was, before);
    await page
      .locator('.panel')
      .evaluate((panel) => Promise.all(panel.getAnimations().map((one) => one.finished)));
  }
  assert.equal(new Set(heights.map(Math.round)).size, 3, `the sheet has the heights ${heights}`);
  const wide = await page
    .locator('main :not(.scroll, .scroll *)')
    .evaluateAll((all) =>
      all
        .filter((one) => one.getBoundingClientRect().right > window.innerWidth + 1)
        .map((one) => one.className),
    );
  assert.deepEqual(wide, []);
}

export async function keyboardAloneReachesTheTrace({ page, url }) {
  const found = await firstAnswer(url);
  await page.goto(`${url}/${answerHash(found)}`);
  await page.locator('ol.steps > li').first().waitFor({ timeout: SHOWN_MS });
  await page.keyboard.press('Tab');
  assert.equal(
    await page.evaluate(() => document.activeElement?.className.includes('skip')),
    true,
    'no skip link first',
  );
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'panel-content');
  for (let press = 0; press < 40; press += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => document.activeElement?.closest('ol.steps') !== null)) break;
  }
  const step = () => page.evaluate(() => document.activeElement?.closest('[data-step]')?.dataset.step);
  const first = await step();
  assert.ok(first, 'Tab does not reach the trace');
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.notEqual(outline, 'none', 'the focus is not visible');
  await page.keyboard.press('ArrowDown');
  assert.notEqual(await step(), first, 'the arrow does not move in the list');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-expanded')), 'true');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !location.hash.includes('/answer/'), null, { timeout: SHOWN_MS });
}

export async function everythingIsNamedAndReadableDark({ page, url }) {
  await audit(page, url);
}

everythingIsNamedAndReadableLight.context = { colorScheme: 'light' };
export async function everythingIsNamedAndReadableLight({ page, url }) {
  await audit(page, url);
}

async function audit(page, url) {
  const found = await firstAnswer(url);
  for (const hash of [
    '#/',
    watchHash(found.watch),
    answerHash(found),
    `${watchHash(found.watch)}/layers`,
    '#/contacts/plan',
    '#/contacts/deliveries',
    '#/register/satellites',
    '#/assumptions',
    '#/new-watch',
  ]) {
    await page.goto(`${url}/${hash}`);
    await page.locator('main h2').first().waitFor({ timeout: SHOWN_MS });
    await page.waitForFunction(() => !document.querySelector('main .skeleton'), null, { timeout: SHOWN_MS });
    assert.deepEqual(await page.evaluate(faults), [], `on ${hash}`);
  }
}

/** Runs in the page: names, labels, unique ids, one main, order of headings, contrast of text (WCAG AA). */
function faults() {
  const found = [];
  const seen = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const name = (one) =>
    one.getAttribute('aria-label') ||
    one.textContent.trim() ||
    one.labels?.[0]?.textContent.trim() ||
    one.title;
  for (const one of document.querySelectorAll('a[href], button, input, select, [role="region"]'))
    if (seen(one) && !name(one)) found.push(`no name: ${one.outerHTML.slice(0, 120)}`);
  for (const image of document.querySelectorAll('img'))
    if (!image.hasAttribute('alt')) found.push('a picture without alt');
  const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
  for (const id of new Set(ids))
    if (ids.filter((one) => one === id).length > 1) found.push(`id twice: ${id}`);
  if (document.querySelectorAll('main').length !== 1) found.push('not one main');
  let level = 0;
  for (const heading of document.querySelectorAll('h1, h2, h3, h4')) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) found.push(`heading ${next} after ${level}: ${heading.textContent}`);
    level = next;
  }

  const rgba = (text) => {
    const values = text.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
    const unit = text.startsWith('color(') ? values.slice(0, 3).map((v) => v * 255) : values.slice(0, 3);
    return [...unit, values[3] ?? 1];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3]));
  const ground = (one) => {
    const chain = [];
    for (let at = one; at; at = at.parentElement) chain.unshift(rgba(getComputedStyle(at).backgroundColor));
    const dark = matchMedia('(prefers-color-scheme: dark)').matches;
    return chain.reduce((under, top) => over(top, under), dark ? [8, 14, 24] : [230, 238, 245]);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) =>
      v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const walker = document.createTreeWalker(document.querySelector('.panel'), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const one = node.parentElement;
    if (!node.textContent.trim() || !seen(one) || one.closest('.hidden, option, svg')) continue;
    const style = getComputedStyle(one);
    const under = ground(one);
    const [a, b] = [light(over(rgba(style.color), under)), light(under)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5)
      found.push(`contrast ${ratio.toFixed(2)}: “${node.textContent.trim().slice(0, 40)}” ${style.color}`);
  }
  return [...new Set(found)];
}
