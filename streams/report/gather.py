"""Ticket events in, the gathered report out: the one place where the history is folded."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from streams.history.merges import hand_on
from streams.history.replay import by_ticket, each
from streams.insight.report import PLAIN, Report, Wishes
from streams.sla.events import TicketEvent
from streams.sla.policy import PolicySet


def gather(
    events: Iterable[TicketEvent],
    policies: PolicySet,
    *,
    until: int | None = None,
    wishes: Wishes = PLAIN,
    advance: Callable[[int], None] = lambda _: None,
) -> Report:
    """Fold a history by time up to `until` (ms UTC), by default the last event; gather the report.

    `advance` is told the events done.
    """
    arrived = list(events)
    tickets = by_ticket(arrived)
    hand_on(tickets, policies, arrived)
    last = max((event.time for event in arrived), default=0)
    end = last if until is None else until
    report = Report(policies, end, wishes)
    for one in each(tickets, policies, until=end, advance=advance):
        report.add(one)
    return report
