"""Checks the spans of the `naftiko` command with a collector that is not ours, Rotel. `check.py NAFTIKO`, in a Python that has the
packages of `requirements.txt`; the command is built with the feature `otlp`."""

import json
import signal
import socket
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from programs import CALLER_TOKEN, HANGS, ITEM, SHOP_TOKEN, Api, Collector, Program, Trace, command, free_port, is_listening, values

[NAFTIKO] = sys.argv[1:]
SERVER, CLIENT = Span.SPAN_KIND_SERVER, Span.SPAN_KIND_CLIENT
# Bits of `Span.flags`: the flag `sampled`, whether it is known if the parent is in another process, and whether it is.
SAMPLED, IS_KNOWN, IS_REMOTE = 0x1, 0x100, 0x200
UNREACHABLE = "spans cannot be sent to the collector"


def of_trace(spans, trace):
    return [span for span in spans if span.trace_id.hex() == trace.id]


def check_span(span, kind, name, expected, parent):
    """Checks a span with its attributes, no other ones, and its status."""
    assert (span.kind, span.name) == (kind, name), span
    assert values(span.attributes) == expected, (name, expected, span)
    code = Status.STATUS_CODE_ERROR if "error.type" in expected else Status.STATUS_CODE_UNSET
    assert (span.status.code, span.status.message) == (code, ""), (name, span)
    assert span.parent_span_id.hex() == parent, (name, parent, span)
    assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano, (name, span)
    assert not span.events and not span.links and not span.dropped_attributes_count, (name, span)
    flags = IS_KNOWN | SAMPLED | (IS_REMOTE if kind == SERVER and parent else 0)
    assert span.flags == flags, (name, flags, span)


def check_call(spans, api, trace, name, expected, *sent):
    """Checks the spans of a call in the trace of its caller: its own, and one for each request that is sent to the API for it."""
    call, *requests = of_trace(spans, trace)
    check_span(call, SERVER, name, expected, trace.span)
    assert len(requests) == len(sent), (name, requests)
    for request, (template, attributes) in zip(requests, sent):
        check_span(request, CLIENT, template, attributes, call.span_id.hex())
    # The API gets the ID of the span of each request. Nothing listens for `gone`.
    if not any(attributes["naftiko.upstream"] == "gone" for _, attributes in sent):
        assert api.parents(trace.id) == [f"00-{trace.id}-{request.span_id.hex()}-01" for request in requests]


def route(status, method="GET", path="/items/{itemId}", operation="read-item"):
    failure = {"error.type": str(status)} if status >= 500 else {}
    named = {"http.request.method": method, "http.route": path, "naftiko.operation": operation}
    return {**named, "http.response.status_code": status, **failure}


def tool(name, **more):
    return {"mcp.method.name": "tools/call", "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name, **more}


def prompt(name, **more):
    return {"mcp.method.name": "prompts/get", "gen_ai.prompt.name": name, **more}


def request(status, method="GET", operation="read-item", again=0):
    failure = {"error.type": str(status)} if status >= 400 else {}
    named = {"http.request.method": method, "url.template": "/items/{itemId}", "naftiko.upstream": "shop"}
    resent = {"http.request.resend_count": again} if again else {}
    attributes = {**named, "naftiko.operation": operation, "http.response.status_code": status, **failure, **resent}
    return f"{method} /items/{{itemId}}", attributes


def abandoned(program, api, trace):
    """Sends a request, and closes the connection while the API works on it."""
    url = urlsplit(program.urls["shop-rest"])
    with socket.create_connection((url.hostname, url.port)) as caller:
        lines = ["GET /items/slow HTTP/1.1", f"host: {url.netloc}", f"authorization: Bearer {CALLER_TOKEN}"]
        caller.sendall("\r\n".join([*lines, f"traceparent: {trace.parent}", "", ""]).encode())
        api.arrived.get(timeout=HANGS)


def calls(work):
    """Calls of both adapters, including calls that fail; the last one is answered after the program is asked to end."""
    api, collector = Api(), Collector(work)
    program = Program(NAFTIKO, api, collector.url, OTEL_SERVICE_NAME="the-shop", OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=checks")
    names = "read order missing broken flaky stock unsampled left legacy modern failed unknown resource prompt no_prompt last"
    traces = {name: Trace("00" if name == "unsampled" else "01") for name in names.split()}

    assert program.rest(f"/items/{ITEM}", trace=traces["read"]) == 200
    assert program.rest(f"/items/{ITEM}", "POST", traces["order"]) == 200
    assert program.rest("/items/missing", trace=traces["missing"]) == 404
    assert program.rest("/items/broken", "POST", trace=traces["broken"]) == 502
    assert program.rest("/items/flaky", trace=traces["flaky"]) == 200
    assert program.rest("/stock", trace=traces["stock"]) == 502
    assert program.rest(f"/items/{ITEM}", trace=traces["unsampled"]) == 200
    assert program.rest(f"/items/{ITEM}") == 200
    abandoned(program, api, traces["left"])
    for era in ["legacy", "modern"]:
        assert not program.tool(era, "item", ITEM, traces[era])["result"].get("isError")
    assert program.tool("legacy", "item", "missing", traces["failed"])["result"]["isError"]
    assert program.tool("legacy", f"no-{ITEM}", ITEM, traces["unknown"])["error"]["code"] == -32602
    uri = f"shop://{ITEM}"
    assert program.mcp("legacy", "resources/read", uri, {"uri": uri}, traces["resource"])["result"]["contents"]
    for trace, name in [("prompt", "review"), ("no_prompt", f"no-{ITEM}")]:
        params = {"name": name, "arguments": {"item": ITEM}}
        assert ("result" in program.mcp("legacy", "prompts/get", name, params, traces[trace])) == (trace == "prompt")
    with ThreadPoolExecutor() as caller:
        last = caller.submit(program.rest, "/items/slow", trace=traces["last"])
        api.arrived.get(timeout=HANGS)
        program.process.send_signal(signal.SIGTERM)
        while is_listening(urlsplit(program.urls["shop-rest"]).port):
            pass
        api.released.set()
        assert last.result() == 200
    log = program.ended()
    collector.stop()

    spans, resource = collector.spans()
    assert (resource["service.name"], resource["deployment.environment.name"]) == ("the-shop", "checks"), resource
    assert resource["telemetry.sdk.language"] == "rust", resource
    check = lambda name, *expected: check_call(spans, api, traces[name], *expected)
    item = "GET /items/{itemId}"
    check("read", item, route(200), request(200))
    check("order", "POST /items/{itemId}", route(200, "POST", operation="order-item"), request(200, "POST", "order-item"))
    check("missing", item, route(404), request(404))
    check("broken", "POST /items/{itemId}", route(502, "POST", operation="order-item"), request(500, "POST", "order-item"))
    check("flaky", item, route(200), request(503), request(200, again=1))
    check("legacy", "tools/call item", tool("item"), request(200))
    check("modern", "tools/call item", tool("item"), request(200))
    refused = {"error.type": "-32602", "rpc.response.status_code": "-32602"}
    check("failed", "tools/call item", tool("item", **{"error.type": "tool_error"}), request(404))
    check("unknown", "tools/call", tool("_OTHER", **refused))
    check("resource", "resources/read", {"mcp.method.name": "resources/read"}, request(200))
    check("prompt", "prompts/get review", prompt("review"))
    check("no_prompt", "prompts/get", prompt("_OTHER", **refused))
    check("last", item, route(200), request(200))
    # There is no answer, so there is no status.
    without_status = lambda attributes: {name: value for name, value in attributes.items() if name != "http.response.status_code"}
    cancelled = {"error.type": "cancelled"}
    name, attributes = request(200)
    check("left", item, {**without_status(route(200)), **cancelled}, (name, {**without_status(attributes), **cancelled}))
    stock = {"http.request.method": "GET", "url.template": "/stock", "naftiko.operation": "read-stock", "naftiko.upstream": "gone"}
    attempts = [("GET /stock", {**stock, "error.type": "connect", **({"http.request.resend_count": n} if n else {})}) for n in range(3)]
    check("stock", "GET /stock", route(502, path="/stock", operation="read-stock"), *attempts)
    assert all(span.trace_state == "vendor=state" for name in ["read", "stock"] for span in of_trace(spans, traces[name]))
    # A trace that its caller does not sample is not sampled here.
    assert of_trace(spans, traces["unsampled"]) == []
    [parent] = api.parents(traces["unsampled"].id)
    assert parent.endswith("-00"), parent
    # A call without a trace begins one.
    known = {trace.id for trace in traces.values()}
    call, sent = [span for span in spans if span.trace_id.hex() not in known]
    check_span(call, SERVER, item, route(200), "")
    check_span(sent, CLIENT, *request(200), call.span_id.hex())
    assert call.trace_id == sent.trace_id
    assert api.parents(call.trace_id.hex()) == [f"00-{call.trace_id.hex()}-{sent.span_id.hex()}-01"]
    assert len({span.span_id for span in spans}) == len(spans), "two spans have one ID"

    got = b"".join(collector.received)
    addresses = [urlsplit(url).netloc for url in [api.url, *program.urls.values()]]
    for text in [SHOP_TOKEN, CALLER_TOKEN, ITEM, "s3cret", "Bearer", "authorization", "127.0.0.1", "shop.example", *addresses]:
        assert text.encode() not in got, f"{text} is in what the collector got"
    assert "s3cret" not in log and UNREACHABLE not in log, log
    print(f"ok  calls: {len(spans)} spans", flush=True)


def many(work):
    """Spans that fill several messages: none is lost, not even the spans that wait when the program ends."""
    api, collector = Api(), Collector(work)
    # Spans wait until the program ends, or until there are enough for one message.
    program = Program(NAFTIKO, api, collector.url, OTEL_BSP_SCHEDULE_DELAY="600000")
    traces = [Trace() for _ in range(700)]
    with ThreadPoolExecutor(8) as callers:
        assert set(callers.map(lambda trace: program.rest("/items/1", trace=trace), traces)) == {200}
    program.stop()
    collector.stop()
    spans, resource = collector.spans()
    assert resource["service.name"] == "naftiko", resource
    assert len(spans) == 2 * len(traces), len(spans)
    assert {span.trace_id.hex() for span in spans} == {trace.id for trace in traces}
    print(f"ok  many calls: {len(spans)} spans", flush=True)


def stdio(work):
    """A client that starts the program, and closes its input: the last spans are sent before the program ends."""
    api, collector, trace = Api(), Collector(work), Trace()
    program = command(NAFTIKO, "mcp", api, collector.url, subprocess.PIPE)
    client = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "checks", "version": "1"}}
    params = {"name": "item", "arguments": {"itemId": ITEM}, "_meta": {"traceparent": trace.parent}}
    messages = [
        {"id": 1, "method": "initialize", "params": client},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": params},
    ]
    output, log = program.communicate("".join(json.dumps({"jsonrpc": "2.0", **message}) + "\n" for message in messages), HANGS)
    assert program.returncode == 0, log
    _, answer = map(json.loads, output.splitlines())
    assert answer["id"] == 2 and not answer["result"].get("isError"), answer
    collector.stop()
    spans, _ = collector.spans()
    assert len(spans) == 2, spans
    check_call(spans, api, trace, "tools/call item", tool("item"), request(200))
    print("ok  a client over stdio", flush=True)


def down():
    """A collector that is down."""
    program = Program(NAFTIKO, Api(), f"http://127.0.0.1:{free_port()}", OTEL_BSP_SCHEDULE_DELAY="50")
    check_answers(program, [Trace() for _ in range(100)])
    log = program.stop()
    assert log.count(UNREACHABLE) == 1, log
    assert "s3cret" not in log, log
    print("ok  a collector that is down", flush=True)


def check_answers(program, traces):
    """Checks that calls of both adapters are answered as always."""
    for trace in traces:
        assert program.rest("/items/1", trace=trace) == 200
        assert program.tool("legacy", "item", "1", trace)["result"]["content"]


def comes_and_goes(work):
    """A collector that ends during the run and comes back."""
    api, collector = Api(), Collector(work)
    program = Program(NAFTIKO, api, collector.url, OTEL_BSP_SCHEDULE_DELAY="50")
    first, meanwhile, last = ([Trace() for _ in range(20)] for _ in range(3))
    check_answers(program, first)
    collector.wait_for_spans()
    collector.stop()
    check_answers(program, meanwhile)
    while UNREACHABLE not in "".join(program.log):
        check_answers(program, [Trace()])
    assert collector.start(), "the collector does not start again"
    check_answers(program, last)
    program.stop()
    collector.stop()
    spans, _ = collector.spans()
    assert {len(of_trace(spans, trace)) for trace in last} == {4}, "spans are lost although the collector is back"
    assert len(of_trace(spans, first[0])) > 0, "no spans of the beginning"
    print("ok  a collector that ends and comes back", flush=True)


def hangs(work):
    """A collector that accepts connections and answers nothing: calls are answered, and the program ends."""
    api, collector = Api(), Collector(work)
    program = Program(NAFTIKO, api, collector.url, OTEL_EXPORTER_OTLP_TIMEOUT="600000", OTEL_BSP_SCHEDULE_DELAY="50")
    collector.signal(signal.SIGSTOP)
    check_answers(program, [Trace() for _ in range(100)])
    program.stop()
    collector.signal(signal.SIGCONT)
    collector.stop()
    print("ok  a collector that hangs", flush=True)


with tempfile.TemporaryDirectory(prefix="naftiko-collector-") as folder:
    calls(Path(folder))
    many(Path(folder))
    stdio(Path(folder))
    down()
    comes_and_goes(Path(folder))
    hangs(Path(folder))
