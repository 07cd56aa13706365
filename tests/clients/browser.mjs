// A web page of another origin, in headless Chromium. If `--allow-origin` names its origin, it can call a route, and a
// tool in both eras of MCP (`legacy`: revisions with a handshake, `modern`: later ones).
// `node browser.mjs MODULES PROGRAM CHROMIUM`

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { serve } from "../page/served.mjs";

const [modules, program, executablePath] = process.argv.slice(2);
const { chromium } = createRequire(`${modules}/package.json`)("playwright-core");

const pages = createServer((_request, response) => {
  response.setHeader("content-type", "text/html");
  response.end("<!doctype html><title>A page of another origin</title>");
});
pages.listen(0, "127.0.0.1");
await once(pages, "listening");
// Origins on loopback names are always allowed, so the page has another name.
const origin = `http://app.example:${pages.address().port}`;
const args = ["--no-sandbox", "--disable-dev-shm-usage", "--host-resolver-rules=MAP app.example 127.0.0.1"];
const browser = await chromium.launch({ executablePath, args });

/** Calls a tool, and returns the status and the text of the answer. Runs in the page. */
async function call({ url, era }) {
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  const params = { name: "lists-tokens-associated-user", arguments: { userId: "u-1" } };
  if (era === "modern") {
    Object.assign(headers, { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": params.name });
    params._meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} };
  }
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
  const response = await fetch(url, { method: "POST", headers, body });
  return { status: response.status, text: await response.text() };
}

/** Serves the program, and calls `work` with a page of another origin, the URLs of MCP and of a route, and the statuses of preflights. */
async function withPage(options, work) {
  const { urls, stop } = await serve(program, ["serve", "--demo", ...options, ...ports()], 2);
  const page = await browser.newPage();
  const preflights = [];
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  session.on("Network.responseReceived", ({ type, response }) => {
    if (type === "Preflight") preflights.push(response.status);
  });
  await page.goto(origin);
  const [mcp, rest] = Object.values(urls).sort((one, other) => other.endsWith("/mcp") - one.endsWith("/mcp"));
  await work(page, mcp, `${rest}/v1/users/u-1/tokens`, preflights);
  await page.close();
  await stop();
}

/** Options that give each adapter a free port. */
function ports() {
  const help = execFileSync(program, ["serve", "--help"], { encoding: "utf8" });
  return [...help.matchAll(/^ {2}(?:rest|mcp) +(\S+)/gm)].flatMap(([, name]) => ["--port", `${name}=0`]);
}

try {
  await withPage(["--allow-origin", origin], async (page, mcp, route, preflights) => {
    for (const era of ["legacy", "modern"]) {
      const { status, text } = await page.evaluate(call, { url: mcp, era });
      assert.equal(status, 200, text);
      assert.match(text, /"ci\\?"/, text);
    }
    assert.ok(preflights.length > 0 && preflights.every((status) => status === 200 || status === 204), String(preflights));
    const read = await page.evaluate(async (url) => (await fetch(url, { headers: { "x-own": "1" } })).json(), route);
    assert.match(JSON.stringify(read), /"ci"/);
  });
  console.log("ok  a page of an allowed origin: a tool in both eras, a route");
  await withPage([], async (page, mcp, route) => {
    // Requests without an `Origin` header are served.
    assert.equal((await call({ url: mcp, era: "modern" })).status, 200);
    assert.equal((await fetch(route)).status, 200);
    await assert.rejects(page.evaluate(call, { url: mcp, era: "modern" }), /Failed to fetch/);
    await assert.rejects(page.evaluate(async (url) => (await fetch(url)).json(), route), /Failed to fetch/);
  });
  console.log("ok  a page of another origin reads nothing");
} finally {
  await browser.close();
  pages.close();
}
