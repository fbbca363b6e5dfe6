"""Tools that watch httpx see each request (case 99): what OpenTelemetry does, and OpenTelemetry itself."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from access_tokens import RetryPolicy

from ..helpers.operations import AUTHENTICATE, failure_of

pytestmark = pytest.mark.fault(99)


def test_each_request_goes_through_a_transport_of_httpx(shared_service, make_client, variant, monkeypatch):
    """The class of which is patched."""
    seen: list[tuple[str, str, int]] = []
    is_sync = variant == "sync"
    kind: Any = httpx.HTTPTransport if is_sync else httpx.AsyncHTTPTransport
    name = "handle_request" if is_sync else "handle_async_request"
    original = getattr(kind, name)

    def note(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        seen.append((request.method, request.url.path, response.status_code))
        return response

    def handle(self: Any, request: httpx.Request) -> httpx.Response:
        return note(request, original(self, request))

    async def handle_async(self: Any, request: httpx.Request) -> httpx.Response:
        return note(request, await original(self, request))

    monkeypatch.setattr(kind, name, handle if is_sync else handle_async)
    make_client(shared_service.endpoint, shared_service.admin_pat).list()
    assert seen == [("POST", "/auth/token", 200), ("GET", "/admin/tokens", 200)]


@pytest.fixture
def spans() -> Iterator[Callable[[], list[Any]]]:
    """Reads the spans that OpenTelemetry has made of the requests."""
    instrumentation = pytest.importorskip("opentelemetry.instrumentation.httpx")
    sdk = pytest.importorskip("opentelemetry.sdk.trace")
    export = pytest.importorskip("opentelemetry.sdk.trace.export")
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    exporter, provider = memory.InMemorySpanExporter(), sdk.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(exporter))
    instrumentor = instrumentation.HTTPXClientInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    yield lambda: list(exporter.get_finished_spans())
    instrumentor.uninstrument()


def test_opentelemetry_traces_each_request(shared_service, make_client, spans):
    make_client(shared_service.endpoint, shared_service.admin_pat).list()
    exchange, listing = spans()
    assert exchange.attributes["http.method"] == "POST"
    assert exchange.attributes["http.url"] == f"{shared_service.endpoint}/auth/token"
    assert listing.attributes["http.url"] == f"{shared_service.endpoint}/admin/tokens"
    assert listing.attributes["http.status_code"] == 200
    assert shared_service.admin_pat.partition(".")[2] not in exchange.to_json() + listing.to_json()
    # The trace goes on in the service.
    sent = [request.headers["traceparent"].split("-")[2] for request in shared_service.requests]
    assert sent == [f"{span.context.span_id:016x}" for span in (exchange, listing)]


def test_opentelemetry_sees_a_request_fail(make_client, spans):
    client = make_client("http://127.0.0.1:9", "pat_x", retry=RetryPolicy(retries=0))
    failure_of(AUTHENTICATE, client)
    [span] = spans()
    assert span.status.is_ok is False
