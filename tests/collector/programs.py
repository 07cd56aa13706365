"""The collector, what it passes its spans on to, an API, and the program. Run alone, it prints the version of the collector."""

import atexit
import gzip
import json
import os
import queue
import re
import secrets
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import rotel
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse

HERE = Path(__file__).parent
SHOP_TOKEN = "s3cret-token-of-the-shop"
CALLER_TOKEN = "s3cret-token-of-the-caller"
ITEM = "s3cret-item"
# The time limit for a program or a collector, in seconds: one that takes longer hangs.
HANGS = 60


def environment(**variables):
    """Returns the environment of a child process, without settings of collectors, OpenTelemetry and proxies."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not re.match(r"OTEL_|ROTEL_|(?:all|https?|no)_proxy$", name, re.IGNORECASE)
    }
    return {**kept, **variables}


def started(*args, **options):
    """Starts a child process, which ends with this one, even if a check fails."""
    child = subprocess.Popen(*args, **options)
    atexit.register(child.kill)
    return child


def agent(command, variables=None, **options):
    """Starts the program in the package of Rotel."""
    # A Python that is not the system's has its library elsewhere.
    folders = [sysconfig.get_config_var("LIBDIR"), os.environ.get("LD_LIBRARY_PATH")]
    variables = {"LD_LIBRARY_PATH": ":".join(filter(None, folders)), **(variables or {})}
    return started([Path(rotel.__file__).parent / "rotel-agent", command], env=environment(**variables), **options)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def is_listening(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionError:
        # Refused, or reset while the port is being closed.
        return False
    return True


class Server(ThreadingHTTPServer):
    """An HTTP server on a free port, in threads of its own."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, address):
        # A caller may close its connection before it has the answer.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # The head and the body of an answer are one packet.
    wbufsize = -1

    def log_message(self, *_):
        pass

    def body(self):
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def answer(self, status, content_type, body):
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Api(Server):
    """The API of the shop. It keeps the headers of each request, by trace, and repeats its token in failures."""

    def __init__(self):
        super().__init__(ApiHandler)
        self.requests = []
        self.is_flaky = True
        self.arrived = queue.Queue()
        self.released = threading.Event()

    def parents(self, trace):
        """Returns the `traceparent` of each request in a trace, in the order of their arrival."""
        sent = [headers.get("traceparent") for headers in self.requests]
        return [parent for parent in sent if parent and parent.split("-")[1] == trace]


class ApiHandler(Handler):
    def do_GET(self):
        self.body()
        self.server.requests.append(self.headers)
        assert self.headers["authorization"] == f"Bearer {SHOP_TOKEN}", self.headers
        status = 200
        match self.path.rsplit("/", 1)[1]:
            case "broken":
                status = 500
            case "missing":
                status = 404
            case "flaky" if self.server.is_flaky:
                self.server.is_flaky = False
                status = 503
            case "slow":
                self.server.arrived.put(None)
                self.server.released.wait()
        text = json.dumps({"error" if status >= 400 else "answer": f"s3cret-answer to {self.headers['authorization']}"})
        self.answer(status, "application/json", text.encode())

    do_POST = do_GET


class Receiver(Server):
    """A receiver of spans over OTLP/HTTP, for what the collector passes on."""

    def __init__(self):
        super().__init__(ReceiverHandler)
        self.messages = queue.Queue()


class ReceiverHandler(Handler):
    def do_POST(self):
        assert self.path == "/v1/traces", self.path
        body = self.body()
        self.server.messages.put(gzip.decompress(body) if self.headers["content-encoding"] == "gzip" else body)
        self.answer(200, "application/x-protobuf", ExportTraceServiceResponse().SerializeToString())


class Collector:
    """Rotel, which passes the spans that it gets over OTLP/HTTP on to a `Receiver`."""

    def __init__(self, work):
        self.work = work
        self.receiver = Receiver()
        self.received = []
        for _ in range(5):
            self.port = free_port()
            if self.start():
                return
        raise AssertionError(f"the collector does not start: {(work / 'collector.log').read_text()}")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        """Starts the collector, always on the same port, and returns whether it listens."""
        variables = {
            "ROTEL_PID_FILE": str(self.work / "collector.pid"),
            "ROTEL_LOG_FILE": str(self.work / "collector-daemon.log"),
            "ROTEL_OTLP_HTTP_ENDPOINT": f"127.0.0.1:{self.port}",
            "ROTEL_OTLP_GRPC_ENDPOINT": f"127.0.0.1:{free_port()}",
            "ROTEL_EXPORTER": "otlp",
            "ROTEL_OTLP_EXPORTER_ENDPOINT": self.receiver.url,
            "ROTEL_OTLP_EXPORTER_PROTOCOL": "http",
        }
        with open(self.work / "collector.log", "w") as log:
            self.process = agent("start", variables=variables, stdout=log, stderr=log)
        while not is_listening(self.port):
            if self.process.poll() is not None:
                return False
        return True

    def wait_for_spans(self):
        """Waits until the collector has passed spans on."""
        self.received.append(self.receiver.messages.get(timeout=HANGS))

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """Ends the collector; before, it passes on the spans that it has."""
        self.signal(signal.SIGTERM)
        assert self.process.wait(HANGS) == 0, (self.work / "collector.log").read_text()
        while not self.receiver.messages.empty():
            self.received.append(self.receiver.messages.get())

    def spans(self):
        """Returns all spans that have arrived, in the order in which they began, and the attributes of their resource."""
        spans, resource = [], {}
        for body in self.received:
            for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                resource.update(values(of_resource.resource.attributes))
                for of_scope in of_resource.scope_spans:
                    assert of_scope.scope.name == "naftiko", of_scope.scope
                    spans.extend(of_scope.spans)
        return sorted(spans, key=lambda span: span.start_time_unix_nano), resource


def values(attributes):
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in attributes}


def command(naftiko, name, api, endpoint, stdin, *args, **variables):
    """Starts a command of `naftiko` with the document of the shop."""
    args = [naftiko, name, HERE / "shop.naftiko.yaml", "--upstream", f"shop={api.url}", *args]
    tokens = {"SHOP_TOKEN": SHOP_TOKEN, "CALLER_TOKEN": CALLER_TOKEN}
    variables = environment(OTEL_EXPORTER_OTLP_ENDPOINT=endpoint, RUST_LOG="warn", **tokens, **variables)
    pipe = subprocess.PIPE
    return started(args, env=variables, stdin=stdin, stdout=pipe, stderr=pipe, text=True)


class Program:
    """The `naftiko` command, which serves the document of the shop."""

    def __init__(self, naftiko, api, endpoint, **variables):
        args = ["--port", "shop-rest=0", "--port", "shop-mcp=0", "--upstream", f"gone=http://127.0.0.1:{free_port()}"]
        self.process = command(naftiko, "serve", api, endpoint, subprocess.DEVNULL, *args, **variables)
        self.log = []
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True)
        self.reader.start()
        self.urls = {}
        while len(self.urls) < 2:
            line = self.process.stdout.readline()
            if not line:
                self.ended()
                raise AssertionError("the program serves nothing")
            if line.startswith("listening"):
                _, _, name, url = line.split()
                self.urls[name] = url

    def send(self, method, url, headers, body=None):
        """Sends a request as a caller, and returns the status and the body of the answer."""
        headers = {"authorization": f"Bearer {CALLER_TOKEN}", **headers}
        request = urllib.request.Request(url, body, headers, method=method)
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=HANGS) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def rest(self, path, method="GET", trace=None):
        """Sends a request to a route, and returns the status of the answer."""
        headers = {"traceparent": trace.parent, "tracestate": "vendor=state"} if trace else {}
        return self.send(method, self.urls["shop-rest"] + path, headers)[0]

    def mcp(self, era, method, name, params, trace):
        """Sends a request of an MCP client, and returns the response."""
        meta = {"traceparent": trace.parent}
        headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
        if era == "modern":
            headers |= {"mcp-protocol-version": "2026-07-28", "mcp-method": method, "mcp-name": name}
            meta["io.modelcontextprotocol/protocolVersion"] = "2026-07-28"
            meta["io.modelcontextprotocol/clientCapabilities"] = {}
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
        return json.loads(self.send("POST", self.urls["shop-mcp"], headers, json.dumps(message).encode())[1])

    def tool(self, era, name, item, trace):
        """Calls a tool, and returns the response."""
        return self.mcp(era, "tools/call", name, {"name": name, "arguments": {"itemId": item}}, trace)

    def stop(self):
        """Ends the program, and returns its log."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self):
        """Waits until the program has ended, and returns its log."""
        status = self.process.wait(HANGS)
        self.reader.join(HANGS)
        log = "".join(self.log)
        assert status == 0, f"{status}: {log}"
        return log


class Trace:
    """The trace of a caller, and its span."""

    def __init__(self, flags="01"):
        self.id, self.span, self.flags = secrets.token_hex(16), secrets.token_hex(8), flags

    @property
    def parent(self):
        return f"00-{self.id}-{self.span}-{self.flags}"


if __name__ == "__main__":
    sys.exit(agent("version").wait())
