"""Trace context: carried from a proposal to whoever reads the event; one span a batch, with links."""

import subprocess
import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from natija_chassis.observability import tracing


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("natija"))
    return exporter


def test_proposal_carries_its_span(spans: InMemorySpanExporter) -> None:
    assert tracing.current_traceparent() is None
    with tracing.span("POST /appeals") as span:
        carried = tracing.current_traceparent()
    context = span.get_span_context()
    assert carried is not None
    assert carried.startswith(f"00-{context.trace_id:032x}-{context.span_id:016x}-0")


def test_batch_span_links_to_proposals(spans: InMemorySpanExporter) -> None:
    """A batch is one span, linked to the spans its events were proposed in."""
    carried = []
    for _ in range(3):
        with tracing.span("propose"):
            carried.append(tracing.current_traceparent())
    with tracing.batch_span("routing project", [carried[0], None, *carried, "nonsense", carried[2]]):
        pass
    proposals, batch = spans.get_finished_spans()[:3], spans.get_finished_spans()[3]
    assert [link.context.span_id for link in batch.links] == [one.context.span_id for one in proposals]


def test_batch_links_to_128_spans(spans: InMemorySpanExporter) -> None:
    """Of ten thousand."""
    made = [f"00-{number:032x}-{number:016x}-01" for number in range(1, 10_000)]
    with tracing.batch_span("routing project", made):
        pass
    assert len(spans.get_finished_spans()[0].links) == 128


def test_span_continues_other_service(spans: InMemorySpanExporter) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with tracing.span("decide", traceparent=parent) as span:
        assert f"{span.get_span_context().trace_id:032x}" in parent


def test_span_names_class_of_failure(spans: InMemorySpanExporter) -> None:
    """Never its text, which may hold a value."""
    try:
        with tracing.span("decide"):
            raise ValueError("Aigul Asanova")
    except ValueError:
        pass
    [span] = spans.get_finished_spans()
    assert span.attributes is not None
    assert span.attributes["error.type"] == "ValueError"
    assert "Aigul" not in span.to_json()


def test_exporter_needs_endpoint() -> None:
    check = (
        "import sys; from natija_chassis.observability import tracing; tracing.configure('routing');"
        "print(any('otlp' in name for name in sys.modules))"
    )
    off = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True, env={})
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
    on = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True, env=endpoint)
    assert (off.stdout, on.stdout) == ("False\n", "True\n")
