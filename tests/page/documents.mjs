// Checks the pages of the documents in `served.mjs`.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accessible, open, parseToml, pictures, programs, tried } from './browser.mjs';
import { connections, inShell, listed, messageIn } from './connect.mjs';
import { HOSTILE, forwarding, guarded, hostile, many, serve, upstream } from './served.mjs';

/** The milliseconds within which a page of 500 operations has to be complete. */
const INTERACTIVE = 1000;

export async function manyOperations() {
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
export async function callers() {
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
export async function forwarded() {
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
  // A request is stopped, by keyboard too; what has arrived is shown.
  for (const [target, stop, answered] of [['endless', /^Stop \(\d+ B received\)$/, /^200 OK.* · stopped/], ['silent', /^Stop$/, /^No answer/]]) {
    await row.locator('form input[type=text]').fill(target);
    await row.locator('button[type=submit]').click();
    await row.locator('button', { hasText: stop }).focus();
    await tab.keyboard.press('Enter');
    await row.locator('.answer .status', { hasText: answered }).waitFor();
    if (target === 'endless') assert.ok((await row.locator('.answer').textContent()).includes('"/endless"'));
    const send = row.locator('button[type=submit]');
    assert.ok(await send.evaluate((element) => element === document.activeElement), `${target}: the focus is lost`);
    assert.equal(await row.locator('button', { hasText: /^Stop/ }).isVisible(), false);
  }
  await accessible(tab, 'forwarded');
  await connections(tab, parseToml, { name: 'forwarding-mcp', url: `${url}mcp?key=TOKEN` });
  assert.deepEqual(await listed(`${url}mcp?key=key%20of%20a%20caller`), ['read']);
  await close();
  await stop();
  api.stop();
  console.log('forwarded: any method, a key in the query');
}

export async function hostileTexts() {
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
