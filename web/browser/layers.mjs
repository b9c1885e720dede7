/** A layer of the map: its product, its dates, and how it is drawn. */
import assert from 'node:assert/strict';
import { difference } from './pixels.mjs';
import { DRAWN_MS, firstAnswer, idle, SHOWN_MS, watchHash } from './world.mjs';

const json = async (path) => (await fetch(path)).json();
const FREE = { x: 480, y: 90, width: 400, height: 400 };

/** The watch with the longest series of scenes that have bands to choose from. */
async function scenes(url) {
  let best;
  for (const watch of await json(`${url}/api/watches`)) {
    const { features } = await json(`${url}/stac/search?bbox=${watch.bbox}&limit=100`);
    const raw = features.filter(({ collection }) => !collection.startsWith('answers-'));
    if (raw.length > (best?.count ?? 0)) best = { watch, count: raw.length, collection: raw[0].collection };
  }
  assert.ok(best?.count > 1, 'no watch of this node has scenes of two dates');
  return best;
}

async function openScenes(page, url) {
  const found = await scenes(url);
  await page.goto(`${url}/${watchHash(found.watch)}/layers/${encodeURIComponent(found.collection)}`);
  await page.locator('#explore-see').waitFor({ timeout: DRAWN_MS });
  await tiles(page);
  return found;
}

async function tiles(page) {
  await page.waitForFunction(() => Number(document.querySelector('.globe')?.dataset.answerTiles) > 0, null, {
    timeout: DRAWN_MS,
  });
  await idle(page);
}

/** Sets a control as a hand would, without waiting until the globe stands still. */
const set = (locator, value) =>
  locator.evaluate((input, next) => {
    input.value = next;
    input.dispatchEvent(new Event('input', { bubbles: true }));
    input.dispatchEvent(new Event('change', { bubbles: true }));
  }, value);

/** Tiles that the next change asks for, until one comes whose address `fits`. */
const asked = (page, fits) =>
  page.waitForResponse(
    (response) => /\/\d+\/\d+\/\d+\.png/.test(response.url()) && fits(new URL(response.url())),
    {
      timeout: DRAWN_MS,
    },
  );

export async function aLayerChangesProductDateAndStyle({ page, url }) {
  const { collection } = await openScenes(page, url);
  const products = await page
    .locator('#explore-product option')
    .evaluateAll((all) => all.map((one) => one.value));
  assert.ok(products.length > 1 && products.includes(collection));
  const before = await page.screenshot({ clip: FREE });

  // An index is drawn from an expression, in the colours and the range of the legend.
  const see = page.locator('#explore-see');
  const index = await see
    .locator('option')
    .evaluateAll((all) => all.find((one) => one.textContent === 'NDVI')?.value);
  assert.ok(index, 'a scene with red and near infrared offers no NDVI');
  let tile = asked(page, ({ searchParams }) => searchParams.has('expression'));
  await set(see, index);
  let response = await tile;
  assert.equal(response.status(), 200);
  const sent = new URL(response.url()).searchParams;
  assert.equal(sent.get('rescale'), '-1,1');
  assert.equal(JSON.parse(sent.get('colormap')).length, 11);
  await idle(page);
  await page.waitForTimeout(3000);
  const ndvi = await page.screenshot({ clip: FREE });
  assert.ok(difference(before, ndvi) > 0.05, 'another style leaves the picture as it was');
  assert.match(await page.locator('.legend.card').innerText(), /NDVI[\s\S]*-1[\s\S]*1[\s\S]* m/);

  tile = asked(page, ({ searchParams }) => searchParams.get('rescale') === '-0.2,0.8');
  await page.locator('#explore-low').fill('-0.2');
  await page.locator('#explore-high').fill('0.8');
  assert.equal((await tile).status(), 200);
  await page.locator('#explore-low').fill('2');
  await page.getByRole('alert').filter({ hasText: 'first below the second' }).waitFor({ timeout: SHOWN_MS });
  await page.locator('#explore-low').fill('-0.2');

  tile = asked(page, ({ searchParams }) => searchParams.get('colormap')?.includes('#440154'));
  await set(page.locator('#explore-colormap'), 'viridis');
  assert.equal((await tile).status(), 200);

  // Another date is another item, in the same style.
  const item = new URL(response.url()).pathname.split('/')[3];
  tile = asked(
    page,
    ({ pathname, searchParams }) => pathname.split('/')[3] !== item && searchParams.has('expression'),
  );
  await page
    .getByRole('button', { name: 'Earlier date' })
    .first()
    .evaluate((button) => button.click());
  response = await tile;
  assert.ok([200, 204].includes(response.status()));

  const other = products.find((one) => one !== collection);
  tile = asked(page, ({ pathname }) => decodeURIComponent(pathname.split('/')[2]) === other);
  await set(page.locator('#explore-product'), other);
  assert.ok([200, 204].includes((await tile).status()));
}

export async function anOwnExpressionIsDrawnOrRefusedInWords({ page, url }) {
  await openScenes(page, url);
  const see = page.locator('#explore-see');
  const own = await see
    .locator('option')
    .evaluateAll((all) => all.find((one) => one.textContent === 'Own expression of bands')?.value);
  await set(see, own);
  const field = page.locator('#explore-expression');
  await field.waitFor({ timeout: SHOWN_MS });
  const tile = asked(page, ({ searchParams }) => searchParams.get('expression') === 'b1/(b2+1)');
  await field.fill('b1/(b2+1)');
  assert.ok([200, 204].includes((await tile).status()));
  await field.fill('b1 $ b2');
  await page.getByRole('alert').filter({ hasText: 'expression' }).waitFor({ timeout: SHOWN_MS });
  await field.fill('b1');
  await page
    .getByRole('alert')
    .filter({ hasText: 'expression' })
    .waitFor({ state: 'detached', timeout: SHOWN_MS });
}

export async function twoDatesAreComparedByASwipe({ page, url }) {
  await openScenes(page, url);
  await page.getByLabel('Compare with another date').evaluate((input) => input.click());
  const second = page.locator('.second');
  await second.waitFor({ state: 'attached', timeout: DRAWN_MS });
  const dates = await page.locator('.divider .date').allInnerTexts();
  assert.notEqual(dates[0], dates[1]);
  await page.waitForFunction(() => Number(document.querySelector('.second')?.dataset.otherTiles) > 0, null, {
    timeout: DRAWN_MS,
  });
  const handle = page.locator('.divider [role="slider"]');
  const at = async () => Number(await handle.getAttribute('aria-valuenow'));
  const start = await at();
  await handle.focus();
  await page.keyboard.press('ArrowLeft');
  assert.ok((await at()) < start, 'the arrow does not move the divider');
  const place = await handle.boundingBox();
  await page.mouse.move(place.x + 20, place.y + 20);
  await page.mouse.down();
  await page.mouse.move(900, place.y + 20, { steps: 3 });
  await page.mouse.up();
  for (let looks = 0; looks < 50 && (await at()) !== 75; looks += 1) {
    await page.waitForTimeout(100); // the divider follows in the next frame
  }
  assert.equal(await at(), 75);
  assert.match(await second.evaluate((one) => one.style.clipPath), /75%/);
}

export async function anAnswerLeadsToItsLayer({ page, url }) {
  const { watch, answer } = await firstAnswer(url);
  const e = encodeURIComponent;
  await page.goto(`${url}/${watchHash(watch)}/answer/${e(answer.collection)}/${e(answer.item_id)}`);
  await page.getByRole('link', { name: 'Product, dates and style' }).click();
  await page.locator('#explore-see').waitFor({ timeout: DRAWN_MS });
  assert.equal(await page.locator('#explore-product').inputValue(), answer.collection);
  // The mask has the classes of its product, in the legend as on the ground.
  const products = await json(`${url}/api/products`);
  const { style } = products.find(({ id }) => id === answer.product);
  const legend = await page.locator('.legend.card').innerText();
  assert.ok(legend.includes(style.classes.at(-1).label), legend);
  assert.match(legend, /\d+ k?m/);
}

aSmallPhoneChangesALayer.context = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
export async function aSmallPhoneChangesALayer({ page, url }) {
  await openScenes(page, url);
  for (const language of ['en', 'ar']) {
    await page.getByLabel(/^Language$|^اللغة$/).selectOption(language);
    await page.waitForFunction(
      (dir) => document.documentElement.dir === dir,
      language === 'ar' ? 'rtl' : 'ltr',
    );
    const see = page.locator('#explore-see');
    await set(see, await see.locator('option').last().getAttribute('value'));
    await page.locator('#explore-expression').waitFor({ timeout: SHOWN_MS });
    const wide = await page.locator('main, main *, .legend.card, .legend.card *').evaluateAll((all) =>
      all
        .filter((one) => {
          const { left, right } = one.getBoundingClientRect();
          return right > window.innerWidth + 1 || left < -1;
        })
        .map((one) => `${one.tagName} ${one.getAttribute('class')}`),
    );
    assert.deepEqual(wide, [], language);
  }
}
