/** The contact plan, what its passes carry, and where every delivery is. */
import assert from 'node:assert/strict';
import { DRAWN_MS, SHOWN_MS } from './world.mjs';

const json = async (path) => (await fetch(path)).json();
const PLAN = '#/contacts/plan';
const CHART = '.gantt .rows > li';

async function openPlan(page, url) {
  await page.goto(`${url}/${PLAN}`);
  await page.locator(CHART).first().waitFor({ timeout: DRAWN_MS });
  // What passes carry comes with the deliveries, which may come after the passes.
  await page.locator('.gantt g.booked').first().waitFor({ state: 'attached', timeout: DRAWN_MS });
}

/** A press that does not wait until a globe drawn without a graphics card stands still. */
const bookedOnly = (page) =>
  page.getByLabel('Only passes that carry something').evaluate((input) => input.click());

/** From and to of what the chart shows, and how many passes, stations and loaded passes it counts. */
async function counted(page) {
  const text = await page.locator('main [role="status"]').innerText();
  return text
    .match(/([\d,]+) passes at ([\d,]+) stations, ([\d,]+) of them/)
    ?.slice(1)
    .map((n) => Number(n.replaceAll(',', '')));
}

export async function everyStationIsARowOfTheChart({ page, url }) {
  await openPlan(page, url);
  const { forecast_epoch: from } = await json(`${url}/api/status`);
  const { contacts, matched } = await json(
    `${url}/api/contacts?from=${from}&to=${new Date(Date.parse(from) + 6 * 3_600_000).toISOString()}&limit=20000`,
  );
  assert.equal(matched, contacts.length);
  const stations = new Set(contacts.map(({ station }) => station));
  const [passes, rows, booked] = await counted(page);
  assert.ok(Math.abs(rows - stations.size) <= 3, `${rows} rows for ${stations.size} stations`);
  assert.ok(
    Math.abs(passes - contacts.length) < 0.1 * contacts.length,
    `${passes} of ${contacts.length} passes`,
  );
  assert.ok(booked > 0 && booked < passes);
  const more = page.getByRole('button', { name: /^Show all \d+ stations/ });
  if (await more.count()) await more.click();
  assert.equal(await page.locator(CHART).count(), rows);
  await bookedOnly(page);
  const [carrying, , still] = await counted(page);
  assert.deepEqual([carrying, still], [booked, booked]);
}

export async function aPassTellsWhatItCarriesAndShowsItsLink({ page, url }) {
  await openPlan(page, url);
  const { deliveries } = await json(`${url}/api/deliveries?limit=5000`);
  await bookedOnly(page);
  // By the keyboard alone: a station opens, one of its satellites tells its passes.
  const station = page.locator('.gantt button[aria-expanded]').first();
  await station.focus();
  await page.keyboard.press('Enter');
  assert.equal(await station.getAttribute('aria-expanded'), 'true');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const card = page.locator('[data-pass-card]').first();
  await card.waitFor({ timeout: SHOWN_MS });
  const [satellite, at, start] = (await card.getAttribute('data-pass-card')).split('|');
  const carried = deliveries.filter(
    (one) =>
      one.satellite === satellite &&
      one.legs.some((leg) => leg.station === at && Date.parse(leg.contact_start) === Number(start)),
  );
  assert.ok(carried.length > 0, 'a pass is drawn as booked and carries nothing');
  assert.equal(await card.locator('.loads > li').count(), carried.length);
  assert.match(await card.innerText(), /booked of .* possible \(\d/);
  assert.match(await card.innerText(), /priority \d/);
  await card.getByRole('button', { name: 'Show on the globe' }).click();
  const { legs } = carried.sort((a, b) => a.priority - b.priority)[0];
  const leg = legs.find((one) => one.station === at);
  const shown = Date.parse(await page.locator('.bar time').getAttribute('datetime'));
  assert.ok(shown >= Date.parse(leg.start) - 1000 && shown <= Date.parse(leg.end) + 1000, 'not at the pass');
  await page.waitForFunction(() => Number(document.querySelector('.globe')?.dataset.links) > 0, null, {
    timeout: DRAWN_MS,
  });
  const box = page.getByLabel('Contacts at this time');
  await box.evaluate((input) => input.click());
  await page.waitForFunction(() => document.querySelector('.globe')?.dataset.links === '0', null, {
    timeout: DRAWN_MS,
  });
}

/** Where something is once the panel around it has its width. */
async function settled(locator) {
  let box = await locator.boundingBox();
  for (let same = 0; same < 3; ) {
    await locator.page().waitForTimeout(100);
    const now = await locator.boundingBox();
    same = now.x === box.x && now.width === box.width ? same + 1 : 0;
    box = now;
  }
  return box;
}

export async function theChartMovesByKeysAndByDragging({ page, url }) {
  await openPlan(page, url);
  const view = () => page.locator('.gantt svg.bars').first().getAttribute('viewBox');
  const read = async () => (await view()).split(' ').map(Number);
  await page.locator('.gantt button').first().focus();
  const [x, , length] = await read();
  await page.keyboard.press('+');
  const [, , nearer] = await read();
  assert.ok(nearer < 0.6 * length, 'the plus key does not zoom');
  await page.keyboard.press('ArrowRight');
  const [moved] = await read();
  assert.ok(moved > x, 'the arrow does not move');
  await page.keyboard.press('0');
  await page.keyboard.press('+'); // the whole plan has no room to be dragged in
  const bars = await settled(page.locator('.gantt svg.bars').first());
  const [before] = await read();
  await page.mouse.move(bars.x + bars.width * 0.7, bars.y + 10);
  await page.mouse.down();
  await page.mouse.move(bars.x + bars.width * 0.3, bars.y + 10, { steps: 4 });
  await page.mouse.up();
  let share = 0;
  for (let looks = 0; looks < 50 && Math.abs(share - 0.4) >= 0.02; looks += 1) {
    await page.waitForTimeout(100); // the chart follows in the next frame
    const [after, , still] = await read();
    share = (after - before) / still;
  }
  assert.ok(Math.abs(share - 0.4) < 0.02, `dragged by 0.4 of the chart, moved by ${share}`);
  assert.equal(await page.locator('[data-pass-card]').count(), 0, 'a drag was taken for a press');
}

export async function theTableSaysTheSame({ page, url }) {
  await openPlan(page, url);
  const [passes] = await counted(page);
  await page.getByRole('button', { name: 'Table' }).click();
  const rows = page.locator('main table tbody tr');
  await rows.first().waitFor({ timeout: SHOWN_MS });
  assert.equal(await rows.count(), Math.min(100, passes));
  await rows.first().getByRole('button').click();
  await page.locator('[data-pass-card]').waitFor({ timeout: SHOWN_MS });
  await page.getByLabel('Filter by name').fill('no station of this name');
  await page.getByText('No pass matches in this time.').waitFor({ timeout: SHOWN_MS });
}

export async function deliveriesStandByTheirTraces({ page, url, mock }) {
  const { deliveries } = await json(`${url}/api/deliveries?limit=5000`);
  await page.goto(`${url}/#/contacts/deliveries`);
  const chips = page.locator('.chip');
  await chips.first().waitFor({ timeout: DRAWN_MS });
  assert.equal(await chips.count(), 6);
  const numbers = (await chips.locator('strong').allInnerTexts()).map((text) =>
    Number(text.replaceAll(',', '')),
  );
  assert.ok(
    Math.abs(numbers.reduce((sum, n) => sum + n, 0) - deliveries.length) <= 2,
    `${numbers} of ${deliveries.length}`,
  );
  const came = deliveries.find((one) => one.came.some(({ answer, at_node }) => answer && at_node));
  assert.ok(came, 'no delivery of this node has come');
  const { collection, item, at_node } = came.came.find(({ answer }) => answer);
  const e = encodeURIComponent;
  const trace = await json(`${url}/api/answers/${e(collection)}/${e(item)}/trace`);
  const there = trace.steps.find(({ step }) => step === 'transfer');
  // The mock's traces and deliveries are made up apart from one another.
  if (!mock) assert.equal(Date.parse(there.actual), Date.parse(at_node));
  const early = Date.parse(at_node) - Date.parse(came.promised.at_node) <= 60_000;
  await chips.filter({ hasText: early ? 'arrived' : 'late' }).click();
  const first = page
    .locator(`[data-delivery="${early ? 'arrived' : 'late'}"]`)
    .filter({ hasText: came.satellite })
    .first();
  await first.waitFor({ timeout: SHOWN_MS });
  assert.equal((await page.locator('[data-delivery]').count()) > 0, true);
  // Promised and actual stand beside one another, with the difference.
  assert.match(
    await first.locator('tbody tr').nth(1).innerText(),
    /\d\d:\d\d:\d\d[\s\S]*\d\d:\d\d:\d\d[\s\S]*[+−±]/,
  );
  await first.locator('summary').click();
  await first.getByRole('link').last().waitFor({ timeout: SHOWN_MS });
}

export async function aPlanThatCannotBeHadIsSaid({ page, url }) {
  const refuse = (route) =>
    route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      body: JSON.stringify({ title: 'busy', status: 503, detail: 'the plan is not there' }),
    });
  await page.route('**/api/contacts?**', refuse);
  await page.route('**/api/deliveries?**', refuse);
  await page.goto(`${url}/${PLAN}`);
  await page.getByRole('alert').filter({ hasText: 'the plan is not there' }).waitFor({ timeout: SHOWN_MS });
  await page.goto(`${url}/#/contacts/deliveries`);
  await page.getByRole('alert').filter({ hasText: 'the plan is not there' }).waitFor({ timeout: SHOWN_MS });
  await page.unroute('**/api/deliveries?**');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.locator('.chip').first().waitFor({ timeout: DRAWN_MS });
}

aSmallPhoneShowsThePlan.context = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
export async function aSmallPhoneShowsThePlan({ page, url }) {
  await openPlan(page, url);
  for (const language of ['en', 'ar']) {
    await page.getByLabel(/^Language$|^اللغة$/).selectOption(language);
    await page.waitForFunction(
      (dir) => document.documentElement.dir === dir,
      language === 'ar' ? 'rtl' : 'ltr',
    );
    for (const hash of [PLAN, '#/contacts/deliveries']) {
      await page.goto(`${url}/${hash}`);
      await page
        .locator(hash === PLAN ? CHART : '[data-delivery]')
        .first()
        .waitFor({ timeout: DRAWN_MS });
      const wide = await page.locator('main, main :not(.scroll, .scroll *, svg *)').evaluateAll((all) =>
        all
          .filter((one) => {
            const { left, right } = one.getBoundingClientRect();
            return right > window.innerWidth + 1 || left < -1;
          })
          .map((one) => `${one.tagName} ${one.getAttribute('class')}`),
      );
      assert.deepEqual(wide, [], `${hash} in ${language}`);
    }
  }
}
