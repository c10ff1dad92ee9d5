"""Trace context from proposal to projection.

Without OTEL_EXPORTER_OTLP_ENDPOINT an existing trace is forwarded, and none is started.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace import Link, Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_MOST_LINKS = 128
_propagator = TraceContextTextMapPropagator()
_tracer: trace.Tracer = trace.NoOpTracer()  # kept: to ask for it takes as long as a span


def configure(process: str) -> None:
    """Set up the SDK for *process*, once, if an OTLP/HTTP endpoint is configured.

    Without an endpoint a span is only its parent's context. A span of the SDK costs 50 µs, and nobody would see it.
    """
    if not (os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")):
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"natija-{process}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    global _tracer
    _tracer = provider.get_tracer("natija")


def current_traceparent() -> str | None:
    """The W3C traceparent of the span one is in, for a proposal's attribute; None outside any."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent")


def link_to(traceparent: str) -> Link | None:
    """A link to the span of a proposal; None when the text is not a traceparent."""
    context = trace.get_current_span(_propagator.extract({"traceparent": traceparent})).get_span_context()
    return Link(context) if context.is_valid else None


@contextmanager
def span(name: str, *, kind: SpanKind = SpanKind.INTERNAL, traceparent: str | None = None) -> Iterator[Span]:
    """A span, child of *traceparent* where one is given. Exceptions are marked by their class, never by their text."""
    if traceparent is None and isinstance(_tracer, trace.NoOpTracer):  # nothing to forward and no endpoint
        yield trace.get_current_span()
        return
    context = _propagator.extract({"traceparent": traceparent}) if traceparent else None
    with _tracer.start_as_current_span(
        name, context=context, kind=kind, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except BaseException as error:
            current.set_attribute("error.type", type(error).__name__)
            raise


@contextmanager
def batch_span(name: str, traceparents: Iterable[str | None]) -> Iterator[Span]:
    """One span for a whole batch, linked to the spans its events were proposed in (at most 128 different ones)."""
    different = list(dict.fromkeys(text for text in traceparents if text))[:_MOST_LINKS]
    links = [link for link in map(link_to, different) if link]
    with _tracer.start_as_current_span(
        name, links=links, kind=SpanKind.CONSUMER, record_exception=False, set_status_on_exception=False
    ) as current:
        yield current
