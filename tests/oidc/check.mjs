// Checks against a third-party authorization server, npm's `oidc-provider`: the tokens that adapters accept or refuse, the OAuth
// clients of both TypeScript SDKs, and our own client. `node check.mjs MODULES NAFTIKO`
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from '../page/served.mjs';
import { CALLBACK, SECRETS, api, browse, freePort, granting, loader, provider } from './provider.mjs';

const [modules, naftiko] = process.argv.slice(2);
const load = loader(modules);
const here = dirname(fileURLToPath(import.meta.url));
const MODERN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

const server = await provider(load);
const upstream = await api();
const [mcpPort, restPort] = [await freePort(), await freePort()];
const mcp = `http://127.0.0.1:${mcpPort}/mcp`;
const rest = `http://127.0.0.1:${restPort}`;
const notes = await serve(naftiko, [
  'serve', join(here, 'notes.naftiko.yaml'), '--upstream', `api=${upstream.url}`,
  '--port', `notes-mcp=${mcpPort}`, '--port', `notes-rest=${restPort}`,
], 2, { ISSUER: server.url, MCP_RESOURCE: mcp, REST_RESOURCE: rest, ADAPTER_SECRET: SECRETS.adapter });

const machine = ['machine', SECRETS.machine];
const token = async (resource, scope) =>
  (await granting(server, { grant_type: 'client_credentials', resource, scope }, machine)).access_token;

/** Runs `work` with the clock set back by an hour, and returns its result. */
async function anHourAgo(work) {
  const now = Date.now;
  Date.now = () => now() - 3_600_000;
  try { return await work(); } finally { Date.now = now; }
}

/** Calls a tool as a client of one era of MCP (`legacy` or `modern`). Returns the status, the challenge and the result. */
async function tool(era, name, bearer, args = {}) {
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  if (bearer) headers.authorization = `Bearer ${bearer}`;
  if (era === 'modern') Object.assign(headers, { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': name });
  const params = { name, arguments: args, ...(era === 'modern' && { _meta: MODERN }) };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
  const response = await fetch(mcp, { method: 'POST', headers, body });
  const text = await response.text();
  const challenge = response.headers.get('www-authenticate') ?? '';
  return { status: response.status, challenge, text, result: response.ok ? JSON.parse(text).result : undefined };
}

const route = (bearer, method = 'GET') => fetch(`${rest}/notes`, { method, headers: { authorization: `Bearer ${bearer}` } });

async function signedTokens() {
  const good = await token(mcp, 'notes:read notes:write');
  const [head, claims, signature] = good.split('.');
  assert.equal(JSON.parse(atob(head)).typ, 'at+jwt');
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const promoted = { ...JSON.parse(atob(claims)), sub: 'root' };
  const wrong = [
    ['nothing', undefined, ''],
    ['not a token', 'x', 'not a JSON Web Token'],
    ['an opaque token', await token(rest, 'notes:read'), 'not a JSON Web Token'],
    ['another audience', await token('https://other.example/mcp', 'notes:read'), 'another audience'],
    ['expired', await anHourAgo(() => token(mcp, 'notes:read')), 'expired'],
    ['alg none', `${part({ ...JSON.parse(atob(head)), alg: 'none' })}.${claims}.`, 'not a JSON Web Token'],
    ['alg none, no claims changed, signed', `${part({ alg: 'none' })}.${claims}.${signature}`, 'not a JSON Web Token'],
    ['another subject', `${head}.${part(promoted)}.${signature}`, 'not a JSON Web Token|not valid'],
  ];
  for (const era of ['legacy', 'modern']) {
    for (const [what, bearer, why] of wrong) {
      const refused = await tool(era, 'list', bearer);
      assert.equal(refused.status, 401, `${era}, ${what}: ${refused.text}`);
      const metadata = `http://127.0.0.1:${mcpPort}/.well-known/oauth-protected-resource/mcp`;
      assert.ok(refused.challenge.includes(`resource_metadata="${metadata}"`), refused.challenge);
      assert.match(refused.challenge, new RegExp(why), what);
      assert.equal(refused.challenge.includes('error='), bearer !== undefined, refused.challenge);
    }
    const opened = await tool(era, 'list', good);
    assert.match(JSON.stringify(opened.result), /a note/, opened.text);
    // A tool that needs a scope that the token does not have is refused.
    const narrow = await tool(era, 'add', await token(mcp, 'notes:read'), { text: 'b' });
    assert.equal(narrow.status, 403, narrow.text);
    assert.match(narrow.challenge, /error="insufficient_scope"/);
    assert.match(narrow.challenge, /scope="[^"]*notes:write/);
    assert.equal((await tool(era, 'add', good, { text: 'b' })).status, 200);
  }
  console.log('ok  signed tokens: both eras, right and wrong');
}

async function opaqueTokens() {
  const good = await token(rest, 'notes:read notes:write');
  const revoked = await token(rest, 'notes:read');
  const headers = { authorization: `Basic ${btoa(machine.map(encodeURIComponent).join(':'))}` };
  const revocation = await fetch(`${server.url}/token/revocation`, { method: 'POST', headers, body: new URLSearchParams({ token: revoked }) });
  assert.equal(revocation.status, 200);
  for (const [what, bearer, why] of [
    ['not a token', 'x', 'not active'],
    ['revoked', revoked, 'not active'],
    ['expired', await anHourAgo(() => token(rest, 'notes:read')), 'not active'],
    ['another audience', await token('https://other.example/', 'notes:read'), 'another audience'],
  ]) {
    const refused = await route(bearer);
    assert.equal(refused.status, 401, what);
    assert.match(refused.headers.get('www-authenticate'), new RegExp(why), what);
  }
  assert.deepEqual(await (await route(good)).json(), ['a note']);
  assert.equal((await route(await token(rest, 'notes:read'), 'POST')).status, 403);
  assert.equal((await route(good, 'POST')).status, 200);
  // No token of a caller has reached the API.
  assert.ok(upstream.seen.length > 0 && upstream.seen.every(({ credential }) => credential === undefined), JSON.stringify(upstream.seen));
  console.log('ok  opaque tokens, by introspection');
}

/** The `authProvider` of the SDKs: keeps the registration, the tokens and the code verifier of a client. */
class Application {
  constructor(registered) { this.registered = registered; }
  redirectUrl = CALLBACK;
  clientMetadata = { client_name: 'checks', redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], application_type: 'native' };
  clientInformation() { return this.registered; }
  saveClientInformation(registered) { this.registered = registered; }
  tokens() { return this.kept; }
  saveTokens(tokens) { this.kept = tokens; }
  discoveryState() { return this.discovered; }
  saveDiscoveryState(state) { this.discovered = state; }
  redirectToAuthorization(url) { this.asked = url; }
  saveCodeVerifier(verifier) { this.verifier = verifier; }
  codeVerifier() { return this.verifier; }
}

/** Calls a tool that needs another scope: Ada is asked to grant it. */
async function stepUp(client, application, transport) {
  const add = () => client.callTool({ name: 'add', arguments: { text: 'b' } });
  // With a refresh token, the SDKs would refresh their token instead of asking Ada for the scope.
  application.kept = { ...application.kept, refresh_token: undefined };
  await assert.rejects(add());
  assert.ok(application.asked.searchParams.get('scope').split(' ').includes('notes:write'), application.asked.search);
  const answer = await browse(application.asked);
  await transport.finishAuth(answer.get('code'), answer.get('iss'));
  assert.match(JSON.stringify(await add()), /a note/);
}

/** Checks a client without a token: it discovers the authorization server, lets Ada log in, and calls a tool. */
async function discovered(name, { Client, Transport, options = {} }, registered) {
  const application = new Application(registered);
  const transport = () => new Transport(new URL(mcp), { authProvider: application });
  const client = () => new Client({ name: 'checks', version: '1' }, options);
  const first = transport();
  await assert.rejects(client().connect(first), /nauthorized/);
  assert.equal(application.asked.origin, server.url);
  const asked = application.asked.searchParams;
  assert.deepEqual([asked.get('resource'), asked.get('code_challenge_method'), asked.get('scope')], [mcp, 'S256', 'notes:read']);
  if (!registered) assert.ok(application.registered.client_id, 'it has not registered itself');
  const answer = await browse(application.asked);
  assert.equal(answer.get('iss'), server.url);
  await first.finishAuth(answer.get('code'), answer.get('iss'));
  const second = client();
  await second.connect(transport());
  const { tools } = await second.listTools();
  assert.deepEqual(tools.map((one) => one.name), ['list'], 'not exactly the tools within the scope are listed');
  assert.match(JSON.stringify(await second.callTool({ name: 'list', arguments: {} })), /a note/);
  // A token that has expired is renewed, and the call goes on.
  const { refresh_token } = application.kept;
  application.kept = { ...application.kept, access_token: await anHourAgo(() => token(mcp, 'notes:read')) };
  assert.match(JSON.stringify(await second.callTool({ name: 'list', arguments: {} })), /a note/);
  assert.notEqual(application.kept.refresh_token, refresh_token);
  if (registered) await stepUp(second, application, transport());
  await second.close();
  console.log(`ok  ${name}`);
}

async function clients() {
  const app = { client_id: 'app', issuer: server.url };
  const { Client } = await load('@modelcontextprotocol/sdk/client/index.js');
  const { StreamableHTTPClientTransport } = await load('@modelcontextprotocol/sdk/client/streamableHttp.js');
  await discovered('TypeScript SDK 1, registers itself', { Client, Transport: StreamableHTTPClientTransport });
  await discovered('TypeScript SDK 1, registered before', { Client, Transport: StreamableHTTPClientTransport }, app);
  const sdk = await load('@modelcontextprotocol/client');
  for (const mode of ['legacy', 'auto']) {
    const client = { Client: sdk.Client, Transport: sdk.StreamableHTTPClientTransport, options: { versionNegotiation: { mode } } };
    await discovered(`TypeScript SDK 2, ${mode}, registers itself`, client);
    await discovered(`TypeScript SDK 2, ${mode}, registered before`, client, app);
  }
}

async function consumer() {
  // Ada authorizes our client, the reader, to act for her.
  const verifier = 'v'.repeat(43);
  const challenge = Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))).toString('base64url');
  const authorization = new URLSearchParams({ client_id: 'app', response_type: 'code', redirect_uri: CALLBACK, resource: rest, scope: 'notes:read', code_challenge: challenge, code_challenge_method: 'S256' });
  const code = (await browse(`${server.url}/auth?${authorization}`)).get('code');
  const { refresh_token } = await granting(server, { grant_type: 'authorization_code', client_id: 'app', code, redirect_uri: CALLBACK, code_verifier: verifier });
  const api = ['machine', 'person'].flatMap((name) => ['--upstream', `${name}=${upstream.url}`]);
  const reader = await serve(naftiko, ['serve', join(here, 'reader.naftiko.yaml'), ...api, '--port', 'reader-rest=0'], 1, {
    TOKEN_URL: `${server.url}/token`, REST_RESOURCE: rest, MACHINE_SECRET: SECRETS.machine, REFRESH_TOKEN: refresh_token,
  });
  for (const [path, subject] of [['machine', 'machine'], ['person', 'ada']]) {
    const read = async () => {
      const before = upstream.seen.length;
      const answers = await Promise.all(Array.from({ length: 8 }, () => fetch(`${reader.urls['reader-rest']}/${path}`)));
      for (const answer of answers) assert.deepEqual([answer.status, await answer.text()], [200, '["a note"]']);
      return upstream.seen.slice(before).map(({ credential }) => credential);
    };
    const first = new Set(await read());
    assert.equal(first.size, 1, 'the calls do not share one token');
    const [bearer] = first;
    const { server: { AccessToken, ClientCredentials } } = server;
    const kept = await (path === 'machine' ? ClientCredentials : AccessToken).find(bearer.replace('Bearer ', ''));
    assert.deepEqual([kept.aud, kept.scope, kept.accountId ?? kept.clientId], [rest, 'notes:read', subject]);
    // If the API refuses the token, all calls are retried with one new token. Two rounds, since the server rotates refresh tokens.
    for (const round of [1, 2]) {
      const [last] = (await read()).slice(-1);
      upstream.refused.add(last);
      const sent = await read();
      const renewed = new Set(sent.filter((credential) => credential !== last));
      assert.equal(renewed.size, 1, `round ${round}: ${renewed.size} new tokens`);
    }
    console.log(`ok  our client, for ${subject}`);
  }
  await reader.stop();
}

try {
  await signedTokens();
  await opaqueTokens();
  await clients();
  await consumer();
} finally {
  await notes.stop();
  upstream.stop();
  server.stop();
}
