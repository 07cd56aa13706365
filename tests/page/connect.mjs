// Checks what a page offers to copy: buttons that copy, lines that a shell runs, configurations that clients read.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs lines in a shell, and returns what they print. */
export async function inShell(lines, variables = {}) {
  const env = { ...process.env, ...variables };
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', lines], { env, encoding: 'utf8' });
  return stdout;
}

/** Returns the arguments of a command line, as the shell passes them to the program. */
export async function words(line, variables) {
  const program = line.split(' ')[0];
  return (await inShell(`${program}() { printf '%s\\0' "$@"; }\n${line}`, variables)).split('\0').slice(0, -1);
}

/** Presses each visible copy button, and compares what it copied with the text beside it. Returns the number of buttons. */
export async function copies(tab) {
  let count = 0;
  for (const box of await tab.locator('.copy').all()) {
    if (!await box.isVisible()) continue;
    await tab.evaluate(() => navigator.clipboard.writeText('nothing yet'));
    await box.locator('button').click();
    await box.locator('button', { hasText: 'Copied' }).waitFor();
    const copied = await tab.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied, await box.locator('pre').textContent());
    count += 1;
  }
  return count;
}

/**
 * Reads the configuration of each client as the client would. `header` is the name of the caller's header and its value, with TOKEN as
 * a placeholder; `codex` has the keys that Codex needs for it. A key in the query is part of `url`.
 */
export async function connections(tab, parseToml, { name, url, header, codex = {} }) {
  const TOKEN = 'TOKEN';
  const entries = {};
  for (const entry of await tab.locator('#clients > div').all()) {
    const who = await entry.locator('h3').evaluate((title) => title.firstChild.textContent);
    entries[who] = await entry.locator('pre').textContent();
  }
  assert.deepEqual(Object.keys(entries), ['Claude Code', 'Claude Desktop', 'Cursor', 'VS Code', 'Codex', 'MCP Inspector']);
  const of = (key, value) => value === undefined ? {} : { [key]: value };
  const headers = of('headers', header && { [header[0]]: header[1] });
  const inWords = header ? ['--header', header.join(': ')] : [];
  assert.deepEqual(await words(entries['Claude Code'], { TOKEN }), ['mcp', 'add', '--transport', 'http', name, url, ...inWords]);
  assert.deepEqual(JSON.parse(entries['Claude Desktop']), { mcpServers: { [name]: { command: 'npx', args: ['-y', 'mcp-remote', url, ...inWords] } } });
  assert.deepEqual(JSON.parse(entries.Cursor), { mcpServers: { [name]: { url, ...headers } } });
  assert.deepEqual(JSON.parse(entries['VS Code']), { servers: { [name]: { type: 'http', url, ...headers } } });
  assert.deepEqual(JSON.parse(JSON.stringify(parseToml(entries.Codex))), { mcp_servers: { [name]: { url, ...codex } } });
  assert.deepEqual(await words(entries['MCP Inspector'], { TOKEN }), ['@modelcontextprotocol/inspector', '--transport', 'http', '--server-url', url]);
}

/** Returns the tools that the server at this address lists for a client of revision 2025-06-18. */
export async function listed(url, headers = {}) {
  const post = async (message, more = {}) => {
    const response = await fetch(url, {
      method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', ...message }),
      headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...headers, ...more },
    });
    return { session: response.headers.get('mcp-session-id'), text: await response.text() };
  };
  const hello = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'check', version: '1' } };
  const { session } = await post({ id: 1, method: 'initialize', params: hello });
  const { text } = await post({ id: 2, method: 'tools/list', params: {} }, session ? { 'Mcp-Session-Id': session } : {});
  return messageIn(text).result.tools.map((tool) => tool.name);
}

/** Returns the JSON-RPC message of an answer; if the answer is a stream of events, the message of the last event with data. */
export function messageIn(text) {
  const events = text.split('\n').filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trim()).filter(Boolean);
  return JSON.parse(events.length ? events.pop() : text);
}
