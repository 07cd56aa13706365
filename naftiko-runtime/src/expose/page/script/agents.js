// What agents use: forms that call tools, read resources and render prompts; how clients connect.

const rpc = (method, params) => `{"jsonrpc":"2.0","id":1,"method":${JSON.stringify(method)},"params":${params}}`;
const mcpUrl = mcpAddress();
const mcpHeaders = { 'Content-Type': 'application/json', Accept: 'application/json', 'MCP-Protocol-Version': '2025-06-18' };
const HELLO = rpc('initialize', '{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"page","version":"1"}}');
let session = null;
// Sends a message. An adapter with sessions requires a handshake first, and another handshake after the session has ended.
const sendMessage = async (message, signal) => {
  const post = (body) => fetch(withKey(mcpUrl, data.auth.mcp, token()), {
    method: 'POST', credentials: 'same-origin', cache: 'no-store', body, signal,
    headers: { ...mcpHeaders, ...(session && { 'Mcp-Session-Id': session }), ...credentials(data.auth.mcp, token()) },
  });
  const response = await post(message);
  if (![400, 404, 422].includes(response.status)) return response;
  session = null;
  const hello = await post(HELLO);
  session = hello.ok ? hello.headers.get('Mcp-Session-Id') : null;
  if (!session) return response;
  await post('{"jsonrpc":"2.0","method":"notifications/initialized"}');
  return post(message);
};
// The JSON of an answer, which may be the last event of a stream.
const messageOf = async (response) => {
  const text = await response.text();
  if (!(response.headers.get('content-type') || '').includes('text/event-stream')) return text;
  const events = text.split(/\r?\n\r?\n/).map((event) => event.split(/\r?\n/).filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trim()).join('\n'));
  return events.filter(Boolean).pop() || '';
};
// Returns the curl line for a message. With sessions, a line before it stores the session ID from the answer to the handshake in a
// variable.
const curlOf = (message) => {
  const header = shellHeader(data.auth.mcp);
  const headers = [...Object.entries(mcpHeaders).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`), ...(header ? [`-H ${header}`] : [])];
  const post = (options, more, body) => ['curl', ...options, shellAddress(mcpUrl || '', data.auth.mcp), ...[...headers, ...more, `--data-raw ${quote(body)}`].map((line) => `\\\n  ${line}`)].join(' ');
  if (!data.mcp.sessions && !session) return post([], [], message);
  const options = ['-s', '-o', '/dev/null', '-w', "'%header{mcp-session-id}'"];
  return `session=$(${post(options, [], HELLO)})\n${post([], ['-H "Mcp-Session-Id: $session"'], message)}`;
};

// Shows one part of a content: a text, or a link that saves any other content.
const partOf = ({ type, text, data: base64, blob, mimeType, uri, resource, name }) => {
  if (resource) return partOf({ ...resource, name: resource.uri });
  if (text !== undefined) return block(pretty(text), 'Text');
  const binary = base64 !== undefined ? base64 : blob;
  if (binary === undefined) return el('p', { class: 'note' }, [type, name, uri].filter(Boolean).join(' '));
  const decoded = Uint8Array.from(atob(binary), (letter) => letter.charCodeAt(0));
  const link = el('a', { download: (name || uri || 'content').split('/').pop(), href: URL.createObjectURL(new Blob([decoded], { type: 'application/octet-stream' })) }, `Save ${bytes(decoded.length)} (${mimeType || 'no type'})`);
  return el('p', { class: 'more' }, link);
};

/* A form that sends one message. `words` returns whether the result is a success, and a status text; `parts` returns the elements that
   show the result. */
const messageForm = ({ says, title, label, verb, care, fields, method, params, words, parts, folds }) => {
  const message = () => rpc(method, params());
  const answer = answerBox();
  const buttons = sendButtons(verb, care);
  const line = copyable('', `curl line: ${label}`);
  const form = el('form', { novalidate: true, 'aria-label': label },
    el('h3', { class: 'cap' }, title), fields.map((one) => one.node),
    mcpUrl ? el('div', { class: 'acts' }, buttons.nodes, !fields.length && el('span', { class: 'note' }, 'It takes no arguments.')) : el('p', { class: 'note' }, 'This page cannot send this request: the MCP adapter is at another address.'));
  const refresh = () => { line.pre.textContent = curlOf(message()); };
  form.addEventListener('input', refresh);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (!mcpUrl) return;
    const signal = buttons.start();
    const started = performance.now();
    try {
      const response = await sendMessage(message(), signal);
      const text = await messageOf(response);
      const took = `${Math.round(performance.now() - started)} ms`;
      let answered;
      try { answered = JSON.parse(text); } catch { answered = null; }
      const result = answered && answered.result;
      if (!result) { answer.show(false, answered && answered.error ? `Refused: ${answered.error.message}` : `${response.status} ${response.statusText}`, took, block(pretty(text), 'Answer')); return; }
      const [good, status] = words(result);
      const shown = parts(result, text);
      answer.show(good, status, took, ...(shown.length ? shown : [block(pretty(text), 'Result')]), fold('The whole message', () => block(pretty(text), 'JSON-RPC message')));
    } catch (error) { failed(answer, error, started); } finally { buttons.end(); refresh(); }
  });
  refresh();
  return el('div', { class: 'open' },
    says && el('p', { class: 'text wide' }, says), form,
    el('div', {}, answer.box, mcpUrl && el('h3', { class: 'cap' }, 'With curl'), mcpUrl && line.box, folds));
};
const fieldsOf = (given) => given.map((one) => field(one.name, one.schema, one.schema, { required: one.required, says: one.description }));

// MCP tools.
const describeTool = (tool) => {
  const root = tool.inputSchema || {};
  const required = new Set(root.required);
  const fields = Object.entries(root.properties || {}).map(([name, schema]) => field(name, schema, root, { required: required.has(name), says: resolve(schema, root).description }));
  const values = () => fields.map((one) => [one.name, one.readJson()]).filter(([, value]) => value !== undefined);
  return messageForm({
    says: tool.description, title: 'Call it', label: `Call ${tool.name}`, verb: 'Call tool', care: (tool.annotations || {}).destructiveHint, fields,
    method: 'tools/call',
    params: () => `{"name":${JSON.stringify(tool.name)},"arguments":{${values().map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}}`,
    words: (result) => result.isError ? [false, 'The tool reports an error'] : [true, 'The tool answered'],
    parts: (result) => (result.content || []).map(partOf),
    folds: [
      fold('Schema of the arguments', () => block(JSON.stringify(tool.inputSchema, null, 2), 'Schema of the arguments')),
      tool.outputSchema && fold('Schema of the result', () => block(JSON.stringify(tool.outputSchema, null, 2), 'Schema of the result')),
    ],
  });
};

// MCP resources. The values of a template's placeholders are percent-encoded (RFC 6570).
const describeResource = (resource) => {
  const fields = fieldsOf(resource.arguments);
  const encoded = (value, slashes) => slashes ? value.split('/').map(encodeURIComponent).join('/') : encodeURIComponent(value);
  const uri = () => resource.uri.replace(/\{(\+?)([^{}]*)\}/g, (_, plus, name) => {
    const given = fields.find((one) => one.name === name);
    return encoded(String((given && given.read()) ?? ''), plus === '+');
  });
  if (resource.folder && mcpUrl) {
    const list = el('datalist', { id: fresh() });
    const [{ input, node }] = fields;
    input.setAttribute('list', list.id);
    node.append(list);
    const base = resource.uri.slice(0, resource.uri.indexOf('{'));
    sendMessage(rpc('resources/list', '{}')).then(messageOf).then((text) => {
      const files = JSON.parse(text).result.resources.map((one) => one.uri).filter((file) => file.startsWith(base));
      list.append(...files.map((file) => el('option', { value: percentDecoded(file.slice(base.length)) })));
    }).catch(() => { /* The field has no suggestions. */ });
  }
  return messageForm({
    says: resource.description, title: 'Read it', label: `Read ${resource.name}`, verb: 'Read resource', fields,
    method: 'resources/read',
    params: () => JSON.stringify({ uri: uri() }),
    words: (result) => [true, `The resource was read: ${[...new Set(result.contents.map((one) => one.mimeType || 'no type'))].join(', ')}`],
    parts: (result) => result.contents.map(partOf),
  });
};

// MCP prompts. Their arguments are strings.
const describePrompt = (prompt) => {
  const fields = fieldsOf(prompt.arguments);
  const values = () => Object.fromEntries(fields.map((one) => [one.name, one.read()]).filter(([, value]) => value !== undefined));
  return messageForm({
    says: prompt.description, title: 'Render it', label: `Render ${prompt.name}`, verb: 'Render prompt', fields,
    method: 'prompts/get',
    params: () => JSON.stringify({ name: prompt.name, arguments: values() }),
    words: (result) => [true, `${result.messages.length} message${result.messages.length === 1 ? '' : 's'}`],
    parts: (result) => result.messages.flatMap(({ role, content }) => [el('h4', { class: 'note' }, role), partOf(content)]),
  });
};

// Connect.
const clients = $('clients');
if (clients && mcpUrl) {
  const name = data.mcp.name, auth = data.auth.mcp, address = withKey(mcpUrl, auth, 'TOKEN');
  const inShell = shellHeader(auth), addressInShell = shellAddress(mcpUrl, auth);
  const kept = auth && Object.entries(credentials(auth, 'TOKEN')).map(([header, value]) => [header, auth.kind === 'basic' ? 'Basic TOKEN' : value])[0];
  const headers = kept ? { headers: { [kept[0]]: kept[1] } } : {};
  const json = (value) => JSON.stringify(value, null, 2).replace(/\[\n\s+([^[\]]+?)\n\s+\]/g, (_, list) => `[${list.replace(/\n\s+/g, ' ')}]`);
  const ofCodex = !kept ? '' : auth.kind === 'apikey' ? `\nenv_http_headers = { ${JSON.stringify(kept[0])} = "TOKEN" }` : auth.kind === 'basic' ? `\nhttp_headers = { Authorization = "Basic TOKEN" }` : `\nbearer_token_env_var = "TOKEN"`;
  const ways = [
    ['Claude Code', 'in a shell', `claude mcp add --transport http ${quote(name)} ${addressInShell}${inShell ? ` --header ${inShell}` : ''}`],
    ['Claude Desktop', 'claude_desktop_config.json', json({ mcpServers: { [name]: { command: 'npx', args: ['-y', 'mcp-remote', address, ...(kept ? ['--header', kept.join(': ')] : [])] } } })],
    ['Cursor', '.cursor/mcp.json', json({ mcpServers: { [name]: { url: address, ...headers } } })],
    ['VS Code', '.vscode/mcp.json', json({ servers: { [name]: { type: 'http', url: address, ...headers } } })],
    ['Codex', '~/.codex/config.toml', `[mcp_servers.${JSON.stringify(name)}]\nurl = ${JSON.stringify(address)}${ofCodex}`],
    ['MCP Inspector', 'in a shell', `npx @modelcontextprotocol/inspector --transport http --server-url ${addressInShell}`],
  ];
  if (auth) clients.before(el('p', { class: 'note' }, auth.kind === 'basic' ? 'TOKEN stands for NAME:PASSWORD in Base64; in a shell, the variable TOKEN is NAME:PASSWORD.' : 'TOKEN stands for your token; in a shell, it is a variable.'));
  for (const [who, where, text] of ways) clients.append(el('div', {}, el('h3', {}, who, ' ', el('small', {}, where)), copyable(text, `Configuration of ${who}`).box));
}
