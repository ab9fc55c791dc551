"""SLA events out."""

from __future__ import annotations

from hypothesis import given

from streams.sla.events import TicketEvent
from streams.wire.sla_events import event as as_event
from tests.sla.test_properties import end_of, fold, histories


@given(histories(tiers=True))
def test_the_causes_of_a_breach_are_told_by_team_status_and_assignee(
    events: list[TicketEvent],
) -> None:
    """R28: each of the three adds up to the elapsed time, the longest first."""
    for fact in fold(events, end_of(events)):
        data = as_event(fact, 0)["data"]
        assert ("causes" in data) == (fact.type == "breached")
        for name in ("team", "status", "assignee"):
            if fact.type == "breached":
                shares = [round(one["seconds"] * 1000) for one in data["causes"][f"by_{name}"]]
                assert sum(shares) == fact.elapsed == round(data["elapsed_seconds"] * 1000)
                assert shares == sorted(shares, reverse=True)


@given(histories(tiers=True))
def test_amounts_agree_with_each_other(events: list[TicketEvent]) -> None:
    """R5, R29: target = elapsed + remaining; the margin is elapsed / target."""
    for fact in fold(events, end_of(events)):
        data = as_event(fact, 0)["data"]
        total = data["elapsed_seconds"] + data["remaining_seconds"]
        assert round(total * 1000) == round(data["target_seconds"] * 1000)
        if fact.type == "fulfilled":
            assert data["margin"] == data["elapsed_seconds"] / data["target_seconds"]
            assert (data["outcome"] == "met") == (fact.breached_at is None)
