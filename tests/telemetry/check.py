"""What the gateway tells of itself, told to real receivers: a collector that speaks OTLP, and Debian's Prometheus.

    check.py --gateway PATH [--picture FILE]

Starts the demonstration itself, from the project's folder, asks a story and one question that is refused, and holds against them what arrived.
"""

import argparse
import http.server
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# The example of the W3C's own specification.
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
WAIT_S = 60


class Collector:
    """Takes what is sent to `/v1/traces`, `/v1/metrics` and `/v1/logs`, and reads it as what it says it is."""

    def __init__(self):
        self.spans, self.metrics, self.logs, self.bytes = [], {}, [], b""
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                collector.take(self.path, body)
                self.send_response(200)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def take(self, path, body):
        self.bytes += body
        if path == "/v1/traces":
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    self.spans.extend(scope.spans)
        elif path == "/v1/metrics":
            for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                for scope in resource.scope_metrics:
                    self.metrics.update({metric.name: metric for metric in scope.metrics})
        elif path == "/v1/logs":
            for resource in ExportLogsServiceRequest.FromString(body).resource_logs:
                for scope in resource.scope_logs:
                    self.logs.extend(scope.log_records)


def attributes(span):
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


def started(gateway, folder, otlp):
    program = subprocess.Popen(
        [gateway, "demo", "--persons", "500", "--port", "0", "--store", f"{folder}/golden.sqlite", "--otlp", otlp],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )
    for line in program.stdout:
        if found := re.match(r"listening on (http:\S+)", line):
            threading.Thread(target=program.stdout.read, daemon=True).start()
            return program, found.group(1)
    raise SystemExit("the demonstration ended before it listened")


def asked(url, body=None, headers=None):
    headers = {"content-type": "application/json"} | (headers or {})
    request = urllib.request.Request(url, data=body and json.dumps(body).encode(), headers=headers if body else headers)
    try:
        with urllib.request.urlopen(request, timeout=WAIT_S) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def until(found):
    """What is there once it is; fails after a while."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.1)
    raise SystemExit(f"did not come in {WAIT_S} s: {found.__doc__ or found}")


class Prometheus:
    """Debian's, told to ask one gateway every second."""

    def __init__(self, folder, address):
        target = urllib.parse.urlparse(address).netloc
        config = pathlib.Path(folder, "prometheus.yml")
        config.write_text(json.dumps({"scrape_configs": [{
            "job_name": "headwaters", "scrape_interval": "1s", "static_configs": [{"targets": [target]}],
        }]}))
        port = free()
        self.url = f"http://127.0.0.1:{port}"
        self.program = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/prometheus",
             f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"],
        )

    def value(self, query):
        try:
            _, text = asked(f"{self.url}/api/v1/query?" + urllib.parse.urlencode({"query": query}))
        except urllib.error.URLError:
            return None
        found = json.loads(text)["data"]["result"]
        return float(found[0]["value"][1]) if found else None


def free():
    import socket
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--gateway", required=True)
    options.add_argument("--picture", help="an SVG of the story's trace")
    options = options.parse_args()
    gateway = options.gateway
    wrong = []

    def expect(what, is_so):
        if not is_so:
            wrong.append(what)

    collector = Collector()
    with tempfile.TemporaryDirectory(prefix="headwaters-telemetry-") as folder:
        program, address = started(gateway, folder, collector.url)
        prometheus = Prometheus(folder, address)
        try:
            tab = json.loads(asked(f"{address}/graphiql/tabs.json")[1])[0]
            clerk = json.loads(asked(f"{address}/graphiql/personas.json")[1])
            clerk = next(one for one in clerk if one["name"] == "clerk")
            variables = tab.get("variables")
            body = {"query": tab["query"], "variables": json.loads(variables) if isinstance(variables, str) else variables}
            headers = {
                "authorization": f"Bearer {clerk['token']}",
                "purpose-of-use": clerk["purposes"][0], "purpose-reason": "telemetry", "case-reference": "DC-1",
            }
            # Once before, so that the trace shows a gateway at work and not one that gets ready.
            asked(f"{address}/graphql", body | {"extensions": {"maxAge": 0}}, headers)
            headers["traceparent"] = f"00-{TRACE}-{PARENT}-01"
            headers["tracestate"] = "vendor=anythingthatasenderlikes"
            status, answer = asked(f"{address}/graphql", body | {"extensions": {"maxAge": 0}}, headers)
            answer = json.loads(answer)
            expect(f"the story is answered: {status} {str(answer)[:300]}", status == 200 and answer.get("data"))
            accept = {"accept": "application/graphql-response+json"}
            refused, _ = asked(f"{address}/graphql", {"query": "{ nobody }"}, accept)
            expect(f"what nobody knows is refused: {refused}", refused == 400)

            # The trace is the sender's, and has a span a stage and a span a fetch.
            def ours():
                """the trace of the story, whole"""
                spans = [span for span in collector.spans if span.trace_id.hex() == TRACE]
                return spans if any(span.name == "request" for span in spans) else None

            spans = until(ours)
            root = next(span for span in spans if span.name == "request")
            expect("the request is a child of the sender's span", root.parent_span_id.hex() == PARENT)
            names = {span.name for span in spans}
            for stage in ["bind", "permit", "plan", "run", "write", "record"]:
                expect(f"a span of the stage `{stage}` in {names}", stage in names)
            expect("every stage is below the request", all(
                span.parent_span_id == root.span_id for span in spans if span.name in ("bind", "permit", "plan", "run", "write", "record")
            ))
            expect("the decision's id leads to the ledger", attributes(root).get("headwaters.decision") == answer["extensions"]["decision"])
            run = next(span for span in spans if span.name == "run")
            fetches = [span for span in spans if span.name == "fetch"]
            sources = {attributes(span)["headwaters.source"] for span in fetches}
            shown = {source["name"] for source in answer["extensions"]["sources"]}
            expect(f"a fetch of each source that the answer names: {sources} of {shown}", shown <= sources)
            expect("every fetch is below the run", all(span.parent_span_id == run.span_id for span in fetches))
            expect("every fetch says what it brought", all("headwaters.calls" in attributes(span) for span in fetches))

            # Prometheus can read it, and has read it.
            metrics = asked(f"{address}/metrics")[1]
            lint = subprocess.run(["promtool", "check", "metrics"], input=metrics, text=True, capture_output=True)
            expect(f"promtool: {lint.stdout}{lint.stderr}", lint.returncode == 0)

            def answered():
                """operations, in Prometheus"""
                return prometheus.value('sum(headwaters_operations_total{outcome=~"ANSWERED.*"})')

            expect("operations are counted", until(answered) >= 1)
            expect("refusals by their code", until(lambda: prometheus.value('headwaters_operations_total{outcome="INVALID"}')) == 1)
            for name in ["headwaters_source_calls_total", "headwaters_source_keys_total", "headwaters_fetch_duration_seconds_count"]:
                expect(f"{name} of every source", until(lambda: prometheus.value(f"count(sum by (source) ({name}))")) >= len(shown))
            expect("the ledger is written", until(lambda: prometheus.value("headwaters_ledger_writable")) == 1)
        finally:
            program.send_signal(signal.SIGTERM)
            program.wait(WAIT_S)
            prometheus.program.terminate()
            prometheus.program.wait(WAIT_S)
        # What was left is told at the end.
        expect("metrics came by OTLP too", "headwaters.operations" in collector.metrics)
        expect("lines of the log came", any("listening" in record.body.string_value for record in collector.logs))
        # Nobody is in it: no name, birth date or id of a person of the answer, and not the reason that was given.
        told = collector.bytes + metrics.encode()
        for value in sorted(texts(answer["data"]) - shown):
            expect(f"a value of the answer was told: {value}", value.encode() not in told)
        expect("what else the sender says of its trace was told", b"anythingthatasenderlikes" not in told)
        expect("the stated reason was told", b"purpose-reason" not in told)
        if options.picture:
            pathlib.Path(options.picture).write_text(picture(spans))
        if wrong:
            print("\n".join(wrong))
        print(f"{len(spans)} spans, {len(collector.metrics)} metrics, {len(collector.logs)} lines; {len(wrong)} wrong")
        return 1 if wrong else 0


def picture(spans):
    """The spans below each other, as long as they took."""
    begin = min(span.start_time_unix_nano for span in spans)
    whole = max(span.end_time_unix_nano for span in spans) - begin
    depth = {span.span_id: span.parent_span_id for span in spans}
    def below(span):
        at, steps = span.parent_span_id, 0
        while at in depth:
            at, steps = depth[at], steps + 1
        return steps
    rows = []
    for n, span in enumerate(sorted(spans, key=lambda span: (span.start_time_unix_nano, -span.end_time_unix_nano))):
        x = 300 + 560 * (span.start_time_unix_nano - begin) / whole
        width = max(1.5, 560 * (span.end_time_unix_nano - span.start_time_unix_nano) / whole)
        name = span.name + (" " + attributes(span)["headwaters.source"] if span.name == "fetch" else "")
        ms = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6
        color = {"request": "#33415c", "fetch": "#2a9d8f"}.get(span.name, "#7d8597")
        rows.append(
            f'<text x="{8 + 14 * below(span)}" y="{n * 18 + 14}">{name}</text>'
            f'<rect x="{x:.1f}" y="{n * 18 + 4}" width="{width:.1f}" height="12" rx="2" fill="{color}"/>'
            f'<text x="960" y="{n * 18 + 14}" text-anchor="end">{ms:.2f} ms</text>'
        )
    height = len(rows) * 18 + 6
    style = '<style>text{font:11px ui-monospace,monospace;fill:#1b263b}</style><rect width="968" height="100%" fill="#fff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 968 {height}" role="img">{style}{"".join(rows)}</svg>\n'


def texts(value):
    """Texts of an answer that say something of somebody: not codes of the graph, and long enough to be no accident."""
    if isinstance(value, dict):
        return set().union(*(texts(one) for one in value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*(texts(one) for one in value)) if value else set()
    is_text = isinstance(value, str) and len(value) >= 6 and not re.fullmatch(r"[A-Z_0-9]+", value)
    return {value} if is_text else set()


if __name__ == "__main__":
    sys.exit(main())
