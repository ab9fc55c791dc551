"""What the notifier counts, declared once. No label holds a ticket's id, and none a secret."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

EVENTS = ("read", "too_old", "rejected", "other")
RESULTS = ("sent", "dropped", "void")
ANSWERS = ("sent", "failed", "refused")
WRITES = ("written", "same", "refused", "failed", "dropped")
SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
DELAYS = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0, 43200.0)


class Metrics:
    """The series, in one registry; those of routes and channels start at 0."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.events = Counter(
            "sla_notify_events_total",
            "SLA events by what became of them: read, too_old, rejected, other (no type of ours).",
            ("result",),
            registry=registry,
        )
        self.notices = Counter(
            "sla_notify_notices_total",
            "Notices that are settled: sent, dropped (given up, or refused), void (ended before).",
            ("route", "channel", "result"),
            registry=registry,
        )
        self.attempts = Counter(
            "sla_notify_attempts_total",
            "Messages by what the far side answered: sent, failed (tried again), refused.",
            ("channel", "answer"),
            registry=registry,
        )
        self.seconds = Histogram(
            "sla_notify_attempt_duration_seconds",
            "Time that one attempt took.",
            ("channel",),
            registry=registry,
            buckets=SECONDS,
        )
        self.delay = Histogram(
            "sla_notify_delay_seconds",
            "Time from when a notice was to be said to when the far side had it.",
            ("channel",),
            registry=registry,
            buckets=DELAYS,
        )
        self.open = Gauge(
            "sla_notify_open_notices",
            "Notices that wait: for quiet hours to end, for a far side, for their turn.",
            registry=registry,
        )
        self.resting = Gauge(
            "sla_notify_channel_resting",
            "1 while a channel that fails is left alone.",
            ("channel",),
            registry=registry,
        )
        self.fell_back = Counter(
            "sla_notify_template_failures_total",
            "Messages said in the usual words because the route's own failed.",
            ("route",),
            registry=registry,
        )
        self.deadlines = Counter(
            "sla_notify_deadlines_total",
            "Deadlines for tickets of a desk: written, same (it was there), refused, failed (tried"
            " again), dropped (tried for too long).",
            ("desk", "result"),
            registry=registry,
        )
        self.deadlines_waiting = Gauge(
            "sla_notify_deadlines_waiting",
            "Tickets whose deadline is still to be written.",
            ("desk",),
            registry=registry,
        )
        for result in EVENTS:
            self.events.labels(result)

    def begin_channel(self, channel: str, resting: Callable[[], float]) -> None:
        """Have a channel's series there from the start."""
        for answer in ANSWERS:
            self.attempts.labels(channel, answer)
        self.seconds.labels(channel)
        self.delay.labels(channel)
        self.resting.labels(channel).set_function(resting)

    def begin_desk(self, desk: str, waiting: Callable[[], float]) -> None:
        """Have a desk's series there from the start."""
        for result in WRITES:
            self.deadlines.labels(desk, result)
        self.deadlines_waiting.labels(desk).set_function(waiting)

    def begin_route(self, route: str, channels: Iterable[str]) -> None:
        """Have a route's series there from the start."""
        self.fell_back.labels(route)
        for channel in channels:
            for result in RESULTS:
                self.notices.labels(route, channel, result)
