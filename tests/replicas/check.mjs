// Sends 10,000 calls of both eras of MCP, with and without sessions, approvals and tasks among them, to three replicas behind nginx, with
// one Redis. Meanwhile, one replica is killed, another is stopped, and both come back; each session lasts until the end. Compares the
// ledger behind them with the answers: no call is lost or done twice. A task whose replica was killed fails, and is not forgotten.
// `node check.mjs NAFTIKO`, with the URL of a Redis in NAFTIKO_TEST_REDIS.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const [naftiko] = process.argv.slice(2);
const redis = process.env.NAFTIKO_TEST_REDIS;
const here = dirname(fileURLToPath(import.meta.url));
const CALLS = 10_000;
const AT_ONCE = 32;
const SESSIONS = 16;
const APPROVAL = 'io.naftiko/approval';
const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': { elicitation: {}, extensions: { 'io.modelcontextprotocol/tasks': {} } },
};

/** How often each payment, transfer and settlement has arrived. */
const ledger = new Map();

async function listening() {
  const server = createServer((request, response) => {
    if (request.method === 'POST') ledger.set(request.url, (ledger.get(request.url) ?? 0) + 1);
    response.setHeader('content-type', 'application/json');
    const answer = () => response.end(JSON.stringify({ at: request.url }));
    // Long enough that some settlements run in each replica at any time.
    if (request.url.startsWith('/settlements/')) setTimeout(answer, 200);
    else answer();
  });
  // Node.js closes idle connections after 5 s, even while a call is on its way; its outcome would be unknown, too.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: server.address().port, stop: () => { server.close(); server.closeAllConnections(); } };
}

async function freePort() {
  const { port, stop } = await listening();
  stop();
  return port;
}

/** A replica; a restart uses the same ports. */
class Replica {
  constructor(port, sessions, upstream) { Object.assign(this, { port, sessions, upstream, waiting: new Map() }); }

  async start() {
    const args = ['serve', join(here, 'ledger.naftiko.yaml'), '--approvals', '--port', `ledger-mcp=${this.port}`,
      '--port', `ledger-sessions=${this.sessions}`, '--upstream', `ledger=${this.upstream}`];
    const env = { ...process.env, NAFTIKO_STORE: redis, NAFTIKO_STATE_KEY: 'a key of all replicas, for these checks alone', RUST_LOG: 'error' };
    this.child = spawn(naftiko, args, { stdio: ['pipe', 'pipe', 'inherit'], env });
    this.child.stdin.on('error', () => {});
    const lines = createInterface({ input: this.child.stdout });
    let listening = 0;
    const started = new Promise((resolve) => {
      lines.on('line', (line) => {
        const [word, token] = line.split(' ');
        listening += word === 'listening';
        if (listening === 2) resolve(true);
        if (word === 'approved' || word === 'error') this.waiting.get(token)?.(line);
      });
    });
    this.ended = once(this.child, 'exit').then(([code]) => {
      this.child = undefined;
      for (const answer of this.waiting.values()) answer('gone');
      return code;
    });
    const code = await Promise.race([started, this.ended]);
    assert.equal(code, true, `the replica ended with ${code}`);
  }

  /** Approves a call. Returns false if the replica has ended. */
  async approve(token) {
    if (!this.child) return false;
    const line = await new Promise((resolve) => {
      this.waiting.set(token, resolve);
      this.child.stdin.write(`approve ${token}\n`);
    });
    this.waiting.delete(token);
    assert.ok(line === 'gone' || line.startsWith('approved'), line);
    return line !== 'gone';
  }

  stop(signal) {
    this.child?.kill(signal);
    return this.ended;
  }
}

const upstream = await listening();
const replicas = await Promise.all([1, 2, 3].map(async () => new Replica(await freePort(), await freePort(), `http://127.0.0.1:${upstream.port}`)));
const work = mkdtempSync(join(tmpdir(), 'naftiko-replicas-'));
const port = await freePort();
const servers = (which) => replicas.map((replica) => `server 127.0.0.1:${replica[which]} max_fails=1 fail_timeout=1s;`).join('\n        ');
const configuration = readFileSync(join(here, 'nginx.conf'), 'utf8').replace('REPLICAS', servers('port'));
writeFileSync(join(work, 'nginx.conf'), configuration.replace('SESSIONS', servers('sessions')).replace('PORT', port));
const nginx = spawn('nginx', ['-p', work, '-c', 'nginx.conf', '-e', 'error.log'], { stdio: 'inherit' });

/** How many requests each replica has answered since the last event. */
let answered = {};
let requests = 0;

/** The address of the replica that returned each result. */
const givers = new WeakMap();

/** The callbacks for a task that a replica has begun, by the replica's address. */
const waitingForTask = new Map();

/** Waits until a replica has begun a task. */
function taskOf(replica) {
  return new Promise((resolve) => {
    for (const port of [replica.port, replica.sessions]) waitingForTask.set(`127.0.0.1:${port}`, resolve);
  });
}

/** The IDs of the sessions. None is ever replaced by a new one. */
const sessions = [];

/** Begins a session. */
async function begin() {
  const clientInfo = { name: 'check', version: '1' };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const send = (message, more) => fetch(`http://127.0.0.1:${port}/sessions`, {
    method: 'POST', headers: { ...headers, ...more }, body: JSON.stringify({ jsonrpc: '2.0', ...message }),
  });
  const begun = await send({ id: 0, method: 'initialize', params });
  assert.equal(begun.status, 200, await begun.text());
  const id = begun.headers.get('mcp-session-id');
  assert.equal((await send({ method: 'notifications/initialized' }, { 'mcp-session-id': id })).status, 202);
  sessions.push(id);
}

/** Calls a tool through nginx. Returns its result, or `undefined` for a 502: then the call may have been done or not. */
function send(era, name, args, more = {}) {
  return sendMessage(era, 'tools/call', name, { name, arguments: args, ...more });
}

async function sendMessage(era, method, name, given, account = 'all') {
  const id = ++requests;
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'x-account': account };
  if (era === 'modern') Object.assign(headers, { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method, 'mcp-name': name });
  if (era === 'session') Object.assign(headers, { accept: 'application/json', 'mcp-session-id': sessions[id % SESSIONS] });
  const params = { ...given, ...(era === 'modern' && { _meta: MODERN }) };
  const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
  const path = era === 'session' ? 'sessions' : 'mcp';
  const response = await fetch(`http://127.0.0.1:${port}/${path}`, { method: 'POST', headers, body });
  const text = await response.text();
  if (response.status === 502) return undefined;
  assert.equal(response.status, 200, text);
  const replica = response.headers.get('x-replica').split(', ').pop();
  answered[replica] = (answered[replica] ?? 0) + 1;
  const answer = JSON.parse(text);
  assert.equal(answer.id, id, 'the answer of another call');
  const result = answer.result ?? { error: answer.error };
  givers.set(result, replica);
  return result;
}

/** Calls a tool that is safe to repeat, until there is an answer. */
async function repeated(...message) {
  return untilAnswered(() => send(...message));
}

async function untilAnswered(sent) {
  const began = performance.now();
  for (;;) {
    const result = await sent();
    if (result) return result;
    assert.ok(performance.now() - began < 60_000, 'nginx answers only 502 for a minute');
  }
}

const isDone = (result, path) => result.isError === false && result.content[0].text === JSON.stringify({ at: path });

/** Makes a call as a task, and waits for its end: any replica must know the state and the result. */
async function settle(era, id) {
  const params = { name: 'settle', arguments: { id }, ...(era !== 'modern' && { task: { ttl: 60_000 } }) };
  const started = await sendMessage(era, 'tools/call', 'settle', params, id);
  if (!started) return 'unknown';
  const { taskId } = era === 'modern' ? started : started.task;
  assert.ok(taskId, JSON.stringify(started));
  waitingForTask.get(givers.get(started))?.();
  const ask = (method, account = id) => untilAnswered(() => sendMessage(era, method, taskId, { taskId }, account));
  for (;;) {
    const task = await ask('tasks/get');
    assert.equal(task.taskId, taskId, JSON.stringify(task));
    if (task.status === 'failed') {
      assert.match(task.statusMessage, /the server that ran this task has ended/);
      forsaken += 1;
      return 'unknown';
    }
    if (task.status === 'completed') {
      const result = era === 'modern' ? task.result : await ask('tasks/result');
      assert.ok(isDone(result, `/settlements/${id}`), JSON.stringify(result));
      const stolen = await ask('tasks/get', 'somebody-else');
      assert.equal(stolen.error?.code, -32602, JSON.stringify(stolen));
      return 'done';
    }
    assert.equal(task.status, 'working', JSON.stringify(task));
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
}

/** Approves a call in the replica whose turn it is, or in the next one that runs. */
async function approved(token, turn) {
  for (let at = turn; !await replicas[at % replicas.length].approve(token); at += 1);
}

/** Makes one call and returns its outcome: `done`, or `unknown` if the connection broke or the replica of its task was killed. */
async function call(index) {
  const era = index % 20 >= 10 ? 'modern' : index % 40 < 20 ? 'legacy' : 'session';
  const id = `n-${index}`;
  if (index % 10 < 4) {
    const result = await repeated(era, 'read', { id });
    assert.ok(isDone(result, `/accounts/${id}`), JSON.stringify(result));
    return 'done';
  }
  if (index % 10 === 7) return settle(era, id);
  if (index % 10 < 7) {
    const result = await send(era, 'pay', { id });
    assert.ok(!result || isDone(result, `/payments/${id}`), JSON.stringify(result));
    return result ? 'done' : 'unknown';
  }
  const first = await repeated(era, 'transfer', { id });
  let args = { id };
  let more = {};
  if (era !== 'modern') {
    const { token } = first._meta[APPROVAL];
    await approved(token, index);
    args = { id, approval: token };
  } else {
    assert.equal(first.resultType, 'input_required', JSON.stringify(first));
    more = { requestState: first.requestState, inputResponses: { [APPROVAL]: { action: 'accept', content: {} } } };
  }
  const result = await send(era, 'transfer', args, more);
  assert.ok(!result || isDone(result, `/transfers/${id}`), JSON.stringify(result));
  // An approval is valid for one call. Sends again each call that was cut, and one done call of each era in 100, which must be refused.
  if (result && ![8, 18].includes(index % 100)) return 'done';
  const again = await repeated(era, 'transfer', args, more);
  const isAgain = isDone(again, `/transfers/${id}`);
  if (!isAgain) assert.match(again.content[0].text, /the approval is not valid/);
  assert.ok(!(result && isAgain), 'an approval was valid for two calls');
  return result || isAgain ? 'done' : 'unknown';
}

/** What happens while calls arrive, by the number of the next call. */
const events = new Map([
  [2_500, () => taskOf(replicas[0]).then(() => replicas[0].stop('SIGKILL'))],
  [4_500, () => replicas[0].start()],
  [6_000, async () => assert.equal(await replicas[1].stop('SIGTERM'), 0)],
  [7_500, () => replicas[1].start()],
]);

/** How many tasks have failed because their replica was killed. */
let forsaken = 0;
const outcomes = [];
const happened = [];
let next = 0;
async function caller() {
  while (next < CALLS) {
    const index = next;
    next += 1;
    if (events.has(index)) {
      console.log(`call ${index}: ${JSON.stringify(answered)}`);
      answered = {};
      happened.push(events.get(index)());
    }
    outcomes[index] = await call(index);
  }
}

try {
  await Promise.all(replicas.map((replica) => replica.start()));
  await Promise.all(Array.from({ length: SESSIONS }, begin));
  const began = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
  await Promise.all(happened);
  console.log(`call ${CALLS}: ${JSON.stringify(answered)}`);
  assert.equal(Object.keys(answered).length, 6, 'not all replicas answer at the end');
  const unknown = { killed: 0, stopped: 0 };
  for (const [index, outcome] of outcomes.entries()) {
    if (index % 10 < 4) continue;
    const path = `/${{ 7: 'settlements', 8: 'transfers', 9: 'transfers' }[index % 10] ?? 'payments'}/n-${index}`;
    const times = ledger.get(path) ?? 0;
    ledger.delete(path);
    assert.ok(outcome === 'done' ? times === 1 : times <= 1, `${path} is ${outcome}, and was done ${times} times`);
    if (outcome === 'done') continue;
    // A stopped replica answers the calls that it has begun. nginx may have sent it others at that moment, which it has not begun.
    const event = index < 5_000 ? 'killed' : 'stopped';
    assert.ok(event === 'killed' || times === 0, `${path} was done, and its answer was lost`);
    unknown[event] += 1;
  }
  assert.deepEqual([...ledger.keys()], [], 'the ledger has calls that nobody made');
  assert.ok(forsaken > 0, 'no task of the killed replica failed');
  assert.ok(unknown.killed <= AT_ONCE && unknown.stopped <= AT_ONCE, JSON.stringify(unknown));
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(`${CALLS} calls, ${requests} requests in ${seconds} s; cut, and so unknown: ${JSON.stringify(unknown)}`);
} finally {
  await Promise.all(replicas.map((replica) => replica.child && replica.stop('SIGTERM')));
  nginx.kill();
  upstream.stop();
  rmSync(work, { recursive: true });
}
