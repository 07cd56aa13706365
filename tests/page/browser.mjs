// The browser in which pages are checked, and the arguments of `check.mjs`.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

export const [modules, programs, pictures, chromium, ...only] = process.argv.slice(2);
const require = createRequire(join(modules, 'package.json'));
const { chromium: browserType } = require('playwright-core');
export const { parse: parseToml } = require('smol-toml');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
mkdirSync(pictures, { recursive: true });

export const browser = await browserType.launch({ executablePath: chromium, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

/**
 * Opens a page, after `prepare` has set up its context. Its `close` fails if the browser has reported an error, or if the page has sent
 * a request to another origin.
 */
export async function open(url, options = {}, prepare = () => {}) {
  const permissions = ['clipboard-read', 'clipboard-write'];
  const context = await browser.newContext({ viewport: { width: 1180, height: 900 }, permissions, ...options });
  await prepare(context);
  const tab = await context.newPage();
  const complaints = [];
  tab.on('console', (message) => { if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text()); });
  tab.on('pageerror', (error) => complaints.push(String(error)));
  tab.on('request', (request) => { if (new URL(request.url()).origin !== new URL(url).origin && !request.url().startsWith('data:')) complaints.push(`asks for ${request.url()}`); });
  await tab.goto(url);
  await tab.waitForFunction(() => document.documentElement.dataset.ready === 'yes');
  return { tab, complaints, close: async () => { assert.deepEqual(complaints, [], url); await context.close(); } };
}

/** Runs the accessibility checker, which must find nothing. DevTools injects it, since the page's CSP blocks other scripts. */
export async function accessible(tab, what) {
  const session = await tab.context().newCDPSession(tab);
  await session.send('Runtime.evaluate', { expression: axe });
  const { result } = await session.send('Runtime.evaluate', {
    expression: 'axe.run(document, { resultTypes: ["violations"] }).then((found) => JSON.stringify(found.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html + " " + node.failureSummary).join(" | ")}`)))',
    awaitPromise: true, returnByValue: true,
  });
  const found = JSON.parse(result.value);
  assert.deepEqual(found, [], `${what} has findings`);
}

/** Opens a row, fills its form and submits it. Returns the status line and the content. */
export async function tried(row, values) {
  await row.locator(':scope > summary').click();
  const form = row.locator('form');
  await form.waitFor();
  for (const [name, value] of Object.entries(values)) await form.locator('.field', { has: row.page().locator(`label code:text-is("${name}")`) }).locator('input, select, textarea').fill(value);
  await form.locator('button[type=submit]').click();
  const status = row.locator('.answer .status');
  await status.waitFor();
  return { status: await status.textContent(), content: await row.locator('.answer').textContent() };
}
