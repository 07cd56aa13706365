// Programs that serve a page, as child processes; a document of many operations, and a hostile one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Starts a program, and waits until that many adapters listen. Gives their addresses by namespace. */
export async function serve(program, args, adapters) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, RUST_LOG: 'error' } });
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

/** A document of that many operations. */
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
`;
}
