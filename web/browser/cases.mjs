/** The page on the demo's data, from the list of watches to the digests of an answer's trace. */
import assert from 'node:assert/strict';
import { difference } from './pixels.mjs';
import { answerHash, DRAWN_MS, firstAnswer, forecast, idle, SHOWN_MS, trace, watchHash } from './world.mjs';

export async function globeShowsWatchesAndSatellites({ page, url }) {
  const { watch } = await firstAnswer(url);
  await page.goto(`${url}/`);
  await page.getByRole('heading', { name: 'Corridor' }).waitFor({ timeout: SHOWN_MS });
  await page.locator('main').getByRole('link', { name: watch.name }).waitFor({ timeout: SHOWN_MS });
  await page.waitForFunction(() => Number(document.querySelector('.globe')?.dataset.satellites) > 0, null, {
    timeout: DRAWN_MS,
  });
  await page
    .locator('.watch-marker a', { hasText: watch.name })
    .waitFor({ state: 'attached', timeout: SHOWN_MS });
}

export async function forecastIsATimelineAndATable({ page, url }) {
  const { watch } = await firstAnswer(url);
  const { entries } = await forecast(url, watch);
  assert.ok(entries.length > 0, 'the node forecasts nothing');
  await page.goto(`${url}/${watchHash(watch)}`);
  const rows = page.locator('.timeline ol > li');
  await rows.first().waitFor({ timeout: SHOWN_MS });
  assert.equal(await rows.count(), Math.min(10, entries.length));
  assert.ok((await rows.first().innerText()).includes(entries[0].satellite), 'the earliest is not on top');
  const planned = entries.slice(0, 10).filter((entry) => entry.planned).length;
  assert.equal(await rows.locator('.badge.planned').count(), planned);

  await rows.first().getByRole('button').click();
  assert.equal(await rows.first().getByRole('button').getAttribute('aria-pressed'), 'true');
  const shown = Date.parse(await page.locator('.bar time').getAttribute('datetime'));
  const middle = (Date.parse(entries[0].observed_start) + Date.parse(entries[0].observed_end)) / 2;
  assert.ok(Math.abs(shown - middle) < 1000, 'the globe is not at the moment of the observation');

  await page.getByRole('button', { name: 'Table' }).click();
  assert.equal(await page.locator('main table tbody tr').count(), Math.min(10, entries.length));
}

export async function answerLayerIsDrawn({ page, url }) {
  await page.goto(`${url}/${answerHash(await firstAnswer(url))}`);
  await page.waitForFunction(() => Number(document.querySelector('.globe')?.dataset.answerTiles) > 0, null, {
    timeout: DRAWN_MS,
  });
  await idle(page);
  await page.getByText('Replay of a real scene').first().waitFor({ timeout: SHOWN_MS });
  const free = { x: 480, y: 90, width: 400, height: 480 };
  const withAnswer = await page.screenshot({ clip: free });
  const box = page.locator('input[data-layer="answer"]');
  await box.evaluate((input) => input.click());
  await page.waitForTimeout(4000);
  const without = await page.screenshot({ clip: free });
  const changed = difference(withAnswer, without);
  assert.ok(
    changed > 0.003,
    `taking the answer layer off changed only ${(changed * 100).toFixed(2)} % of the picture`,
  );
}

export async function traceTellsEveryStepWithDigests({ page, url }) {
  const found = await firstAnswer(url);
  const { steps } = await trace(url, found.answer);
  await page.goto(`${url}/${answerHash(found)}`);
  const shown = page.locator('ol.steps > li');
  await shown.first().waitFor({ timeout: SHOWN_MS });
  assert.equal(await shown.count(), steps.length);
  for (const [index, step] of steps.entries()) {
    const row = shown.nth(index);
    const button = row.locator('button[aria-expanded]');
    await button.click();
    assert.equal(await button.getAttribute('aria-expanded'), 'true');
    const text = await row.innerText();
    for (const { sha256 } of [...step.inputs, ...step.outputs])
      assert.ok(text.includes(sha256.slice(0, 12)), `step ${step.step} does not show digest ${sha256}`);
  }
  const digests = steps.flatMap((step) => [...step.inputs, ...step.outputs]);
  assert.ok(digests.length > 0, 'no step has a digest');
}

export async function traceIsInTheReadersLanguage({ page, url }) {
  const found = await firstAnswer(url);
  const { steps } = await trace(url, found.answer);
  await page.goto(`${url}/${answerHash(found)}`);
  const titles = page.locator('ol.steps > li .title');
  await titles.first().waitFor({ timeout: SHOWN_MS });
  await page.waitForFunction(() => document.documentElement.dir === 'rtl');
  for (const [index, step] of steps.entries()) {
    const title = titles.nth(index);
    const text = await title.innerText();
    assert.match(text, /[\u0600-\u06ff]/, `step ${step.step} is not in Arabic: ${text}`);
    assert.equal(await title.getAttribute('lang'), null);
    const { satellite, station } = step.said;
    for (const name of [satellite, station].filter(Boolean))
      assert.ok(text.includes(name), `${name} is not whole in: ${text}`);
  }
}
traceIsInTheReadersLanguage.context = { locale: 'ar' };

export async function registerMarksWhatIsPlanned({ page, url }) {
  const satellites = await (await fetch(`${url}/api/register/satellites`)).json();
  await page.goto(`${url}/#/register/satellites`);
  await page.locator('main li button').first().waitFor({ timeout: SHOWN_MS });
  assert.equal(await page.locator('main li button').count(), satellites.length);
  const planned = satellites.filter((satellite) => satellite.planned);
  assert.equal(await page.locator('main .badge.planned').count(), planned.length);
  for (const tab of ['missions', 'instruments', 'stations']) {
    await page.goto(`${url}/#/register/${tab}`);
    await page.locator('main li p, main li button').first().waitFor({ timeout: SHOWN_MS });
  }
}

export async function assumptionsHaveSources({ page, url }) {
  const settings = await (await fetch(`${url}/api/assumptions`)).json();
  await page.goto(`${url}/#/assumptions`);
  await page.locator('main .list li').first().waitFor({ timeout: SHOWN_MS });
  assert.equal(await page.locator('main .list li').count(), settings.length);
  assert.ok((await page.locator('main .list').innerText()).includes(settings[0].key));
}

export async function watchIsAddedAndRemoved({ page, url }) {
  const name = `Test place ${Date.now()}`;
  await page.goto(`${url}/#/new-watch`);
  await page.getByLabel('Name of the place').fill(name);
  await page.locator('#watch-product option').first().waitFor({ state: 'attached', timeout: SHOWN_MS });
  for (const [label, value] of [
    ['West', '-35.1'],
    ['South', '-8.2'],
    ['East', '-34.7'],
    ['North', '-8.3'],
  ])
    await page.getByLabel(label).fill(value);
  await page.getByRole('button', { name: 'Add watch' }).click();
  await page.getByRole('alert').waitFor({ timeout: SHOWN_MS });
  await page.getByLabel('North').fill('-7.9');
  await page.getByRole('button', { name: 'Add watch' }).click();
  await page.getByRole('heading', { name }).waitFor({ timeout: SHOWN_MS });
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.locator('.button.danger').click();
  await page.waitForFunction(() => location.hash === '#/', null, { timeout: SHOWN_MS });
  assert.equal(await page.locator('main').getByRole('link', { name }).count(), 0);
}

export async function awayNodeIsSaidAndRetried({ page, url }) {
  await page.route('**/api/**', (route) => route.abort());
  await page.goto(`${url}/`);
  await page.getByRole('alert').waitFor({ timeout: SHOWN_MS });
  await page.unroute('**/api/**');
  // The page may have come back by itself before a finger could press.
  await page.evaluate(() => document.querySelector('[role="alert"] button')?.click());
  await page.getByRole('alert').waitFor({ state: 'detached', timeout: SHOWN_MS });
}

export async function newsArrivesByItself({ page, url, mock }) {
  if (!mock) return;
  await page.goto(`${url}/`);
  await page.getByText('Live').waitFor({ timeout: SHOWN_MS });
  const { answer } = await firstAnswer(url);
  mock.tell('answer', { ...answer, id: 1, headline: 'New water' });
  await page.getByText('New water').waitFor({ timeout: SHOWN_MS });
}
