"""What the gateway counts, declared once. No label holds a ticket's id, and none a secret."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

RESULTS = (
    "accepted",
    "ignored",
    "dead_lettered",
    "unsigned",
    "forged",
    "stale",
    "replayed",
    "too_large",
    "too_slow",
    "unavailable",
)
"""What may become of a hook; the four from `unsigned` on are refusals of its signature."""

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The counters, in one registry; each label of a source starts at 0."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.hooks = Counter(
            "sla_gateway_hooks_total",
            "Webhooks by source and what became of them.",
            ("source", "result"),
            registry=registry,
        )
        self.events = Counter(
            "sla_gateway_events_total",
            "Ticket events that Kafka has acknowledged, by source and type.",
            ("source", "type"),
            registry=registry,
        )
        self.unknown = Counter(
            "sla_gateway_unknown_statuses_total",
            "Ticket events with a status that no mapping of the source knows.",
            ("source",),
            registry=registry,
        )
        self.seconds = Histogram(
            "sla_gateway_hook_duration_seconds",
            "Time from a webhook's last byte to its answer.",
            ("source",),
            registry=registry,
            buckets=SECONDS,
        )

    def begin(self, source: str) -> None:
        """Have a source's series there from the start."""
        for result in RESULTS:
            self.hooks.labels(source, result)
        self.unknown.labels(source)
        self.seconds.labels(source)
