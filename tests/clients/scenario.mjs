// The calls that each TypeScript client makes to the server of `examples/conformance.rs`. `client` is a set of
// functions, since the two major versions of the SDK have different APIs.

import assert from "node:assert/strict";

export async function scenario(name, client, { sessions = true } = {}) {
  const { tools } = await client.listTools();
  const names = tools.map((tool) => tool.name);
  assert.ok(names.includes("test_simple_text") && names.length > 20, names.join(" "));

  const text = await client.call("test_simple_text");
  assert.equal(text.content[0].text, "This is a simple text response for testing.");
  const image = await client.call("test_image_content");
  assert.deepEqual([image.content[0].type, image.content[0].mimeType], ["image", "image/png"]);

  const failed = await client.call("test_error_handling");
  assert.ok(failed.isError);
  assert.match(failed.content[0].text, /intentionally returns an error/);
  await assert.rejects(client.call("no_such_tool"), /no_such_tool/);

  const read = await client.read("test://static-text");
  assert.equal(read.contents[0].text, "This is the content of the static text resource.");
  await assert.rejects(client.read("test://nothing"), /test:\/\/nothing/);
  const prompt = await client.prompt("test_prompt_with_arguments", { arg1: "a", arg2: "b" });
  assert.equal(prompt.messages[0].content.text, "Prompt with arguments: arg1='a', arg2='b'");

  const seen = [];
  const done = await client.call("test_tool_with_progress", {}, { onprogress: (progress) => seen.push(progress.progress) });
  assert.equal(done.content[0].text, "Progress test completed");
  assert.deepEqual(seen, [0, 50, 100]);

  // Without sessions, the server cannot ask a client with a handshake, and the client cannot cancel a call.
  if (sessions) {
    // The first progress report shows that the call runs. `test://cancelled` is the number of calls that the server has
    // dropped.
    const cancelled = async () => (await client.read("test://cancelled")).contents[0].text;
    const before = await cancelled();
    const stop = new AbortController();
    const onprogress = () => stop.abort("enough");
    await assert.rejects(client.call("test_cancellation", {}, { signal: stop.signal, onprogress }));
    const end = Date.now() + 30_000;
    while ((await cancelled()) === before) assert.ok(Date.now() < end, "the server has not dropped the call");
    const asked = await client.call("test_elicitation", { message: "Who?" });
    assert.match(asked.content[0].text, /action=accept.*Ada.*ada@example\.com/);
  }
  await client.close();
  console.log(`ok  ${name}`);
}

export const contact = { action: "accept", content: { username: "Ada", email: "ada@example.com" } };
