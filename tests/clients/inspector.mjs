// The command line of the MCP inspector, in both eras of MCP (`legacy`: revisions with a handshake, `modern`: later
// ones), over HTTP and over pipes; and the schemas of the examples, with `--strict`.
// `node inspector.mjs MODULES PROGRAMS HTTP STATELESS`

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const [modules, programs, http, stateless] = process.argv.slice(2);
const manifest = createRequire(`${modules}/package.json`).resolve("@modelcontextprotocol/inspector/package.json");
const inspector = join(dirname(manifest), "clients/launcher/build/index.js");

function run(target, ...args) {
  const all = [inspector, "--cli", ...target, "--format", "json", ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, all, (error, out, err) => resolve({ code: error?.code ?? 0, out, err }));
  });
}

/** Returns the result of a method. Checks that the inspector's exit code is `expected`; it tells whether a tool has failed. */
async function result(target, expected, ...args) {
  const { code, out, err } = await run(target, ...args);
  assert.equal(code, expected, `${args.join(" ")}: ${out}${err}`);
  return JSON.parse(out).result;
}

/** Lists the tools, and returns their number. The schemas may have only one kind of finding: a warning that a result may be null. */
async function strict(target) {
  const { code, out, err } = await run(target, "--method", "tools/list", "--strict");
  assert.equal(code, 0, err);
  const findings = [...err.matchAll(/Path: (\S*)\n +Issue: (.*)/g)];
  // The numbers differ if a new version of the inspector words its findings differently.
  assert.equal(findings.length, Number(err.match(/(\d+) warnings? across/)?.[1] ?? 0), err);
  for (const [, path, issue] of findings) {
    assert.ok(path.startsWith("outputSchema") && issue.includes('"null"]'), `${path}: ${issue}`);
  }
  return JSON.parse(out).result.tools.length;
}

for (const era of ["legacy", "modern"]) {
  const url = era === "legacy" ? http : stateless;
  const targets = { HTTP: [url, "--transport", "http"], stdio: [join(programs, "conformance"), "stdio"] };
  for (const [transport, command] of Object.entries(targets)) {
    const target = [...command, "--protocol-era", era];
    assert.ok(await strict(target) > 20);
    const call = (expected, tool) => result(target, expected, "--method", "tools/call", "--tool-name", tool);
    assert.equal((await call(0, "test_image_content")).content[0].mimeType, "image/png");
    assert.match((await call(5, "test_error_handling")).content[0].text, /intentionally returns an error/);
    const read = await result(target, 0, "--method", "resources/read", "--uri", "test://static-text");
    assert.equal(read.contents[0].text, "This is the content of the static text resource.");
    const prompt = ["--prompt-name", "test_prompt_with_arguments", "--prompt-args", "arg1=a", "arg2=b"];
    const { messages } = await result(target, 0, "--method", "prompts/get", ...prompt);
    assert.equal(messages[0].content.text, "Prompt with arguments: arg1='a', arg2='b'");
    console.log(`ok  inspector, ${era}, ${transport}`);
  }
}

// No API is called, so the variables of the examples may have any value.
const variables = {
  GITHUB_TOKEN: "x", STRIPE_KEY: "x", HUMANITEC_API_KEY: "x", LABEL_STUDIO_API_KEY: "x", LOGTO_API_KEY: "x", TENANT_ID: "x",
  STACKROX_API_KEY: "x", CENTRAL_HOST: "x.example", ORDERS_API_KEY: "x",
  BILLING_API_KEY: "x",
};
const environment = Object.entries(variables).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
for (const name of process.argv.slice(6)) {
  const count = await strict([join(programs, name), "mcp", ...environment]);
  console.log(`ok  inspector, the schemas of ${name}: ${count} tools`);
}
