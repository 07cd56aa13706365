// Version 2 of the TypeScript SDK, in both eras of MCP, over HTTP and over pipes: `node typescript_v2.mjs MODULES PROGRAM HTTP STATELESS`.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { contact, scenario } from "./scenario.mjs";

const [modules, program, http, stateless] = process.argv.slice(2);
const require = createRequire(`${modules}/package.json`);
const load = (path) => import(pathToFileURL(require.resolve(`@modelcontextprotocol/client${path}`)));
const { Client, StreamableHTTPClientTransport } = await load("");
const { StdioClientTransport } = await load("/stdio");

const eras = { legacy: ["legacy", "2025-11-25", http], modern: ["auto", "2026-07-28", stateless] };

async function connected(era, transport) {
  const [mode, version] = eras[era];
  const options = { capabilities: { elicitation: {} }, versionNegotiation: { mode } };
  const client = new Client({ name: "checks", version: "1" }, options);
  client.setRequestHandler("elicitation/create", () => contact);
  await client.connect(transport);
  assert.equal(client.getNegotiatedProtocolVersion(), version);
  return {
    listTools: () => client.listTools(),
    call: (name, args = {}, options = {}) => client.callTool({ name, arguments: args }, options),
    read: (uri) => client.readResource({ uri }),
    prompt: (name, args) => client.getPrompt({ name, arguments: args }),
    close: () => client.close(),
  };
}

for (const era of Object.keys(eras)) {
  const transport = new StreamableHTTPClientTransport(new URL(eras[era][2]));
  await scenario(`TypeScript SDK 2, ${era}, HTTP`, await connected(era, transport));
  const stdio = new StdioClientTransport({ command: program, args: ["stdio"] });
  await scenario(`TypeScript SDK 2, ${era}, stdio`, await connected(era, stdio));
}
