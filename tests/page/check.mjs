// Checks the page of each example in a browser: opens and searches it, tries an operation, calls a tool, reads a resource, renders a
// prompt; in light and dark, narrow, printed, by keyboard; what it offers to copy. Also: callers with a token, an index, forwarded
// requests, 500 operations, hostile texts.
// `node check.mjs MODULES PROGRAMS PICTURES CHROMIUM`, with the names of examples or functions to
// run only these.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connections, copies, inShell, listed, messageIn } from './connect.mjs';
import { HOSTILE, forwarding, guarded, hostile, killAtExit, many, serve, upstream } from './served.mjs';

const [modules, programs, pictures, chromium, ...only] = process.argv.slice(2);
const require = createRequire(join(modules, 'package.json'));
const { chromium: browserType } = require('playwright-core');
const { parse: parseToml } = require('smol-toml');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
mkdirSync(pictures, { recursive: true });

/** The example whose page the README shows: `readme.png` is `docs/page.png`. */
const PICTURED = 'humanitec_tokeninfo';

/** The milliseconds within which a page of 500 operations has to be complete. */
const INTERACTIVE = 1000;

/**
 * What is tried in each example: an operation, a tool, a resource and a prompt, each with arguments and an excerpt of its answer; and
 * which tags and constraints of arguments the page shows. `api` returns the `--upstream` options of an example without a demo;
 * `own` lists the adapters of an example whose `#[capability]` already enables the page.
 */
const EXAMPLES = [
  {
    name: 'humanitec_tokeninfo', tags: ['Humanitec', 'TokenInfo'],
    operation: ['GET', '/v1/users/{userId}/tokens', { userId: 'u-1' }, '"ci"'],
    tool: ['lists-tokens-associated-user', { userId: 'u-1' }, '"ci"'],
    constraints: ['POST /v1/users/{userId}/tokens', 'expires_at?: string  // matches ^[0-9]{4}-'],
  },
  { name: 'label_studio_tokens', tags: ['Label Studio', 'subpackage_tokens'] },
  {
    name: 'logto_create_resource', tags: ['Logto', 'Resources'],
    constraints: ['POST /v1/api/resources', 'tenantId?: string  // at most 21 characters', 'name: string  // at least 1 character ·', 'accessTokenTtl?: number  // default 3600'],
  },
  { name: 'logto_subject_tokens', tags: ['Logto', 'Subject tokens'] },
  {
    name: 'orchestrate',
    operation: ['GET', '/v1/customers/{id}/summary', { id: 'c-1' }, '"Ada"'],
    tool: ['summary', { id: 'c-1' }, '"Ada"'],
    resource: ['open-orders', { id: 'c/1' }, '"o-2"'],
    prompt: ['remind', { id: 'c-1', words: '70' }, 'a reminder of at most 70 words'],
  },
  {
    name: 'reminders',
    operation: ['GET', '/v1/customers/{id}/debt', { id: '7' }, '850'],
    tool: ['debt', { id: '7' }, '850'],
  },
  { name: 'stackrox_apitokens', tags: ['Stackrox', 'APITokenService'] },
  {
    name: 'bookshelf', own: ['bookshelf-rest', 'bookshelf-mcp'], tags: ['books', 'in memory'],
    operation: ['GET', '/v1/books', { words: '["march"]', limit: '5' }, '"Middlemarch"'],
    tool: ['list', { words: '["march"]', limit: '5' }, '"Middlemarch"'],
    constraints: ['GET /v1/books', 'array of strings · at most 8 items · each 1 to 20 characters', 'integer · 1 to 100 · default 20'],
  },
  {
    name: 'github', api: (url) => [`github=${url}`],
    operation: ['GET', '/v1/repos/{owner}/{repo}/raw/{path}', { owner: 'a', repo: 'b', path: 'c d/e.png' }, 'Save 4 B (image/png)'],
    tool: ['list-issues', { owner: 'a', repo: 'b' }, 'It does not start'],
    constraints: ['GET /v1/repos/{owner}/{repo}/issues', 'array of strings'],
  },
  {
    name: 'stripe', api: (url) => [`stripe=${url}/v1`, `stripe-files=${url}/v1`],
    operation: ['GET', '/v1/payment_intents/{id}', { id: 'pi_1' }, '"succeeded"'],
    tool: ['read-payment', { id: 'pi_1' }, '"succeeded"'],
    constraints: ['GET /v1/payment_intents', 'integer · 1 to 100 · default 10'],
  },
];
/** The variables of the examples' credentials. */
const CREDENTIALS = { GITHUB_TOKEN: 'none', STRIPE_KEY: 'none' };

const browser = await browserType.launch({ executablePath: chromium, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

/** Opens a page. Its `close` fails if the browser has reported an error, or if the page has sent a request to another origin. */
async function open(url, options = {}) {
  const permissions = ['clipboard-read', 'clipboard-write'];
  const context = await browser.newContext({ viewport: { width: 1180, height: 900 }, permissions, ...options });
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
async function accessible(tab, what) {
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
async function tried(row, values) {
  await row.locator(':scope > summary').click();
  const form = row.locator('form');
  await form.waitFor();
  for (const [name, value] of Object.entries(values)) await form.locator('.field', { has: row.page().locator(`label code:text-is("${name}")`) }).locator('input, select, textarea').fill(value);
  await form.locator('button[type=submit]').click();
  const status = row.locator('.answer .status');
  await status.waitFor();
  return { status: await status.textContent(), content: await row.locator('.answer').textContent() };
}

async function example({ name, tags = [], operation, tool, resource, prompt, constraints, api, own }) {
  const program = join(programs, 'examples', name);
  const standIn = api && await apiOf(api);
  // Each example has one REST and one MCP adapter, whose default ports may be in use.
  const ports = own || await namespaces(program);
  const source = standIn ? standIn.options : own ? [] : ['--demo'];
  const { urls, stop } = await serve(program, ['serve', ...source, ...own ? [] : ['--page'], ...ports.flatMap((one) => ['--port', `${one}=0`])], ports.length, CREDENTIALS);
  const url = `${Object.values(urls).find((one) => !one.endsWith('/mcp'))}/`;
  const { tab, close } = await open(url);
  const data = JSON.parse(await tab.locator('#data').textContent());
  await accessible(tab, `${name}, closed`);
  await tab.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });

  // What it is.
  const { info } = data.openapi;
  assert.equal(await tab.locator('h1').textContent(), info.title);
  assert.equal(await tab.locator('.lead').textContent(), info.description);
  assert.deepEqual(await tab.locator('.tags li').allTextContents(), tags);

  // Search.
  const first = data.order[0];
  await tab.locator('body').press('/');
  await tab.keyboard.type(`${first[0]} ${first[1].split('/').pop()}`);
  assert.ok(await tab.locator('#operations .row:visible').count() >= 1);
  await tab.locator('#search').fill('no such thing anywhere');
  assert.equal(await tab.locator('.row:visible').count(), 0);
  assert.ok(await tab.getByText('No operation matches.').isVisible());
  await tab.locator('#search').fill('');
  assert.equal(await tab.locator('.row:visible').count(), data.order.length + data.tools.length + data.resources.length + data.prompts.length);

  // Links to rows. A hash with invalid percent-encoding opens no row; `open` waits until the whole script has run.
  if (name === PICTURED) {
    for (const hash of ['#%', '#%E0%A4%A', `#tool-${data.tools[0].name}`]) {
      const linked = await open(url + hash);
      assert.equal(await linked.tab.locator('.row[open]').count(), hash.startsWith('#tool') ? 1 : 0, hash);
      await linked.close();
    }
  }

  // An operation and a tool are tried with the values of `EXAMPLES`, or with placeholders for the required arguments.
  const operationRow = operation ? tab.locator('#operations .row').nth(data.order.findIndex(([method, path]) => method === operation[0].toLowerCase() && path === operation[1])) : tab.locator('#operations .row').first();
  const answer = await tried(operationRow, operation ? operation[2] : await values(data, tab));
  assert.match(answer.status, /^(2\d\d|4\d\d) /, `${name}: ${answer.status}`);
  assert.match(answer.status, /^\d{3} .*\d+ ms · [\d.]+ (B|KiB)$/, `${name}: status, time and size`);
  if (operation) { assert.match(answer.status, /^200 /); assert.ok(answer.content.includes(operation[3]), answer.content); }
  const line = await operationRow.locator('.copy pre').first().textContent();
  assert.match(line, /^curl /);
  if (operation) await sameByCurl(operationRow, line);
  if (name === PICTURED) {
    await tab.setViewportSize({ width: 1120, height: 1045 });
    await tab.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
    await tab.screenshot({ path: join(pictures, 'readme.png') });
    await tab.setViewportSize({ width: 1180, height: 900 });
  }
  const toolRow = tool ? tab.locator(`[id="tool-${tool[0]}"]`) : tab.locator('#tools .row').first();
  const called = await tried(toolRow, tool ? tool[1] : toolValues(data.tools[0]));
  assert.match(called.status, /^The tool (answered|reports an error)/, `${name}: ${called.status}`);
  assert.match(called.status, /\d+ ms$/, `${name}: the time of the call`);
  if (tool) {
    assert.match(called.status, /answered/);
    assert.ok(called.content.includes(tool[2]), called.content);
    const { result } = messageIn(await inShell(await toolRow.locator('.copy pre').textContent()));
    assert.ok(JSON.stringify(result).includes(tool[2].replaceAll('"', '')), `${name}: the tool by curl: ${JSON.stringify(result)}`);
  }
  await offered(tab, 'resource', resource, /^The resource was read: application\/json/);
  await offered(tab, 'prompt', prompt, /^1 message/);
  assert.deepEqual([data.resources.length > 0, data.prompts.length > 0], [!!resource, !!prompt], `${name}: something is not tried`);
  // The page shows the same token counts as the command `tools`.
  const table = (await run(program, ['tools'])).split('\n');
  for (const one of data.tools) {
    const cost = await tab.locator(`[id="tool-${one.name}"] .cost`).textContent();
    const line = table.find((line) => line.startsWith(`${one.name} `));
    assert.equal(cost.match(/\d+/)[0], line.split(/\s+/)[1], `${name}: ${one.name}`);
  }
  assert.match(table.join('\n'), new RegExp(`about ${(await tab.locator('.facts').textContent()).match(/about (\d+) tokens/)[1]} tokens`));
  // What the page offers to copy.
  await connections(tab, parseToml, { name: data.mcp.name, url: `${url}mcp` });
  assert.deepEqual((await listed(`${url}mcp`)).sort(), data.tools.map((one) => one.name).sort());
  assert.ok(await copies(tab) >= 8, 'fewer than the lines of an operation and a tool, and six clients');
  // Constraints of arguments.
  if (constraints) await constrained(tab, data, constraints);
  // All schemas open.
  for (const fold of await tab.locator('.row[open] details.fold > summary').all()) await fold.click();
  await tab.locator('#document details > summary').click();
  await tab.getByText('naftiko:').first().waitFor();
  await accessible(tab, `${name}, open`);
  // Rows outside of the window are not rendered, so this screenshot needs a tall one.
  await tab.setViewportSize({ width: 1180, height: 2600 });
  await tab.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
  await tab.screenshot({ path: join(pictures, `${name}-open.png`) });
  await tab.setViewportSize({ width: 1180, height: 900 });

  // Dark by the button; in print; on a phone, dark by the system's setting.
  await tab.locator('#theme').click();
  assert.equal(await tab.evaluate(() => document.documentElement.dataset.theme), 'dark');
  await accessible(tab, `${name}, dark`);
  await tab.screenshot({ path: join(pictures, `${name}-dark.png`) });
  await tab.emulateMedia({ media: 'print' });
  await tab.screenshot({ path: join(pictures, `${name}-print.png`), fullPage: true });
  assert.equal(await tab.locator('.top, button, .token').locator('visible=true').count(), 0, 'controls are printed');
  assert.equal(await tab.locator('.row > summary').locator('visible=true').count(), data.order.length + data.tools.length + data.resources.length + data.prompts.length);
  assert.equal(await tab.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(255, 255, 255)', 'dark paper');
  await close();
  await byKeyboard(url, data);
  const phone = await open(url, { viewport: { width: 390, height: 800 }, colorScheme: 'dark', isMobile: true, hasTouch: true });
  await phone.tab.locator('#operations .row summary').first().click();
  assert.ok(await phone.tab.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'wider than a phone');
  await accessible(phone.tab, `${name}, narrow`);
  await phone.tab.screenshot({ path: join(pictures, `${name}-phone.png`) });
  await phone.close();
  await stop();
  if (standIn) standIn.stop();
  console.log(`${name}: ${data.order.length} operations, ${data.tools.length} tools`);
}

/** Starts an API for an example without a demo. Returns the options to use it, and a function to stop it. */
async function apiOf(api) {
  const child = spawn('node', [fileURLToPath(new URL('../openapi/upstream.mjs', import.meta.url)), '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  killAtExit(child);
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { options: api(line).flatMap((one) => ['--upstream', one]), stop: () => child.kill() };
}

/** Checks that the page shows the same content, type and length that its curl line gets. */
async function sameByCurl(row, line) {
  const headers = row.locator('.answer details.fold', { hasText: 'Headers' });
  await headers.locator('summary').click();
  await headers.locator('pre').waitFor();
  const shown = Object.fromEntries((await headers.locator('pre').textContent()).split('\n').map((one) => one.split(/: (.*)/s).slice(0, 2)));
  const [head, ...rest] = (await inShell(`${line} --include --output - | base64 -w0`).then((text) => Buffer.from(text, 'base64').toString('latin1'))).split('\r\n\r\n');
  const sent = Object.fromEntries(head.split('\r\n').slice(1).map((one) => one.split(/: (.*)/s).slice(0, 2)));
  assert.equal(shown['content-type'], sent['content-type']);
  assert.equal(shown['content-length'], sent['content-length']);
  const content = row.locator('.answer pre[aria-label="Content of the answer"]');
  if (await content.count()) assert.deepEqual(JSON.parse(await content.textContent()), JSON.parse(Buffer.from(rest.join(''), 'latin1').toString('utf8')));
  else assert.ok((await row.locator('.answer a[download]').textContent()).startsWith(`Save ${rest.join('\r\n\r\n').length} B`));
}

/** Checks that an operation's form and schemas show these constraints. */
async function constrained(tab, data, [operation, ...parts]) {
  const index = data.order.findIndex(([method, path]) => `${method.toUpperCase()} ${path}` === operation);
  const row = tab.locator('#operations .row').nth(index);
  if (await row.getAttribute('open') === null) await row.locator(':scope > summary').click();
  await row.locator('form').waitFor();
  const schema = row.locator('details.fold', { hasText: 'Schema of the body' });
  if (await schema.count()) {
    await schema.locator('summary').click();
    await schema.locator('pre').waitFor();
  }
  const texts = [...await row.locator('form .rule').allTextContents(), ...await schema.locator('pre').allTextContents()].join('\n');
  for (const part of parts) assert.ok(texts.includes(part), `${operation}: ${part} is not shown in ${texts}`);
}

/** Reads a resource, or renders a prompt. `given` is its name, its arguments and an excerpt of its answer. */
async function offered(tab, kind, given, status) {
  if (!given) return;
  const [name, arguments_, part] = given;
  const row = tab.locator(`[id="${kind}-${name}"]`);
  const answer = await tried(row, arguments_);
  assert.match(answer.status, status);
  assert.ok(answer.content.includes(part), answer.content);
  assert.match(await row.locator('.copy pre').textContent(), /^curl .*--data-raw /s);
}

/** Checks that the first operation can be found, opened and sent with the keyboard alone. */
async function byKeyboard(url, data) {
  const { tab, close } = await open(url);
  const focused = () => tab.evaluate(() => document.activeElement.outerHTML.slice(0, 80));
  await tab.keyboard.press('Tab');
  assert.match(await focused(), /class="skip"/);
  await tab.keyboard.press('/');
  assert.match(await focused(), /id="search"/);
  await tab.keyboard.type(data.order[0][1].split('/').pop());
  const operation = tab.locator('#operations .row:visible').first();
  const tabTo = async (wanted) => {
    for (let steps = 0; steps < 40; steps += 1) {
      if (await wanted.evaluate((element) => element === document.activeElement)) return;
      await tab.keyboard.press('Tab');
    }
    assert.fail(`the keyboard does not reach it; the focus is on ${await focused()}`);
  };
  await tabTo(operation.locator('> summary'));
  await tab.keyboard.press('Enter');
  const button = operation.locator('button[type=submit]');
  await button.waitFor();
  for (const input of await operation.locator('.field input[type=text][aria-required]').all()) { await tabTo(input); await tab.keyboard.type('1'); }
  await tabTo(button);
  await tab.keyboard.press('Enter');
  await operation.locator('.answer .status').waitFor();
  await close();
}

/** Returns what a program prints. */
async function run(program, args) {
  const { execFileSync } = await import('node:child_process');
  return execFileSync(program, args, { encoding: 'utf8' });
}

/** Returns the namespaces of a program's adapters, from its help. */
async function namespaces(program) {
  const help = await run(program, ['serve', '--help']);
  return [...help.matchAll(/^ {2}(?:rest|mcp) +(\S+) +(?:port|any)/gm)].map((match) => match[1]);
}

/** Returns a value for each required parameter of the first operation that is neither a boolean nor an enum. */
async function values(data) {
  const [method, path] = data.order[0];
  const operation = data.openapi.paths[path][method];
  const required = (operation.parameters || []).filter((one) => one.required && one.schema.type !== 'boolean' && !one.schema.enum);
  return Object.fromEntries(required.map((one) => [one.name, one.schema.type === 'integer' ? '1' : 'a']));
}

function toolValues(tool) {
  const { properties = {}, required = [] } = tool.inputSchema;
  return Object.fromEntries(required.filter((name) => properties[name].type === 'string' && !properties[name].enum).map((name) => [name, 'a']));
}

async function manyOperations() {
  const file = join(pictures, 'many.naftiko.yaml');
  writeFileSync(file, many(500));
  const { urls, stop } = await serve(join(programs, 'naftiko'), ['serve', file, '--page', '--port', 'many-rest=0', '--port', 'many-mcp=0'], 2);
  // Other work of this machine can slow some of the attempts down.
  const timings = [];
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const { tab, close } = await open(`${urls['many-rest']}/`);
    await tab.locator('#search').fill('number 499');
    await tab.waitForFunction(() => [...document.querySelectorAll('#operations .row')].filter((row) => !row.hidden).length === 1);
    await tab.locator('#search').fill('');
    await tab.locator('#operations .row summary').first().click();
    await tab.locator('#operations .row form').waitFor();
    await tab.screenshot({ path: join(pictures, 'many.png') });
    timings.push(await tab.evaluate(() => Math.round(performance.getEntriesByType('navigation')[0].domComplete)));
    await close();
  }
  await stop();
  console.log(`500 operations: complete after ${timings.join(', ')} ms`);
  assert.ok(Math.min(...timings) < INTERACTIVE, `500 operations take ${timings.join(', ')} ms`);
}

/** Callers with a token; MCP with sessions; files; the index of two capabilities. */
async function callers() {
  const folder = join(pictures, 'guide');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'a b.md'), '# Start here');
  const [one, two] = [join(pictures, 'guarded.naftiko.yaml'), join(pictures, 'many-too.naftiko.yaml')];
  writeFileSync(one, guarded(folder));
  writeFileSync(two, many(2));
  const api = await upstream();
  const ports = ['guarded-rest', 'guarded-mcp', 'many-rest', 'many-mcp'].flatMap((name) => ['--port', `${name}=0`]);
  const { urls, stop } = await serve(join(programs, 'naftiko'), ['serve', one, two, '--page', '--upstream', `things=${api.url}`, ...ports], 4, { CALLER_TOKEN: 'token-of-a-caller' });
  const url = `${urls['guarded-rest']}/`;
  const { tab, complaints } = await open(url);
  await accessible(tab, 'with a token');
  const rows = { operation: tab.locator('#operations .row'), tool: tab.locator('#tools .row'), thing: tab.locator('#resource-thing'), guide: tab.locator('#resource-guide'), prompt: tab.locator('#prompt-review') };
  const given = { operation: { id: '7' }, tool: { id: '7' }, thing: { id: 'a b' }, guide: { path: 'a b.md' }, prompt: { thing: 'it' } };
  for (const [kind, row] of Object.entries(rows)) {
    const refused = await tried(row, given[kind]);
    assert.match(refused.status, kind === 'operation' ? /^401/ : /^(401|Refused)/, `${kind} without a token: ${refused.status}`);
  }
  await tab.locator('#token').fill('token-of-a-caller');
  await tab.locator('#token-form button').click();
  await tab.getByText('Kept for this tab.').waitFor();
  const expected = {
    operation: [/^200/, '"/things/7"'], tool: [/^The tool answered/, '"/things/7"'], thing: [/^The resource was read: application\/json/, '"/things/a%20b"'],
    guide: [/^The resource was read: text\/markdown/, '# Start here'], prompt: [/^2 messages/, 'Review it in a  tone.'],
  };
  for (const [kind, row] of Object.entries(rows)) {
    await row.locator('button[type=submit]').click();
    const [status, part] = expected[kind];
    await row.locator('.answer .status', { hasText: status }).waitFor({ timeout: 10000 }).catch(async () => assert.fail(`${kind}: ${await row.locator('.answer').textContent()}`));
    assert.ok((await row.locator('.answer').textContent()).includes(part), `${kind}: ${await row.locator('.answer').textContent()}`);
    assert.ok((await row.locator('.copy pre').textContent()).includes('"Authorization: Bearer $TOKEN"'), `${kind}: curl`);
    assert.ok(!(await row.locator('.copy pre').textContent()).includes('token-of-a-caller'), `${kind}: curl shows the token`);
  }
  // The token at the top is the only one that is asked for.
  assert.deepEqual(await rows.operation.locator('form label code').allTextContents(), ['id']);
  // With sessions, the curl line of a tool opens a session first.
  const byCurl = await inShell(await rows.tool.locator('.copy pre').textContent(), { TOKEN: 'token-of-a-caller' });
  assert.ok(JSON.stringify(messageIn(byCurl).result).includes('/things/7'), byCurl);
  const header = ['Authorization', 'Bearer TOKEN'];
  await connections(tab, parseToml, { name: 'guarded-mcp', url: `${url}mcp`, header, codex: { bearer_token_env_var: 'TOKEN' } });
  assert.deepEqual(await listed(`${url}mcp`, { Authorization: 'Bearer token-of-a-caller' }), ['read']);
  await accessible(tab, 'with a token, open');
  await tab.screenshot({ path: join(pictures, 'guarded.png'), fullPage: true });
  // The files of a folder are suggested once they can be listed.
  await tab.reload();
  await tab.locator('#resource-guide summary').first().click();
  await tab.locator('#resource-guide datalist option[value="a b.md"]').waitFor({ state: 'attached' });
  // The token stays in this tab: it is there after a reload, and in no other tab and no storage that others read.
  assert.equal(await tab.locator('#token').inputValue(), 'token-of-a-caller');
  assert.ok(!JSON.stringify(await tab.evaluate(() => ({ ...localStorage }))).includes('token-of-a-caller'));
  assert.deepEqual(await tab.context().cookies(), []);
  const other = await tab.context().newPage();
  await other.goto(url);
  assert.equal(await other.locator('#token').inputValue(), '');
  for (const path of ['', 'capability.yaml', 'openapi.json', 'openapi.yaml', 'capabilities']) {
    assert.ok(!(await (await fetch(url + path)).text()).includes('token-of-a-caller'), `${path} shows the token`);
  }
  // Where the browser forbids storage, the token is used until the page is reloaded.
  const strict = await open(url);
  await strict.tab.addInitScript(() => Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('forbidden', 'SecurityError'); } }));
  await strict.tab.reload();
  await strict.tab.locator('#token').fill('token-of-a-caller');
  await strict.tab.locator('#token-form button').click();
  await strict.tab.getByText('Kept until this page is reloaded: the browser forbids storage.').waitFor();
  const answer = await tried(strict.tab.locator('#operations .row'), given.operation);
  assert.match(answer.status, /^200/);
  await strict.tab.reload();
  assert.deepEqual([await strict.tab.locator('#token').inputValue(), await strict.tab.locator('#token-state').textContent()], ['', 'None.']);
  await strict.close();
  // The index leads to the other capability.
  await other.getByText('2 capabilities on this server').click();
  await other.getByRole('heading', { name: 'Capabilities', exact: true }).waitFor();
  await accessible(other, 'the index');
  await other.screenshot({ path: join(pictures, 'index.png') });
  await other.getByRole('link', { name: 'Many operations' }).click();
  await other.getByText('Reads thing number 1.').first().waitFor();
  assert.deepEqual(complaints, []);
  await tab.context().close();
  await stop();
  api.stop();
  console.log('callers: a token, sessions, files, an index');
}

/** Forwarded requests, of any method; a key in the query. */
async function forwarded() {
  const file = join(pictures, 'forwarding.naftiko.yaml');
  writeFileSync(file, forwarding);
  const api = await upstream();
  const ports = ['forwarding-rest', 'forwarding-mcp'].flatMap((name) => ['--port', `${name}=0`]);
  const { urls, stop } = await serve(join(programs, 'naftiko'), ['serve', file, '--page', '--upstream', `things=${api.url}`, ...ports], 2, { CALLER_TOKEN: 'key of a caller' });
  const url = `${urls['forwarding-rest']}/`;
  const { tab, close } = await open(url);
  await tab.locator('#token').fill('key of a caller');
  await tab.locator('#token-form button').click();
  await tab.locator('#search').fill('proxy');
  const row = tab.locator('#operations .row:visible');
  assert.equal(await row.count(), 1);
  await row.locator(':scope > summary').click();
  await row.locator('form').waitFor();
  const methods = await row.locator('select option').allTextContents();
  assert.deepEqual([methods[0], [...methods].sort()], ['GET', ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']]);
  for (const method of ['PUT', 'GET']) {
    await row.locator('select').first().selectOption(method);
    await row.locator('form input[type=text]').fill('a b/c');
    await row.locator('button[type=submit]').click();
    await row.locator('.answer .status', { hasText: /^200/ }).waitFor();
    assert.ok((await row.locator('.answer').textContent()).includes('"/a%20b/c"'), method);
    const line = await row.locator('.copy pre').textContent();
    assert.ok(!line.includes('key of a caller'), line);
    assert.deepEqual(JSON.parse(await inShell(line, { TOKEN: 'key%20of%20a%20caller' })), { path: '/a%20b/c' });
  }
  await accessible(tab, 'forwarded');
  await connections(tab, parseToml, { name: 'forwarding-mcp', url: `${url}mcp?key=TOKEN` });
  assert.deepEqual(await listed(`${url}mcp?key=key%20of%20a%20caller`), ['read']);
  await close();
  await stop();
  api.stop();
  console.log('forwarded: any method, a key in the query');
}

async function hostileTexts() {
  const file = join(pictures, 'hostile.naftiko.yaml');
  writeFileSync(file, hostile());
  const { urls, stop } = await serve(join(programs, 'naftiko'), ['serve', file, '--page', '--port', 'hostile-rest=0', '--port', 'hostile-mcp=0'], 2);
  const url = `${urls['hostile-rest']}/`;
  const { tab, complaints } = await open(url);
  for (const summary of await tab.locator('.row > summary').all()) await summary.click();
  await tab.locator('.row form').first().waitFor();
  for (const fold of await tab.locator('.row[open] details.fold > summary').all()) await fold.click();
  assert.equal(await tab.evaluate(() => globalThis.hurt), undefined);
  assert.ok(await tab.locator('body').isVisible());
  assert.equal(await tab.locator('script').count(), 2);
  assert.equal(await tab.locator('style').count(), 1);
  assert.equal(await tab.locator('img, svg, iframe, object, embed, [onload], [onerror]').count(), 0);
  assert.equal(await tab.locator('a[href^="javascript"]').count(), 0);
  assert.ok((await tab.locator('h1').textContent()).includes(HOSTILE[0]));
  assert.deepEqual(complaints, []);
  // Even if a script got into the page, its content security policy would block it.
  await tab.evaluate(() => { const script = document.createElement('script'); script.textContent = 'globalThis.hurt = 9'; document.body.append(script); }).catch(() => {});
  assert.equal(await tab.evaluate(() => globalThis.hurt), undefined);
  for (const path of ['', 'capability.yaml', 'openapi.json', 'openapi.yaml']) {
    const text = await (await fetch(url + path)).text();
    for (const secret of ['upstream.example', 'secret-place', 'literal-secret']) assert.ok(!text.includes(secret), `${path} shows ${secret}`);
  }
  await tab.screenshot({ path: join(pictures, 'hostile.png'), fullPage: true });
  await tab.context().close();
  await stop();
  console.log('hostile texts: nothing happened');
}

try {
  const wanted = (name) => !only.length || only.includes(name);
  for (const one of EXAMPLES) if (wanted(one.name)) await example(one);
  for (const part of [callers, forwarded, manyOperations, hostileTexts]) if (wanted(part.name)) await part();
} finally {
  await browser.close();
}
