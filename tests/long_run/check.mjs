// A long run at 80% of capacity, while 5% of the requests to the API meet a fault: memory and descriptors stay flat, no write is lost
// or done twice, and calls end within their time limit. With the URL of a Redis in NAFTIKO_TEST_REDIS, there are three replicas behind
// nginx, one of which is killed halfway and comes back.
// `node check.mjs NAFTIKO [SECONDS]`: 20 seconds by default; 600 is a long run.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const [naftiko, seconds = '20'] = process.argv.slice(2);
const SECONDS = Number(seconds);
const redis = process.env.NAFTIKO_TEST_REDIS;
const here = dirname(fileURLToPath(import.meta.url));
/** The share of requests that meet a fault. */
const FAULTS = 0.05;
/** The share of the measured capacity at which calls start. */
const SHARE = 0.8;
/** The number of callers that measure the capacity. */
const AT_ONCE = 32;
/** The maximum number of calls in flight. With so many, the machine is busy with something else, and no further call starts. */
const MOST_AT_ONCE = 256;
/** The time limit of a call, in milliseconds: `Limits::operation`. */
const CALL_LIMIT = 55_000;
/** The time limit of a try, in milliseconds, as set in the document. */
const TRY_LIMIT = 1_000;
/** How long any call, and 99 of 100 calls, may take, in milliseconds: generous, since the machine can be busy. */
const SLOWEST = { any: CALL_LIMIT + 1_000, most: 4_000 };
/** The maximum number of tries of a read, and of a write with a key. */
const TRIES = 3;
/** The fraction of calls that must succeed: more if they are retried than if they are sent once. 5% of the requests meet a fault. */
const DONE = { read: 0.99, keyed: 0.99, once: 0.9 };
/** The fraction of the calls that may be late. */
const MOST_LATE = 0.05;
/** The fraction of calls that may not start: a shared machine can become slower than it was when its capacity was measured. */
const MOST_POSTPONED = 0.25;
/** Allowed growth: of memory from the first to the last tenth (the allocator's noise), and of descriptors (connections to Redis). */
const NOISE = { share: 1.15, bytes: 8 * 2 ** 20, descriptors: 8 };
/** The maximum number of connections per call: most of the faults close one, and each peak of calls opens some. */
const MOST_CONNECTIONS = 0.1;
/** How long a program may take to close connections that its callers and the API have closed, in milliseconds. */
const CLOSING = 10_000;
const MODERN = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };

/** What the API did for each order: with which keys it arrived, how often it took effect, and how each of its requests ended. */
const ledger = new Map();
let share = 0;
const faults = {};
/** The order of each idempotency key: of two orders with the same key, one would never be done. */
const keyed = new Map();
let wrongKey;

const FAULT_NAMES = ['reset before', 'reset after', '500', '503', 'slow', 'cut'];

function answerOf(kind, id) { return JSON.stringify({ order: `${kind}/${id}`, text: 'x'.repeat(64) }); }

async function upstreamOrders(request, response) {
  const [, kind, id] = request.url.split('/');
  const key = request.headers['idempotency-key'];
  const entry = ledger.get(request.url) ?? { ends: [], effects: 0, keys: undefined };
  ledger.set(request.url, entry);
  if (kind === 'keyed') {
    if (typeof key !== 'string' || key === '') wrongKey ??= `${request.url} has no key`;
    else if ((keyed.get(key) ?? request.url) !== request.url) wrongKey ??= `${request.url} has the key of ${keyed.get(key)}`;
    else keyed.set(key, request.url);
  } else if (key !== undefined) wrongKey ??= `${request.url} has a key`;
  const fault = Math.random() < share ? FAULT_NAMES[Math.floor(Math.random() * FAULT_NAMES.length)] : undefined;
  entry.ends.push(fault ?? 'answered');
  if (fault) faults[fault] = (faults[fault] ?? 0) + 1;
  const takesEffect = !['reset before', '500', '503'].includes(fault);
  if (takesEffect && kind !== 'read') {
    // An API that supports keys does an order once for each key.
    const isRepeated = kind === 'keyed' && entry.keys?.includes(key);
    if (kind === 'keyed' && !isRepeated) (entry.keys ??= []).push(key);
    if (!isRepeated) entry.effects += 1;
  }
  const body = answerOf(kind, id);
  if (fault === 'reset before' || fault === 'reset after') return request.socket.resetAndDestroy();
  if (fault === '500') return response.writeHead(500).end();
  if (fault === '503') return response.writeHead(503, { 'retry-after': '1' }).end();
  if (fault === 'slow') await sleep(1_500);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  if (fault === 'cut') {
    response.write(body.slice(0, 20), () => response.socket?.destroy());
    return undefined;
  }
  return response.end(body);
}

async function listening(handler) {
  const server = createServer(handler);
  const connections = { count: 0 };
  server.on('connection', () => { connections.count += 1; });
  // Node.js closes idle connections after 5 s, even while a call is on its way: that would be one more fault.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const disconnect = () => server.closeAllConnections();
  return { port: server.address().port, connections, disconnect, stop: () => { server.close(); disconnect(); } };
}

async function freePort() {
  const { port, stop } = await listening();
  stop();
  return port;
}

/** A program that serves the document; a restart uses the same ports. */
class Served {
  constructor(rest, mcp, control, api) { Object.assign(this, { rest, mcp, control, api, wasKilled: false, samples: [] }); }

  async start() {
    const ports = ['--port', `orders-rest=${this.rest}`, '--port', `orders-mcp=${this.mcp}`, '--control', String(this.control)];
    const args = ['serve', join(here, 'orders.naftiko.yaml'), ...ports, '--upstream', `orders=${this.api}`];
    const shared = redis ? { NAFTIKO_STORE: redis, NAFTIKO_STATE_KEY: 'a key of all replicas, for these checks alone' } : {};
    this.child = spawn(naftiko, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...shared, RUST_LOG: 'off' } });
    this.ended = once(this.child, 'exit').then(([code]) => code);
    const started = new Promise((resolve) => {
      let count = 0;
      createInterface({ input: this.child.stdout }).on('line', (line) => {
        if (line.startsWith('listening') && (count += 1) === 3) resolve('started');
      });
    });
    assert.equal(await Promise.race([started, this.ended]), 'started', 'the program ended');
    // Counted at the first start only: a restarted replica gets calls at once.
    this.descriptorsAtFirst ??= this.descriptors();
  }

  /** Resident memory in bytes. */
  memory() {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) * 1024;
  }

  /** How many files and connections are open. */
  descriptors() { return readdirSync(`/proc/${this.child.pid}/fd`).length; }

  /** How many attempts this process has not made, because the retry budget was used up. */
  async refusedRetries() {
    const metrics = await (await fetch(`http://127.0.0.1:${this.control}/metrics`)).text();
    const counts = [...metrics.matchAll(/^naftiko_refused_retries_total\{.*\} (\d+)$/gm)].map(([, count]) => Number(count));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  stop(signal) {
    this.child?.kill(signal);
    return this.ended;
  }
}

const agent = new Agent({ keepAlive: true });
let requests = 0;

/** Sends a request. Returns the status, type and text of the response, or `undefined` if the connection broke. */
function send(port, method, path, headers, body) {
  return new Promise((resolve) => {
    const request = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => { text += chunk; });
      response.on('end', () => resolve({ status: response.statusCode, type: response.headers['content-type'] ?? '', text }));
      response.on('error', () => resolve(undefined));
    });
    request.on('error', () => resolve(undefined));
    request.end(body);
  });
}

/** Failures of calls whose answer came too late: their effect is unknown to the caller. */
const LATE = /took too long/;

/** Returns the outcome of a call that failed: `late`, or `failed` with the reason. */
const failed = (text) => (LATE.test(text) ? 'late' : ['failed', text.slice(0, 300)]);

/** Makes one call and returns its outcome: `done`, `failed`, `late`, or `cut` if the connection broke or nginx answered with an error page. */
async function call(entrance, kind, id, way) {
  const expected = answerOf(kind, id);
  if (way === 'rest') {
    const answer = await send(entrance.rest, kind === 'read' ? 'GET' : 'POST', `/${kind}/${id}`, {});
    if (!answer || answer.type.startsWith('text/html')) return 'cut';
    if (answer.status !== 200) {
      assert.ok(answer.type.startsWith('application/problem+json'), `${answer.status} ${answer.type} ${answer.text}`);
      return failed(answer.text);
    }
    assert.deepEqual(JSON.parse(answer.text), JSON.parse(expected), 'the answer of another call');
    return 'done';
  }
  const number = ++requests;
  const params = { name: kind, arguments: { id }, ...(way === 'modern' && { _meta: MODERN }) };
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  if (way === 'modern') Object.assign(headers, { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': kind });
  const message = JSON.stringify({ jsonrpc: '2.0', id: number, method: 'tools/call', params });
  const answer = await send(entrance.mcp, 'POST', '/mcp', headers, message);
  if (!answer || answer.type.startsWith('text/html')) return 'cut';
  const { id: answered, result } = JSON.parse(answer.text);
  assert.equal(answered, number, `the answer of another call: ${answer.text}`);
  if (result.isError) return failed(result.content[0].text);
  assert.deepEqual(JSON.parse(result.content[0].text), JSON.parse(expected), 'the answer of another call');
  return 'done';
}

const KINDS = ['read', 'read', 'keyed', 'once'];
const WAYS = ['rest', 'modern', 'rest', 'legacy'];
let next = 0;
/** The calls that have ended: `[path, outcome, began, took, why it failed]`. */
const calls = [];
const outcomes = {};
let flying = 0;
let broken;

async function oneCall(entrance, began = performance.now()) {
  const index = next;
  next += 1;
  const [kind, way] = [KINDS[index % 4], WAYS[Math.floor(index / 4) % 4]];
  flying += 1;
  try {
    const [outcome, detail] = [await call(entrance, kind, `n-${index}`, way)].flat();
    const row = (outcomes[`${kind} ${way === 'rest' ? 'REST' : 'MCP'}`] ??= { done: 0, failed: 0, late: 0, cut: 0 });
    row[outcome] += 1;
    calls.push([`/${kind}/n-${index}`, outcome, began, performance.now() - began, detail]);
  } catch (error) {
    broken ??= error;
  } finally {
    flying -= 1;
  }
}

/** Returns how many calls a second the whole set-up can do, with a fixed number of callers. */
async function capacity(entrance) {
  const until = performance.now() + Math.min(10_000, SECONDS * 250);
  const [first, began] = [next, performance.now()];
  const caller = async () => { while (performance.now() < until && !broken) await oneCall(entrance); };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
  return ((next - first) * 1000) / (performance.now() - began);
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const mebibytes = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

function checkMemory(served, name) {
  const tenth = Math.max(1, Math.floor(served.samples.length / 10));
  const [was, is] = [mean(served.samples.slice(0, tenth)), mean(served.samples.slice(-tenth))];
  console.log(`${name}: memory ${mebibytes(was)} → ${mebibytes(is)}`);
  assert.ok(is <= was * NOISE.share + NOISE.bytes, `${name} leaks memory`);
}

/** Checks that the program closes its side of all connections whose other side has been closed. */
async function checkDescriptors(served, name) {
  const most = served.descriptorsAtFirst + NOISE.descriptors;
  for (const until = performance.now() + CLOSING; served.descriptors() > most && performance.now() < until;) await sleep(50);
  console.log(`${name}: open descriptors ${served.descriptorsAtFirst} → ${served.descriptors()}`);
  assert.ok(served.descriptors() <= most, `${name} leaks descriptors`);
}

/** Compares the outcomes of all calls with the ledger of the API. Returns the calls whose last answer was cut off: they are not retried. */
function checkLedger(killed, refusedRetries) {
  const brokeOff = new Set();
  let cut = 0;
  const untried = [];
  for (const [path, outcome, began, took, detail] of calls) {
    const entry = ledger.get(path) ?? { ends: [], effects: 0 };
    const [arrived, end] = [entry.ends.length, entry.ends.at(-1)];
    const told = `${path} is ${outcome}${detail ? ` (${detail})` : ''}: ${JSON.stringify(entry)}`;
    ledger.delete(path);
    const mayBeKilled = killed && began <= killed + 1_000 && began + took >= killed - 1_000;
    if (outcome === 'cut') {
      cut += 1;
      assert.ok(mayBeKilled, `cut, though nothing was killed: ${told}`);
    } else if (outcome !== 'late') {
      // On a busy machine, an answer can be late without a fault, and a try that should have given up can get the slow answer.
      // The request of a try that gave up, or of a killed replica, can arrive after that of the next try.
      const isOutOfOrder = arrived > 1 && (took >= TRY_LIMIT || mayBeKilled);
      const ends = isOutOfOrder ? entry.ends : [end];
      const isGood = (each) => ['answered', 'slow'].includes(each);
      const isTrue = outcome === 'done' ? ends.some(isGood) : end !== 'answered' || !ends.every(isGood);
      assert.ok(isTrue, `an answer was lost or made up: ${told}`);
      // The API is never too busy, so no call fails without having reached it.
      assert.ok(arrived >= 1, `refused: ${told}`);
    }
    if (end === 'cut') brokeOff.add(path);
    else if (outcome === 'failed' && !path.startsWith('/once') && arrived < TRIES) untried.push(told);
    if (path.startsWith('/read')) {
      // Each try of a read is sent once more if its reused connection was closed; after a cut, nginx asks another replica.
      assert.ok(arrived <= (redis ? 18 : 6), `too many tries: ${told}`);
      continue;
    }
    if (path.startsWith('/keyed')) assert.ok((entry.keys?.length ?? 0) <= 1, `two keys for one call: ${told}`);
    assert.ok(entry.effects <= 1, `done twice: ${told}`);
    assert.ok(outcome !== 'done' || entry.effects === 1, `lost: ${told}`);
    assert.ok(path.startsWith('/keyed') ? arrived <= 3 : arrived <= 1, `too many tries: ${told}`);
  }
  assert.deepEqual([...ledger.keys()], [], 'the API has calls that nobody made');
  // The calls of an API share a budget of ten retries, which many faults at once use up, for example after a pause of the machine.
  console.log(`not tried again: ${untried.length}; retries refused for lack of budget: ${refusedRetries}`);
  assert.ok(untried.length <= refusedRetries, `not tried again, though there was a budget: ${untried.join('\n')}`);
  assert.ok(cut <= MOST_AT_ONCE, `${cut} calls were cut`);
  return brokeOff;
}

/** Checks that most calls are done: a program that refuses all calls would pass the other checks. */
function checkDone(measured, brokeOff) {
  const late = measured.filter(([, outcome]) => outcome === 'late').length;
  assert.ok(late <= measured.length * MOST_LATE, `${late} of ${measured.length} calls are late`);
  for (const [kind, part] of Object.entries(DONE)) {
    // Calls that are cut or late, and answers that broke off, say nothing about retries.
    const counts = ([path, outcome]) => outcome === 'done' || (outcome === 'failed' && (kind === 'once' || !brokeOff.has(path)));
    const ended = measured.filter((row) => row[0].startsWith(`/${kind}/`) && counts(row));
    const done = ended.filter(([, outcome]) => outcome === 'done').length;
    console.log(`${kind}: ${done} of ${ended.length} done, ${((done * 100) / ended.length).toFixed(2)}%`);
    assert.ok(ended.length > 0 && done >= ended.length * part, `too few calls of ${kind} are done`);
  }
}

const api = await listening(upstreamOrders);
const apiUrl = `http://127.0.0.1:${api.port}`;
const servers = [];
for (let count = redis ? 3 : 1; count > 0; count -= 1) servers.push(new Served(await freePort(), await freePort(), await freePort(), apiUrl));
const work = mkdtempSync(join(tmpdir(), 'naftiko-long-run-'));
const proxies = [];

/** Starts an nginx in front of the `rest` or `mcp` ports of all replicas, and returns its port. */
async function proxy(name) {
  const [port, folder] = [await freePort(), join(work, name)];
  const lines = servers.map((served) => `server 127.0.0.1:${served[name]} max_fails=1 fail_timeout=1s;`).join('\n        ');
  const template = readFileSync(join(here, '../replicas/nginx.conf'), 'utf8');
  mkdirSync(folder);
  writeFileSync(join(folder, 'nginx.conf'), template.replace('REPLICAS', lines).replace('SESSIONS', lines).replace('PORT', port));
  proxies.push(spawn('nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log'], { stdio: 'inherit' }));
  return port;
}

try {
  await Promise.all(servers.map((served) => served.start()));
  const entrance = redis ? { rest: await proxy('rest'), mcp: await proxy('mcp') } : servers[0];
  for (const port of [entrance.rest, entrance.mcp]) {
    while (!await send(port, 'GET', '/', {})) {
      assert.ok(proxies.every((nginx) => nginx.exitCode === null), 'nginx has ended');
      await sleep(50);
    }
  }
  const most = await capacity(entrance);
  const rate = most * SHARE;
  console.log(`capacity ${most.toFixed(0)} calls/s; ${SECONDS} s at ${rate.toFixed(0)} calls/s, ${FAULTS * 100}% faults`);
  share = FAULTS;
  const [measured, began] = [calls.length, performance.now()];
  let [started, postponed, sampled, killed, back, refusedRetries] = [0, 0, 0, undefined, undefined, 0];
  for (;;) {
    const passed = (performance.now() - began) / 1000;
    if (passed >= SECONDS || broken) break;
    if (passed >= sampled) {
      sampled += Math.max(0.1, SECONDS / 200);
      for (const served of servers) if (!served.wasKilled) served.samples.push(served.memory());
    }
    if (redis && !killed && passed >= SECONDS / 2) {
      servers[0].wasKilled = true;
      refusedRetries = await servers[0].refusedRetries();
      killed = performance.now();
      back = servers[0].stop('SIGKILL').then(() => sleep(SECONDS * 100)).then(() => servers[0].start());
    }
    for (const due = Math.floor(passed * rate); started + postponed < due;) {
      if (flying >= MOST_AT_ONCE) postponed += 1;
      else { started += 1; oneCall(entrance); }
    }
    await sleep(5);
  }
  while (flying > 0) await sleep(10);
  await back;
  if (broken) throw broken;
  assert.equal(wrongKey, undefined, wrongKey);
  const took = calls.slice(measured).map(([, , , time]) => time).sort((one, other) => one - other);
  const quantile = (part) => took[Math.min(took.length - 1, Math.floor(took.length * part))];
  console.table(outcomes);
  console.log(`faults: ${JSON.stringify(faults)}; not started, since ${MOST_AT_ONCE} calls were in flight: ${postponed}`);
  console.log(`ms: p50 ${quantile(0.5).toFixed(1)}, p99 ${quantile(0.99).toFixed(1)}, most ${quantile(1).toFixed(1)}`);
  for (const served of servers) refusedRetries += await served.refusedRetries();
  checkDone(calls.slice(measured), checkLedger(killed, refusedRetries));
  console.log(`connections to the API: ${api.connections.count} for ${calls.length} calls`);
  assert.ok(api.connections.count <= calls.length * MOST_CONNECTIONS, 'connections are not reused');
  assert.ok(postponed <= (started + postponed) * MOST_POSTPONED, `${postponed} calls were not started`);
  servers.forEach((served, index) => { if (!served.wasKilled) checkMemory(served, `program ${index + 1}`); });
  agent.destroy();
  for (const nginx of proxies) nginx.kill();
  api.disconnect();
  for (const [index, served] of servers.entries()) await checkDescriptors(served, `program ${index + 1}`);
  assert.ok(quantile(1) <= SLOWEST.any, 'a call took longer than its time limit');
  assert.ok(quantile(0.99) <= SLOWEST.most, 'calls take too long');
  assert.ok(took.length > SECONDS, 'too few calls');
} finally {
  await Promise.all(servers.map((served) => served.child?.exitCode === null && served.stop('SIGTERM')));
  for (const nginx of proxies) nginx.kill();
  agent.destroy();
  api.stop();
  rmSync(work, { recursive: true });
}
