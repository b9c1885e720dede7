/** What the tests learn from the node before they look at the page: the same on the mock and on the demo. */
/** A drawn map needs a while on a machine without a graphics card that is busy with other work. */
export const DRAWN_MS = 180_000;
export const SHOWN_MS = 60_000;

const json = async (path) => (await fetch(path)).json();
const e = encodeURIComponent;

/** The first watch that has an answer, and that answer. */
export async function firstAnswer(url) {
  for (const watch of await json(`${url}/api/watches`)) {
    const [answer] = await json(`${url}/api/watches/${e(watch.id)}/answers`);
    if (answer) return { watch, answer };
  }
  throw new Error('no watch of this node has an answer');
}

export const watchHash = (watch) => `#/watch/${e(watch.id)}`;
export const answerHash = ({ watch, answer }) =>
  `${watchHash(watch)}/answer/${e(answer.collection)}/${e(answer.item_id)}`;

export const trace = (url, answer) =>
  json(`${url}/api/answers/${e(answer.collection)}/${e(answer.item_id)}/trace`);
export const forecast = (url, watch) => json(`${url}/api/watches/${e(watch.id)}/forecast`);

export async function idle(page) {
  await page.waitForSelector('.globe[data-map-idle="true"]', { timeout: DRAWN_MS });
}
