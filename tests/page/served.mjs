// Programs that serve a page, as child processes; an upstream; a document of many operations, one whose callers authenticate, one
// that forwards requests, and a hostile one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

const children = [];
process.on('exit', () => children.forEach((child) => child.kill()));

/** Makes a child process end with this one, even if a check fails. */
export const killAtExit = (child) => children.push(child);

/** Starts a program, and waits until `adapters` adapters listen. Returns their addresses by namespace. */
export async function serve(program, args, adapters, variables = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, RUST_LOG: 'error', ...variables } });
  killAtExit(child);
  let errors = '';
  child.stderr.on('data', (text) => { errors += text; });
  const urls = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [listening, , namespace, url] = line.split(' ');
    if (listening === 'listening') urls[namespace] = url;
    if (Object.keys(urls).length === adapters) break;
  }
  if (Object.keys(urls).length < adapters) throw new Error(`${program} does not serve: ${errors}`);
  child.stdout.resume();
  const stop = async () => { child.kill('SIGTERM'); if (child.exitCode === null) await once(child, 'exit'); };
  return { urls, stop };
}

/** An upstream that answers with the path of each request. It never ends the answer for `/endless`, and never answers `/silent`. */
export async function upstream() {
  const server = createServer((request, response) => {
    if (request.url === '/silent') return;
    response.setHeader('content-type', 'application/json');
    response.write(JSON.stringify({ path: request.url }));
    if (request.url !== '/endless') response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => { server.close(); server.closeAllConnections(); } };
}

/** A document whose callers need a token, with sessions, a folder of files and a prompt. */
export const guarded = (folder) => `naftiko: 1.0.0-alpha2
info: { label: Guarded things, description: Things for callers with a token. }
binds:
- namespace: env
  keys: { CALLER_TOKEN: CALLER_TOKEN }
capability:
  consumes:
  - type: http
    namespace: things
    baseUri: https://upstream.example
    resources:
    - name: thing
      path: /things/{id}
      operations:
      - { method: GET, name: read, inputParameters: [{ name: id, in: path, type: string }] }
  exposes:
  - type: rest
    namespace: guarded-rest
    authentication: { type: bearer, token: "{{env.CALLER_TOKEN}}" }
    resources:
    - path: /things/{id}
      name: thing
      description: A thing.
      operations: [{ method: GET, name: read, description: Reads a thing., call: things.read, with: { id: rest.id } }]
  - type: mcp
    namespace: guarded-mcp
    transport: http
    sessions: true
    description: Guarded tools.
    authentication: { type: bearer, token: "{{env.CALLER_TOKEN}}" }
    tools: [{ name: read, description: Reads a thing., hints: { readOnly: true }, call: things.read, with: { id: tools.id } }]
    resources:
    - { name: thing, label: A thing, uri: "things://{id}", description: A thing., mimeType: application/json, call: things.read, with: { id: tools.id } }
    - { name: guide, label: The guide, uri: "docs://guide", description: Pages of the guide., location: "file://${folder}" }
    prompts:
    - name: review
      label: Review
      description: Asks for a review.
      arguments: [{ name: thing, description: The thing. }, { name: tone, description: The tone., required: false }]
      template: [{ role: user, content: "Review {{thing}} in a {{tone}} tone." }, { role: assistant, content: "Which part?" }]
`;

/** A document that forwards requests, whose callers need a key in the query. */
export const forwarding = `naftiko: 1.0.0-alpha2
info: { label: Forwarded things, description: Things behind a path. }
binds:
- namespace: env
  keys: { CALLER_TOKEN: CALLER_TOKEN }
capability:
  consumes:
  - type: http
    namespace: things
    baseUri: https://upstream.example
    resources:
    - name: thing
      path: /things/{id}
      operations:
      - { method: GET, name: read, inputParameters: [{ name: id, in: path, type: string }] }
  exposes:
  - type: rest
    namespace: forwarding-rest
    authentication: { type: apikey, key: key, value: "{{env.CALLER_TOKEN}}", placement: query }
    resources:
    - { path: /proxy, name: proxy, description: All of the API., forward: { targetNamespace: things } }
  - type: mcp
    namespace: forwarding-mcp
    transport: http
    description: Tools.
    authentication: { type: apikey, key: key, value: "{{env.CALLER_TOKEN}}", placement: query }
    tools: [{ name: read, description: Reads a thing., hints: { readOnly: true }, call: things.read, with: { id: tools.id } }]
`;

/** A document with `count` operations. */
export function many(count) {
  const operations = Array.from({ length: count }, (_, index) => index);
  return `naftiko: 1.0.0-alpha2
info:
  label: Many operations
  description: A capability with ${count} operations.
capability:
  consumes:
  - type: http
    namespace: many
    baseUri: https://upstream.example
    resources:
${operations.map((index) => `    - name: thing-${index}
      path: /things/${index}/{id}
      operations:
      - name: read-${index}
        method: GET
        inputParameters:
        - {name: id, in: path, type: string, description: The thing.}
        - {name: limit, in: query, type: integer, description: How many.}`).join('\n')}
  exposes:
  - type: rest
    namespace: many-rest
    resources:
${operations.map((index) => `    - path: /things/${index}/{id}
      name: thing-${index}
      description: Things of kind ${index}.
      operations:
      - {method: GET, name: read-${index}, description: Reads thing number ${index}., call: many.read-${index}, with: {id: rest.id, limit: rest.limit}}`).join('\n')}
  - type: mcp
    namespace: many-mcp
    transport: http
    description: Many tools.
    tools:
${operations.map((index) => `    - {name: read-${index}, description: Reads thing number ${index}., hints: {readOnly: true}, call: many.read-${index}, with: {id: tools.id, limit: tools.limit}}`).join('\n')}
`;
}

/** Texts that would do something if they were taken for markup, a style, a script or a link. */
export const HOSTILE = [
  '<script>globalThis.hurt = 1</script>',
  '</script><script>globalThis.hurt = 2</script>',
  '</style><style>body{display:none}</style>',
  '<img src=x onerror="globalThis.hurt = 3">',
  'javascript:globalThis.hurt=4',
  '<!--<script>globalThis.hurt = 5//-->',
  '"><svg onload="globalThis.hurt = 6">',
  '${globalThis.hurt = 7} {{env.HOME}} [link](javascript:globalThis.hurt=8)',
];

/** A document whose every text is hostile. */
export function hostile() {
  const text = JSON.stringify(HOSTILE.join(' '));
  return `naftiko: 1.0.0-alpha2
info:
  label: ${text}
  description: ${text}
  tags: [${text}]
capability:
  consumes:
  - type: http
    namespace: hostile
    baseUri: https://upstream.example/secret-place
    authentication: {type: bearer, token: literal-secret-of-the-document}
    resources:
    - name: things
      path: /things/{id}
      operations:
      - name: read
        method: GET
        inputParameters:
        - {name: id, in: path, type: string, description: ${text}}
        - {name: q, in: query, type: string, description: ${text}}
  exposes:
  - type: rest
    namespace: hostile-rest
    description: ${text}
    resources:
    - path: /things/{id}
      name: things
      description: ${text}
      operations:
      - {method: GET, name: read, description: ${text}, call: hostile.read, with: {id: rest.id, q: rest.q}}
  - type: mcp
    namespace: hostile-mcp
    transport: http
    description: ${text}
    tools:
    - {name: read, label: ${text}, description: ${text}, hints: {readOnly: true}, call: hostile.read, with: {id: tools.id, q: tools.q}}
    resources:
    - {name: thing, label: ${text}, uri: "hostile://{id}/${'<script>globalThis.hurt=9</script>'}", description: ${text}, mimeType: text/plain, call: hostile.read, with: {id: tools.id}}
    prompts:
    - {name: ask, label: ${text}, description: ${text}, arguments: [{name: id, description: ${text}}], template: [{role: user, content: ${JSON.stringify(HOSTILE.filter((one) => !one.includes('{{')).join(' '))}}]}
`;
}
