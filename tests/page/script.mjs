// Checks the page's script alone, on a page with data of its own: what hostile documents and APIs could send, and what users type.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { open } from './browser.mjs';
import { words } from './connect.mjs';

/** The parts of the script, joined as the page joins them, but not in a function: checks can call all functions. */
const folder = new URL('../../naftiko-runtime/src/expose/page/', import.meta.url);
const order = [...readFileSync(new URL('assets.rs', folder), 'utf8').matchAll(/include_str!\("(script\/\w+\.js)"\)/g)];
const SCRIPT = order.map(([, file]) => readFileSync(new URL(file, folder), 'utf8')).join('');

/** Opens a page with this data at an address; `answer` returns the options with which a request to another path is answered. */
async function page({ data = {}, url = 'http://page.test/', beside = '', answer }) {
  const all = { openapi: { paths: {} }, order: [], tools: [], resources: [], prompts: [], rest: null, mcp: null, auth: { rest: null, mcp: null }, ...data };
  const rows = [...all.order.map((_, index) => `<details class="row" data-index="${index}"><summary>operation</summary></details>`), ...all.tools.map((_, index) => `<details class="row tool" data-index="${index}"><summary>tool</summary></details>`)];
  const text = JSON.stringify(all).replaceAll('<', '\\u003c');
  const body = `<!doctype html><html lang="en" data-beside="${beside}"><title>A page</title><p id="said"></p>${rows.join('')}<script type="application/json" id="data">${text}</script><script>${SCRIPT}</script>`;
  const serve = (route) => route.fulfill(route.request().url() === url.split('#')[0] ? { contentType: 'text/html; charset=utf-8', body } : answer(route.request()));
  return open(url, {}, (context) => context.route('http://page.test/**', serve));
}

/** JSON text is indented, in time that grows with its length alone. */
async function jsonText() {
  const { tab, close } = await page({});
  const pretty = (text) => tab.evaluate((text) => pretty(text), text);
  assert.equal(await pretty(' {"a":[ ],"b":{\n},"c":[{"d":1.10},[]],"e":"x\\"]}, y","f":"\\\\","é":-1e+2} '), `{
  "a": [],
  "b": {},
  "c": [
    {
      "d": 1.10
    },
    []
  ],
  "e": "x\\"]}, y",
  "f": "\\\\",
  "é": -1e+2
}`);
  for (const text of ['[]', '"a  b"', '1.50', '{"a": no}', 'a text']) assert.equal(await pretty(text), text);
  // Each of these texts would take minutes, or would fail, if the work grew faster than the text.
  const long = {
    brackets: () => `[${'{"a":[]},'.repeat(400000)}1]`, depth: () => '['.repeat(400000) + ']'.repeat(400000),
    string: () => `["${'a'.repeat(20000000)}"]`, escapes: () => `["${'\\n'.repeat(10000000)}"]`,
  };
  for (const [name, make] of Object.entries(long)) {
    const [text, shown] = [make(), await tab.evaluate(`pretty((${make})())`)];
    const [, start, more] = shown.match(/^(.*)\n… and (\d+) characters more$/s) || assert.fail(`${name}: ${shown.length} characters are shown`);
    assert.ok(start.length >= 200000 && start.length < 210000, `${name}: ${start.length} characters are shown`);
    // The start of the text, without the spaces that were added.
    assert.equal(start.replace(/[ \n]/g, ''), text.slice(0, text.length - Number(more)), name);
  }
  await close();
}

/** Addresses have neither the query nor the hash of the page's own address. */
async function addresses() {
  const cases = [
    ['http://page.test/?ref=mail#a', '', {}, ['http://page.test/', 'http://page.test', null]],
    ['http://page.test/capabilities?x', '', {}, ['http://page.test/', 'http://page.test', null]],
    ['http://page.test/a/docs?x', 'docs/', { mcp: { name: 'm', path: 'mcp' } }, ['http://page.test/a/docs/', 'http://page.test/a/docs', 'http://page.test/a/docs/mcp']],
    ['http://page.test/a/?x', '', { rest: '/api/', mcp: { name: 'm', path: '/mcp' } }, ['http://page.test/a/', 'http://page.test/api', 'http://page.test/mcp']],
    ['http://page.test/a/?x', '', { rest: '', mcp: { name: 'm', path: '' } }, ['http://page.test/a/', 'http://page.test/a', 'http://page.test/a/']],
    // A last segment that looks like a scheme.
    ['http://page.test/javascript:x', 'javascript:x/', {}, ['http://page.test/javascript:x/', 'http://page.test/javascript:x', null]],
  ];
  for (const [url, beside, data, expected] of cases) {
    const { tab, close } = await page({ url, beside, data });
    assert.deepEqual(await tab.evaluate(() => [beside(''), restBase(), mcpAddress()]), expected, url);
    await close();
  }
}

/** A shell passes to curl what the form sends, and runs nothing else. */
async function curlLines() {
  const text = { type: 'string' };
  const hostile = 'x`touch hurt`';
  const operation = (more, security = []) => ({ operationId: 'send', requestBody: more && { required: true, content: more }, security: security.map((name) => ({ [name]: [] })) });
  const paths = {
    '/json': { post: operation({ 'application/json': { schema: { type: 'object' } } }) },
    '/parts': { post: operation({ 'multipart/form-data': { schema: { properties: { note: text, other: text, file: { ...text, format: 'binary' } } } } }) },
    '/bearer': { post: operation({ 'text/plain': { schema: text } }, ['bearer']) },
    '/key': { post: operation({ 'text/plain': { schema: text } }, ['header', 'query']) },
    '/variable': { get: operation(undefined, ['variable']) },
  };
  const securitySchemes = {
    variable: { type: 'apiKey', in: 'header', name: '{{env.KEY}}' },
    bearer: { type: 'http', scheme: 'bearer' }, header: { type: 'apiKey', in: 'header', name: `X-${hostile}` }, query: { type: 'apiKey', in: 'query', name: 'a!b$c' },
  };
  const order = Object.entries(paths).map(([path, methods]) => [Object.keys(methods)[0], path]);
  const auth = { rest: { kind: 'apikey', name: hostile, in: 'header' }, mcp: null };
  const { tab, close } = await page({ data: { openapi: { paths, components: { securitySchemes } }, order, auth } });
  const row = async (path, values) => {
    const one = tab.locator('.row').nth(Object.keys(paths).indexOf(path));
    if (await one.getAttribute('open') === null) await one.locator(':scope > summary').click();
    for (const [name, value] of Object.entries(values)) {
      const field = one.locator('.field', { has: tab.locator('label', { hasText: name }) }).locator('input, textarea');
      await (typeof value === 'string' ? field.fill(value) : field.setInputFiles(value));
    }
    return words(await one.locator('.copy pre').textContent(), { TOKEN: 'T' });
  };
  const own = ['-H', `${hostile}: T`];
  const body = '{"note":"use curl -H x, -F y --data-raw z \\"}';
  assert.deepEqual(await row('/json', { body }), ['http://page.test/json', '-H', 'Content-Type: application/json', ...own, '--data-raw', body]);
  const file = { name: 'a;b,"c\\.txt', mimeType: 'text/plain', buffer: Buffer.from('x') };
  assert.deepEqual(await row('/parts', { note: '@/etc/passwd', other: '<a;type=b', file }),
    ['http://page.test/parts', ...own, '--form-string', 'note=@/etc/passwd', '--form-string', 'other=<a;type=b', '-F', 'file=@"a;b,\\"c\\\\.txt"']);
  const sent = ['-H', 'Content-Type: text/plain', ...own, '--data-raw', 'b'];
  assert.deepEqual(await row('/bearer', { body: 'b', Authorization: 'secret' }), ['http://page.test/bearer', '-H', 'Authorization: Bearer T', ...sent]);
  assert.deepEqual(await row('/bearer', { Authorization: 'Own secret' }), ['http://page.test/bearer', '-H', 'Authorization: T', ...sent]);
  assert.deepEqual(await row('/key', { body: 'b', 'X-': 'secret', 'a!b': 'secret' }), ['http://page.test/key?a!b%24c=T', '-H', `X-${hostile}: T`, ...sent]);
  // The form does not ask for the adapter's own key if its name is a variable.
  assert.deepEqual(await row('/variable', {}), ['http://page.test/variable', ...own]);
  assert.equal(await tab.locator('.row').last().locator('.field').count(), 0);
  await close();
}

/** Schemas that refer to themselves, that contain themselves many times, or that are not schemas. */
async function schemas() {
  const members = (count, ref) => ({ type: 'object', required: Array.from({ length: count }, (_, index) => `m${index}`), properties: Object.fromEntries(Array.from({ length: count }, (_, index) => [`m${index}`, { $ref: ref }])) });
  // Each of the types has two members of the next type.
  const chain = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`T${index}`, index < 63 ? members(2, `#/components/schemas/T${index + 1}`) : { type: 'string' }]));
  const body = { content: { 'application/json': { schema: { $ref: '#/components/schemas/T0' } } } };
  const paths = { '/chain': { post: { requestBody: body, responses: { 200: { content: body.content } } } } };
  const tool = (name, properties, more = {}) => ({ name, inputSchema: { type: 'object', properties, ...more } });
  const tools = [
    tool('circle', { own: { anyOf: [{ $ref: '#/properties/own' }] }, far: { allOf: [{ $ref: '#/properties/own' }] }, ref: { $ref: '#/properties/ref' } }),
    tool('union', { chosen: { anyOf: [{ $ref: '#/$defs/A' }, { $ref: '#/$defs/A' }] } }, { $defs: Object.fromEntries(Array.from({ length: 64 }, (_, index) => [index ? `A${index}` : 'A', { anyOf: [{ $ref: `#/$defs/A${index + 1}` }, { $ref: `#/$defs/A${index + 1}` }] }])) }),
    tool('wide', { all: { $ref: '#/$defs/Wide' } }, { required: ['all'], $defs: { Wide: members(40, '#/$defs/Wide') } }),
    tool('prototype', { all: JSON.parse('{"type":"object","required":["__proto__"],"properties":{"__proto__":{"type":"object","required":["hurt"],"properties":{"hurt":{"const":1}}}}}') }, { required: ['all'] }),
    tool('none', { any: { anyOf: 5, required: 5, properties: 5 } }),
  ];
  const { tab, close } = await page({ data: { openapi: { paths, components: { schemas: chain } }, order: [['post', '/chain']], tools, mcp: { name: 'm', path: '/mcp' } } });
  for (const row of await tab.locator('.row').all()) {
    await row.locator(':scope > summary').click();
    await row.locator(':scope > :not(summary)').waitFor();
  }
  const rows = tab.locator('.row');
  for (const fold of await tab.locator('details.fold > summary').all()) await fold.click();
  assert.deepEqual(await rows.nth(1).locator('label code').allTextContents(), ['own', 'far', 'ref']);
  assert.ok((await rows.nth(0).locator('.fold pre').first().textContent()).includes('m0: {'));
  assert.ok((await rows.nth(3).locator('textarea').inputValue()).includes('"m39"'));
  assert.deepEqual(JSON.parse(await rows.nth(4).locator('textarea').inputValue()), JSON.parse('{"__proto__":{"hurt":1}}'));
  assert.equal(await rows.nth(5).locator(':scope > :not(summary)').textContent(), 'This form cannot be shown.');
  await close();
}

/** The keyboard stays on the button that sends, and a screen reader announces the answer. */
async function sending() {
  const result = { jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: 'done' }] } };
  const answers = { '/read': { json: { a: 1 } }, '/moved': { status: 302, headers: { location: '/elsewhere' } }, '/mcp': { json: result } };
  const paths = { '/read': { get: {} }, '/moved': { get: {} } };
  const data = { openapi: { paths }, order: [['get', '/read'], ['get', '/moved']], tools: [{ name: 'read', inputSchema: {} }], mcp: { name: 'm', path: '/mcp' } };
  const { tab, close } = await page({ data, answer: (request) => answers[new URL(request.url()).pathname] });
  const expected = [/^200 OK/, /^A redirect, which this page does not follow/, /^The tool answered/];
  for (const [index, words] of expected.entries()) {
    const row = tab.locator('.row').nth(index);
    await row.locator(':scope > summary').click();
    const button = row.locator('button[type=submit]');
    await button.focus();
    await tab.keyboard.press('Enter');
    await row.locator('.answer .status').waitFor();
    await row.locator('button[type=submit]:enabled').waitFor();
    assert.match(await row.locator('.answer .status').textContent(), words);
    assert.match(await tab.locator('#said').textContent(), words);
    assert.ok(await button.evaluate((element) => element === document.activeElement), `${words}: the focus is lost`);
  }
  await close();
}

/** Texts are shown, and other content is saved, by media type. */
async function contents() {
  const { tab, close } = await page({});
  const shown = (type) => tab.evaluate(async (type) => (await contentOf(new Response('', { headers: { 'content-type': type } }), 'file', new Blob(['{"a":1}']))).node.textContent, type);
  const spreadsheet = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
  for (const type of ['application/json', 'Application/Problem+JSON; charset=utf-8']) assert.equal(await shown(type), '{\n  "a": 1\n}', type);
  for (const type of ['text/plain', 'text/csv', 'image/svg+xml', 'application/x-yaml', 'application/xml', 'application/x-www-form-urlencoded']) assert.equal(await shown(type), '{"a":1}', type);
  for (const type of [spreadsheet, 'image/png', 'application/octet-stream']) assert.match(await shown(type), /^Save 7 B/, type);
  // Values of an enum that are not strings; a template of 2 MB, which would take minutes if each brace were compared with each other.
  const options = await tab.evaluate(() => [...field('f', { enum: ['a', 1, { b: 2 }] }, {}, {}).input.options].map((one) => [one.value, one.textContent]));
  assert.deepEqual(options, [['', '–'], ['a', 'a'], ['1', '1'], ['{"b":2}', '{"b":2}']]);
  await tab.evaluate(() => { data.mcp = { name: 'm', path: null }; describeResource({ name: 'r', uri: '{'.repeat(2000000), arguments: [] }); });
  await close();
}

/** Checks the script. */
export async function script() {
  for (const part of [addresses, curlLines, jsonText, contents, schemas, sending]) await part();
  console.log('script: addresses, curl lines, answers, schemas, sending');
}
