// Version 1 of the TypeScript SDK, over HTTP and over pipes: `node typescript_v1.mjs MODULES PROGRAM HTTP STATELESS`.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { contact, scenario } from "./scenario.mjs";

const [modules, program, http, stateless] = process.argv.slice(2);
const require = createRequire(`${modules}/package.json`);
const load = (path) => import(pathToFileURL(require.resolve(`@modelcontextprotocol/sdk/${path}`)));
const { Client } = await load("client/index.js");
const { StreamableHTTPClientTransport } = await load("client/streamableHttp.js");
const { StdioClientTransport } = await load("client/stdio.js");
const { ElicitRequestSchema } = await load("types.js");

async function connected(transport) {
  const client = new Client({ name: "checks", version: "1" }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, () => contact);
  await client.connect(transport);
  return {
    listTools: () => client.listTools(),
    call: (name, args = {}, options = {}) => client.callTool({ name, arguments: args }, undefined, options),
    read: (uri) => client.readResource({ uri }),
    prompt: (name, args) => client.getPrompt({ name, arguments: args }),
    close: () => client.close(),
  };
}

const over = (url) => connected(new StreamableHTTPClientTransport(new URL(url)));
await scenario("TypeScript SDK 1, HTTP", await over(http));
await scenario("TypeScript SDK 1, HTTP without sessions", await over(stateless), { sessions: false });
await scenario("TypeScript SDK 1, stdio", await connected(new StdioClientTransport({ command: program, args: ["stdio"] })));
