// Checks the page of each example.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { accessible, open, parseToml, pictures, programs, tried } from './browser.mjs';
import { connections, copies, inShell, listed, messageIn } from './connect.mjs';
import { killAtExit, serve } from './served.mjs';

/** The example whose page the README shows: `readme.png` is `docs/page.png`. */
const PICTURED = 'humanitec_tokeninfo';

/**
 * What is tried in each example: an operation, a tool, a resource and a prompt, each with arguments and an excerpt of its answer; and
 * which tags and constraints of arguments the page shows. `api` returns the `--upstream` options of an example without a demo;
 * `own` lists the adapters of an example whose `#[capability]` already enables the page.
 */
export const EXAMPLES = [
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

export async function example({ name, tags = [], operation, tool, resource, prompt, constraints, api, own }) {
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
