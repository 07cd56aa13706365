// Checks what rust-analyzer shows on hover over attributes and methods of the examples: `node check.mjs RUST_ANALYZER REPOSITORY`.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [program, repository] = process.argv.slice(2);

/** For each hover: the example, a piece of its code with `|` at the cursor, and excerpts that the hover must contain. */
const HOVERS = [
  ['github', '#[|capability(', ['| `binds(env(KEY))` |', '`NameClient` is the client']],
  ['github', '#[|get("/repos/{owner}/{repo}/issues"', ['Sends a GET request', '| `none_on(404)` |', '`{+name}` is filled with several segments']],
  ['github', '#[|post("/repos', ['Sends a POST request', '| `errors(400, 422)` |']],
  ['github', '#[|put("/user', ['Sends a PUT request']],
  ['github', '#[|tool(hints', ['Sets the MCP tool', '| `confirm`, `confirm = false` |', '`open_world` is true']],
  ['github', '#[|rest(path', ['Sets the route', '| `response_headers("Location")` |']],
  ['github', '#[|example("rust-lang")]', ['Publishes an example', 'may be repeated']],
  ['github', '#[|query(style = "comma")]', ['in the query of a request', '| `#[query(default = 30)]` |']],
  ['stripe', '#[|header("Idempotency-Key")]', ['in a header of a request', '| `#[header("If-Match")]` |']],
  ['stripe', '#[|body(form', ['as the body of a request', '`#[body(bytes)]`']],
  ['stripe', '#[|part(limit', ['as a part of', '| `#[part("label")]` |']],
  ['orchestrate', '#[|resource(', ['Makes a method an MCP resource', '| `mime_type = "…"` |']],
  ['orchestrate', '#[|prompt(', ['Makes a method an MCP prompt', '| `template = "…"` |']],
  ['orchestrate', '#[|output(', ['this JSONPath (RFC 9535)']],
  ['orchestrate', '#[|skip]', ['It has no route and no tool']],
  // The macro adds the request and the arguments to the documentation of a method.
  ['humanitec_tokeninfo', 'async fn |get_user_token(', ['Sends `GET /users/{userId}/tokens/{tokenId}`', '`user_id`: The user ID.', '`token_id`: The token ID.']],
];

const server = spawn(program, [], { stdio: ['pipe', 'pipe', 'inherit'], cwd: repository });
let received = Buffer.alloc(0);
let ready;
const isReady = new Promise((resolve) => { ready = resolve; });
const pending = new Map();
server.stdout.on('data', (data) => {
  received = Buffer.concat([received, data]);
  for (;;) {
    const end = received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(received.subarray(0, end))[1]);
    if (received.length < end + 4 + length) return;
    const message = JSON.parse(received.subarray(end + 4, end + 4 + length));
    received = received.subarray(end + 4 + length);
    if (message.method === 'experimental/serverStatus') {
      if (message.params.quiescent) ready(message.params);
    } else if (message.method && message.id !== undefined) {
      send({ id: message.id, result: message.method === 'workspace/configuration' ? message.params.items.map(() => SETTINGS) : null });
    } else if (pending.has(message.id)) {
      pending.get(message.id)(message.result);
      pending.delete(message.id);
    }
  }
});
const send = (message) => {
  const text = JSON.stringify({ jsonrpc: '2.0', ...message });
  server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
};
let ids = 0;
const ask = (method, params) => new Promise((resolve) => {
  ids += 1;
  pending.set(ids, resolve);
  send({ id: ids, method, params });
});

/** Turns off what hovers do not need: `cargo check` on save, and filling caches at the start. */
const SETTINGS = { checkOnSave: false, cachePriming: { enable: false }, cargo: { targetDir: true, features: ['document'] }, hover: { maxFieldsCount: 0 } };
const uri = (file) => pathToFileURL(file).href;
await ask('initialize', {
  processId: process.pid, rootUri: uri(repository), initializationOptions: SETTINGS,
  capabilities: {
    experimental: { serverStatusNotification: true },
    textDocument: { hover: { contentFormat: ['markdown'] } },
    window: { workDoneProgress: false },
    workspace: { configuration: false },
  },
});
send({ method: 'initialized', params: {} });
assert.ok(await isReady);

for (const [example, marked, parts] of HOVERS) {
  const file = join(repository, 'examples', `${example}.rs`);
  const text = readFileSync(file, 'utf8');
  const at = text.indexOf(marked.replace('|', ''));
  assert.ok(at >= 0, `${example}.rs has no ${marked}`);
  const before = text.slice(0, at + marked.indexOf('|')).split('\n');
  const position = { line: before.length - 1, character: before.at(-1).length };
  const hover = await ask('textDocument/hover', { textDocument: { uri: uri(file) }, position });
  // Tables are shown without the spaces around their cells, and a text may continue on the next line.
  const plain = (text) => text.replace(/ *\| */g, '|').replace(/\s+/g, ' ');
  const shown = hover ? plain(hover.contents.value) : 'nothing';
  for (const part of parts) assert.ok(shown.includes(plain(part)), `${example}.rs, ${marked}: ${part} is missing in\n${shown}`);
}
console.log(`${HOVERS.length} hovers show the expected texts`);
await ask('shutdown', null);
send({ method: 'exit' });
