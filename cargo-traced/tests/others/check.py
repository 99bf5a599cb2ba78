"""Sends to `cargo traced view` as programs in Python do, and opens what a Collector wrote. `run` beside this starts it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

docs, folder = sys.argv[1:]
program = os.environ["CARGO_TRACED"]
count = {"passed": 0}


def passed(what):
    count["passed"] += 1
    print(f"ok: {what}")


class View:
    """A receiver, or the server of files, on free ports."""

    def __init__(self, *arguments):
        command = [program, "traced", "view", "--http-port", "0", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.http = self.port(self.process.stdout.readline())
        is_receiver = "--grpc-port" in arguments
        self.grpc = self.port(self.process.stdout.readline()) if is_receiver else None

    @staticmethod
    def port(line):
        return re.search(r":(\d+)/?$", line.strip()).group(1)

    def spans(self):
        """Every span that is kept, with the resource that it is of."""
        with urllib.request.urlopen(f"http://localhost:{self.http}/live") as answer:
            parts = json.load(answer)["parts"]
        found = []
        for _, _, message in parts:
            for resource in message.get("resourceSpans", []):
                of = texts(resource["resource"]["attributes"])
                for scope in resource["scopeSpans"]:
                    found += [(of, span) for span in scope["spans"]]
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=20)


def texts(attributes):
    return {one["key"]: one["value"].get("stringValue") for one in attributes}


def block(language):
    """The only block of the docs in this language."""
    with open(docs, encoding="utf-8") as page:
        blocks = re.findall(rf"```{language}\n(.*?)```", page.read(), re.S)
    assert len(blocks) == 1, f"{docs} has {len(blocks)} blocks of {language}"
    return blocks[0]


def lines_of_docs():
    """The commands of the docs that start a program in Python."""
    with open(docs, encoding="utf-8") as page:
        lines = [line for line in page.read().splitlines() if line.rstrip().endswith("python shop.py")]
    assert len(lines) == 2, lines
    return lines


with open(f"{folder}/shop.py", "w", encoding="utf-8") as file:
    file.write(block("python"))

# Each line of the docs, but for the ports, which are free ones here.
for line in lines_of_docs():
    with View("--grpc-port", "0") as view:
        port = view.http if "http/protobuf" in line else view.grpc
        environment = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://localhost:{port}"}
        # What is not about traces has no receiver's attention.
        environment |= {"OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"}
        subprocess.run(["sh", "-c", line], cwd=folder, env=environment, check=True, timeout=120)
        spans = {span["name"]: (of, span) for of, span in view.spans()}
        assert set(spans) == {"order", "pay"}, spans
        of, pay = spans["pay"]
        _, order = spans["order"]
        assert of["service.name"] == "shop" and of["telemetry.sdk.language"] == "python", of
        assert pay["parentSpanId"] == order["spanId"] and pay["traceId"] == order["traceId"]
        assert pay["attributes"] == [{"key": "amount", "value": {"intValue": "3"}}], pay
        assert pay["status"]["code"] == 2, pay
        [event] = pay["events"]
        assert texts(event["attributes"])["exception.message"] == "no money", event
        passed(line)

# The SDK by hand, with both exporters, gzip, a link, and more spans than one message has.
BY_HAND = """
import sys
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanKind

kind, port = sys.argv[1:]
if kind == "grpc":
    from grpc import Compression
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    exporter = OTLPSpanExporter(f"http://localhost:{port}", insecure=True, compression=Compression.Gzip)
else:
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    exporter = OTLPSpanExporter(f"http://localhost:{port}/v1/traces", compression=Compression.Gzip)
provider = TracerProvider(resource=Resource.create({"service.name": kind}))
provider.add_span_processor(BatchSpanProcessor(exporter))
tracer = provider.get_tracer("by hand", "1.0")
with tracer.start_as_current_span("first", kind=SpanKind.SERVER) as first:
    link = Link(first.get_span_context(), {"why": "it says so"})
for number in range(999):
    with tracer.start_as_current_span("many \\u2713", links=[link]) as span:
        span.set_attribute("list", [1, 2, number])
        span.set_attribute("deep", True)
provider.shutdown()
"""
for kind in ["grpc", "http"]:
    with View("--grpc-port", "0") as view:
        port = view.grpc if kind == "grpc" else view.http
        subprocess.run([sys.executable, "-c", BY_HAND, kind, port], check=True, timeout=120)
        spans = view.spans()
        assert len(spans) == 1000, len(spans)
        assert all(of["service.name"] == kind for of, _ in spans)
        [first] = [span for _, span in spans if span["name"] == "first"]
        last = spans[-1][1]
        assert last["name"] == "many \u2713", last
        assert last["links"][0]["spanId"] == first["spanId"]
        values = last["attributes"][0]["value"]["arrayValue"]["values"]
        assert values == [{"intValue": text} for text in ["1", "2", "998"]], values
        passed(f"1,000 spans of the SDK over {kind}, with gzip")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(what, seconds=60):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "nothing within a minute"
        time.sleep(0.1)


collector = os.environ["COLLECTOR"]
if collector:
    # Its file exporter writes lines of OTLP JSON, as they come.
    grpc, written = free_port(), f"{folder}/collector.jsonl"
    configuration = f"""
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: 127.0.0.1:{grpc}
exporters:
  file:
    path: {written}
    format: json
    flush_interval: 100ms
service:
  telemetry:
    metrics:
      level: none
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [file]
"""
    with open(f"{folder}/collector.yaml", "w", encoding="utf-8") as file:
        file.write(configuration)
    log = open(f"{folder}/collector.log", "w", encoding="utf-8")
    running = subprocess.Popen([collector, f"--config={folder}/collector.yaml"], stderr=log)
    try:
        wait_for(lambda: "Everything is ready" in open(f"{folder}/collector.log", encoding="utf-8").read())
        subprocess.run([sys.executable, "-c", BY_HAND, "grpc", str(grpc)], check=True, timeout=120)

        def lines():
            with open(written, encoding="utf-8") as file:
                return sum(line.count('"spanId":"') for line in file)

        # A link has a span's id too.
        wait_for(lambda: os.path.exists(written) and lines() >= 1999)
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(timeout=30)
    with View(written) as view:
        spans = view.spans()
        assert len(spans) == 1000, len(spans)
        assert all(of["service.name"] == "grpc" for of, _ in spans)
        assert spans[-1][1]["links"], spans[-1]
    page = f"{folder}/collector.html"
    subprocess.run([program, "traced", "view", written, "--html", page], check=True, timeout=60)
    with open(page, encoding="utf-8") as file:
        data = file.read().rsplit('id="traced-data">', 1)[1].split("<", 1)[0]
    found = [part for part in json.loads(data) if "resourceSpans" in part]
    scopes = [scope for part in found for resource in part["resourceSpans"] for scope in resource["scopeSpans"]]
    assert sum(len(scope["spans"]) for scope in scopes) == 1000
    passed("a file that the Collector's file exporter wrote, shown and as a page")

print(f"{count['passed']} passed, 0 failed")
