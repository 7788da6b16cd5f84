"""Row 61: what traces, reports and caches the requests of others does so with ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lavaclient.sandbox.http.server import SandboxServer
from tests.interop.conftest import Connect, RunLines


def test_61_opentelemetry_has_a_span_of_each_request(
    sandbox: SandboxServer, connect: Connect
) -> None:
    reason = "OpenTelemetry is not installed"
    instrumentation: Any = pytest.importorskip(
        "opentelemetry.instrumentation.requests", reason=reason
    )
    trace: Any = pytest.importorskip("opentelemetry.sdk.trace", reason=reason)
    export: Any = pytest.importorskip("opentelemetry.sdk.trace.export", reason=reason)
    memory: Any = pytest.importorskip(
        "opentelemetry.sdk.trace.export.in_memory_span_exporter", reason=reason
    )
    spans = memory.InMemorySpanExporter()
    provider = trace.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(spans))
    bodies: list[int] = []
    instrumentor = instrumentation.RequestsInstrumentor()
    instrumentor.instrument(
        tracer_provider=provider,
        response_hook=lambda span, request, response: bodies.append(len(response.content)),
    )
    try:
        lava = connect()
        assert lava.flavors.list()
    finally:
        instrumentor.uninstrument()
    attributes = [dict(span.attributes) for span in spans.get_finished_spans()]
    assert [span["http.status_code"] for span in attributes] == [200, 200]
    assert attributes[1]["http.url"] == f"{lava.endpoint}/flavors"
    assert all(bodies)
    assert len(bodies) == 2
    assert "Traceparent" in sandbox.sandbox.requests[-1].headers


SENTRY = """
import os, sentry_sdk
from lavaclient import Lava, LavaError
events = []
class Transport(sentry_sdk.transport.Transport):
    def capture_envelope(self, envelope):
        events.append(envelope.serialize().decode("utf-8", "replace"))
sentry_sdk.init(dsn="http://public@127.0.0.1:1/1", transport=Transport, traces_sample_rate=1.0)
# The lines of this program are in the events too, so no secret stands in them.
password = lambda: "".join(map(chr, range(97, 117))) + "4711"
def report(call):
    with sentry_sdk.start_transaction(name="calls"):
        try:
            call()
        except LavaError as failure:
            sentry_sdk.capture_exception(failure)
lava = Lava.from_env(max_retries=0)
auth_url = os.environ["LAVA_AUTH_URL"]
dead = "http://127.0.0.1:1"
report(lambda: lava.credentials.create_ambari("admin", password()))
report(lambda: lava.credentials.create_ambari("admin", password()))
report(lambda: Lava("me", "DFW", api_key=password()[::-1], auth_url=auth_url))
report(lambda: Lava("me", "DFW", api_key=password()[::-1], auth_url=dead, max_retries=0))
report(lambda: Lava("me", token=lava.token, endpoint=dead + "/v2/1", max_retries=0).credentials
       .create_ambari("admin", password()))
lava.close()
sentry_sdk.flush()
text = "".join(events)
secrets = (lava.token, os.environ["LAVA_API_KEY"], password(), password()[::-1])
print([text.count('"type": "AuthorizationError"') + text.count('"type":"AuthorizationError"'),
       len(events), *(secret in text for secret in secrets)])
"""


def test_61_sentry_reports_errors_and_spans_without_a_secret(run_lines: RunLines) -> None:
    pytest.importorskip("sentry_sdk", reason="Sentry's SDK is not installed")
    refused, events, *shown = json.loads(run_lines(SENTRY).lower())
    assert refused >= 1
    assert events == 9  # five transactions and four errors
    assert shown == [False] * 4


def test_61_cachecontrol_keeps_what_may_be_kept(sandbox: SandboxServer, connect: Connect) -> None:
    cachecontrol: Any = pytest.importorskip("cachecontrol", reason="CacheControl is not installed")
    lava = connect()
    cachecontrol.CacheControl(lava.session.session)
    assert lava.flavors.list() == lava.flavors.list()
    # The service does not say how long its answers are good for.
    assert [request.path.rpartition("/")[2] for request in sandbox.sandbox.requests] == [
        *("tokens", "flavors", "flavors")
    ]


def test_65_requests_cache_that_is_installed_for_a_while_leaves_nothing(
    sandbox: SandboxServer, run_lines: RunLines
) -> None:
    pytest.importorskip("requests_cache", reason="requests-cache is not installed")
    lines = """
import requests_cache
from lavaclient import Lava
requests_cache.install_cache(backend="memory")
lava = Lava.from_env()
lava.limits.get()
requests_cache.uninstall_cache()
lava.limits.get()
print(*(cls.__module__ for cls in type(lava.session.session).__mro__))
lava.close()
"""
    assert run_lines(lines).split() == [
        *("lavaclient._http.session", "requests.sessions", "requests.sessions", "builtins")
    ]
    assert len(sandbox.sandbox.requests) == 3
