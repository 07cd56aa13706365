"""What each Python client does with the server of `examples/conformance.rs`."""

import asyncio
import re

CONTACT = {"action": "accept", "content": {"username": "Ada", "email": "ada@example.com"}}


async def refused(work, errors, pattern):
    """Checks that `work` fails with a message that matches `pattern`."""
    try:
        await work
    except errors as error:
        assert re.search(pattern, str(error)), error
    else:
        raise AssertionError(f"expected an error like {pattern}")


async def scenario(name, client):
    names = await client.tools()
    assert "test_simple_text" in names and len(names) > 20, names

    text = await client.call("test_simple_text")
    assert text.content[0].text == "This is a simple text response for testing.", text
    image = await client.call("test_image_content")
    assert image.content[0].type == "image", image
    failed = await client.call("test_error_handling")
    assert is_error(failed) and "intentionally returns an error" in failed.content[0].text, failed
    await refused(client.call("no_such_tool"), client.errors, "no_such_tool")

    assert await client.read("test://static-text") == "This is the content of the static text resource."
    await refused(client.read("test://nothing"), client.errors, "test://nothing")
    prompt = await client.prompt("test_prompt_with_arguments", {"arg1": "a", "arg2": "b"})
    assert prompt == "Prompt with arguments: arg1='a', arg2='b'", prompt

    seen = []

    async def progress(done, _total, _message):
        seen.append(done)

    done = await client.call("test_tool_with_progress", progress=progress)
    assert done.content[0].text == "Progress test completed", done
    assert seen == [0, 50, 100], seen

    # The first report of progress shows that the call runs; the server counts the calls that it has dropped.
    before = await client.read("test://cancelled")
    running = asyncio.Event()

    async def first(*_):
        running.set()

    task = asyncio.create_task(client.call("test_cancellation", progress=first))
    await running.wait()
    task.cancel()
    await client.cancelled()
    try:
        await task
    except asyncio.CancelledError:
        pass
    while await client.read("test://cancelled") == before:
        pass

    asked = await client.call("test_elicitation", {"message": "Who?"})
    assert re.search("action=accept.*Ada.*ada@example.com", asked.content[0].text), asked
    print(f"ok  {name}", flush=True)


def is_error(result):
    """Returns whether a tool has failed: the SDKs spell the name of the field in two ways."""
    return getattr(result, "isError", False) or getattr(result, "is_error", False)
