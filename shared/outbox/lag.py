"""How much of what a service recorded the broker has yet to confirm."""

from prometheus_client import Gauge

from shared.metrics import gauge


def outbox_lag(service: str) -> Gauge:
    """The gauge of this service; for who keeps an outbox of another kind as well."""
    return gauge("parley_outbox_lag", "Events recorded and not yet confirmed by the broker", ("service",)).labels(
        service
    )
