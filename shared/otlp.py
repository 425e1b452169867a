"""OpenTelemetry behind shared.tracing: loaded only when traces are on, since it costs a process some 20 MB.

OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS, OTEL_RESOURCE_ATTRIBUTES and the rest of OpenTelemetry's own names work
as they do everywhere.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.tracing import HEADER, Attributes, Kind

_EXPORT_SECONDS = 2
_EVERY_MS = 1_000
_FLUSH_MS = 2_000


class OtlpTracer:
    """Spans of one process, sent in batches by a thread; a collector that is away costs nothing but the spans."""

    def __init__(self, service: str, version: str, endpoint: str) -> None:
        resource = Resource.create({"service.name": f"parley-{service}", "service.version": version})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=_EXPORT_SECONDS)
        self._provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=_EVERY_MS))
        self._tracer = self._provider.get_tracer("parley")
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def span(self, name: str, kind: Kind, parent: str | None, attributes: Attributes, *, root: bool) -> Iterator[None]:
        """Of an exception only the kind is told: its text may be somebody's words."""
        context = Context() if root else None
        if parent is not None:
            context = self._propagator.extract({HEADER: parent}, Context())
        with self._tracer.start_as_current_span(
            name,
            context,
            SpanKind[kind.upper()],
            dict(attributes),
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except BaseException as error:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise

    def note(self, name: str, attributes: Attributes) -> None:
        """What is known only at the end of a step."""
        span = trace.get_current_span()
        span.update_name(name)
        span.set_attributes(dict(attributes))

    def traceparent(self) -> str | None:
        """Also of a span that is not sampled: the next process has to know that."""
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier)
        return carrier.get(HEADER)

    def flush(self) -> None:
        """What the thread has not sent yet."""
        self._provider.force_flush(_FLUSH_MS)
