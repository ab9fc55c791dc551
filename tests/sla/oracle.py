"""A naive oracle: walks the minutes of a ticket's life one by one.

It shares no code with the engine: schedules are looked up minute by minute in local time, states
are kept in plain flags. Everything in its world happens on whole minutes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from streams.sla.events import Changed, Created, Messaged, TicketEvent

MINUTE = 60_000


@dataclass
class Run:
    """What the oracle knows of one clock, in minutes; `late` is the most that it was past."""

    started: int | None = None
    used: int = 0
    state: str = "none"
    breached_at: int | None = None
    late: int = -1
    outcomes: list[tuple[int, str, int]] = field(default_factory=list)


def is_open(minute: int, zone: tzinfo, hours: dict[int, tuple[int, int]]) -> bool:
    """Look at the local clock: does the minute that begins now lie in the day's window."""
    local = datetime.fromtimestamp(minute * 60, UTC).astimezone(zone)
    window = hours.get(local.weekday())
    return window is not None and window[0] <= local.hour * 60 + local.minute < window[1]


def walk(  # noqa: C901, PLR0912 - naive on purpose
    events: list[TicketEvent],
    until: int,
    zone: tzinfo,
    hours: dict[int, tuple[int, int]],
    targets: dict[str, dict[str, int]],
) -> dict[str, Run]:
    """Walk from the first event to `until`; targets are metric → priority → minutes."""

    def target(metric: str, priority: str) -> int:
        return targets[metric].get(priority, targets[metric]["default"])

    runs = {metric: Run() for metric in targets}
    first, resolution = runs["first_response"], runs["total_resolution"]
    priority, status, by_minute = "default", "open", {}
    for event in events:
        by_minute.setdefault(event.time // MINUTE, []).append(event)
    for minute in range(min(by_minute), until // MINUTE + 1):
        for event in by_minute.get(minute, []):
            if resolution.state == "none":
                resolution.state, resolution.started = "running", minute
            if isinstance(event, Created | Changed):
                if isinstance(new := event.attributes.get("status"), str):
                    solved = new == "solved"
                    if solved and resolution.state in ("running", "paused"):
                        resolution.state = "fulfilled"
                        outcome = "met" if resolution.breached_at is None else "breached"
                        resolution.outcomes.append((minute, outcome, resolution.used))
                    elif not solved:
                        resolution.state = "paused" if new == "pending" else "running"
                    if solved and first.state == "running":
                        first.state = "cancelled"
                    elif not solved and first.state == "cancelled":
                        first.state = "running"
                    status = new
                priority = event.attributes.get("priority", priority)
            if isinstance(event, Created | Messaged) and event.public:
                if event.author == "customer" and first.state == "none":
                    first.started = minute
                    first.state = "cancelled" if status == "solved" else "running"
                if event.author == "agent" and first.state in ("running", "cancelled"):
                    if first.state == "running":
                        outcome = "met" if first.breached_at is None else "breached"
                        first.outcomes.append((minute, outcome, first.used))
                    first.state = "fulfilled"
            for metric, run in runs.items():
                # A target that is already past is a breach at the instant of the change.
                passed = run.used > target(metric, priority)
                if passed and run.state in ("running", "paused"):
                    run.breached_at = minute if run.breached_at is None else run.breached_at
                    run.late = max(run.late, run.used - target(metric, priority) - 1)
        for metric, run in runs.items():
            if run.state != "running" or minute >= until // MINUTE:
                continue
            if run.used >= target(metric, priority) and run.breached_at is None:
                run.breached_at = minute  # the deadline was this very instant, and it runs on
            run.late = max(run.late, run.used - target(metric, priority))
            run.used += is_open(minute, zone, hours)
    return runs
