/**
 * Opens the page in a real browser and uses it as a reader would. Against the mock by default; `CORRIDOR_URL`
 * names a running node instead. Prints `N passed, N failed` and fails if anything did.
 */
import { startMock } from '../mock/server.mjs';
import * as access from './access.mjs';
import * as cases from './cases.mjs';
import { launch } from './chromium.mjs';
import * as contacts from './contacts.mjs';
import * as layers from './layers.mjs';
import { SHOWN_MS } from './world.mjs';

const mock = process.env.CORRIDOR_URL ? undefined : await startMock();
const url = (process.env.CORRIDOR_URL ?? mock.url).replace(/\/$/, '');
const only = process.env.ONLY;

const browser = await launch();
let passed = 0;
let failed = 0;
for (const [name, test] of Object.entries({ ...cases, ...contacts, ...layers, ...access })) {
  if (only && !name.includes(only)) continue;
  const started = Date.now();
  try {
    await run(name, test);
    passed += 1;
    console.log(`ok    ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}\n      ${String(error.stack ?? error).replaceAll('\n', '\n      ')}`);
  }
}
await browser.close();
await mock?.close();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;

/** Every test also holds that nothing left the origin, nothing was thrown, and the policy was kept. */
async function run(name, test) {
  const context = await browser.newContext({
    viewport: { width: 1200, height: 760 },
    reducedMotion: 'reduce',
    colorScheme: 'dark',
    locale: 'en-GB',
    ...test.context,
  });
  const faults = [];
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(SHOWN_MS);
    const origin = new URL(url).origin;
    context.on('request', (request) => {
      const target = new URL(request.url());
      if (!['blob:', 'data:'].includes(target.protocol) && target.origin !== origin)
        faults.push(`a request left the origin: ${request.url()}`);
    });
    page.on('pageerror', (error) => faults.push(`thrown: ${error.message}`));
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) faults.push(message.text());
    });
    await test({ page, url, mock });
    if (faults.length) throw new Error(faults.join('\n'));
  } catch (error) {
    const pages = context.pages();
    if (process.env.SHOTS && pages[0])
      await pages[0].screenshot({ path: `${process.env.SHOTS}/${name}.png` });
    throw faults.length ? new Error([error.message, ...faults].join('\n')) : error;
  } finally {
    await context.close();
  }
}
