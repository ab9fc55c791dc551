"""Ticket events at hand in, the gathered report out; files are folded by `history.fold`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from streams.history.replay import each
from streams.insight.report import PLAIN, Report, Wishes
from streams.sla.events import TicketEvent
from streams.sla.policy import PolicySet


def gather(
    events: Sequence[TicketEvent],
    policies: PolicySet,
    *,
    until: int | None = None,
    wishes: Wishes = PLAIN,
    advance: Callable[[int], None] = lambda _: None,
) -> Report:
    """Fold a history by time up to `until` (ms UTC), by default the last event; gather the report.

    `advance` is told the events done.
    """
    last = max((event.time for event in events), default=0)
    report = Report(policies, last if until is None else until, wishes)
    for told in each(events, [policies], until=report.until, advance=advance):
        report.add(told)
    return report
