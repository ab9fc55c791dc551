"""SLA events out."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given

from streams.sla.engine import Engine
from streams.sla.events import Changed, Created, TicketEvent
from streams.sla.policy import Warning_
from streams.wire import instant
from streams.wire.sla_events import event as as_event
from tests.sla.test_properties import POLICIES, end_of, fold, histories


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


def test_a_breach_names_whose_hands_its_time_was_spent_in() -> None:
    """R28: an hour with nobody, two with ann, one with bob; the closed night counts for nobody."""
    engine = Engine(POLICIES)
    start = instant.parse("2026-03-26T08:00:00Z")  # 09:00 in Paris, a Thursday
    hour = 3_600_000
    attributes = {"tier": "standard", "priority": "high", "status": "open", "team": "first"}
    events: list[TicketEvent] = [
        Created("t", start, 0, attributes),
        Changed("t", start + hour, 1, {"assignee": "ann"}),
        Changed("t", start + 3 * hour, 2, {"assignee": "bob", "team": "second"}),
    ]
    ticket = None
    for event in events:
        ticket, _ = engine.apply(ticket, event)
    assert ticket is not None
    facts = engine.settle(ticket, start + 24 * hour)
    (breach,) = [f for f in facts if (f.metric, f.type) == ("total_resolution", "breached")]
    causes = as_event(breach, 0)["data"]["causes"]
    assert causes["by_assignee"] == [
        {"assignee": "bob", "seconds": 5 * 3600},
        {"assignee": "ann", "seconds": 2 * 3600},
        {"assignee": None, "seconds": 3600},
    ]
    assert causes["by_team"] == [
        {"team": "second", "seconds": 5 * 3600},
        {"team": "first", "seconds": 3 * 3600},
    ]
    assert causes["before_assignment_seconds"] == 3600
    assert causes["reopens"] == 0


@pytest.mark.parametrize(
    ("hour", "opened"), [(14, True), (22, False)], ids=["within the hours", "outside of them"]
)
def test_a_warning_says_its_level_whom_it_addresses_and_whether_the_schedule_is_open(
    hour: int,
    opened: bool,  # noqa: FBT001
) -> None:
    """R21: what a consumer needs who escalates, and keeps quiet hours."""
    warning = Warning_(percent=Fraction(1, 4), level=3, notify=("lead", "billing"))
    policies = replace(
        POLICIES, policies=tuple(replace(one, warnings=(warning,)) for one in POLICIES.policies)
    )
    start = instant.parse("2026-03-26T08:00:00Z")
    engine = Engine(policies)
    ticket, _ = engine.apply(None, Created("t", start, 0, {"priority": "low"}))
    late = Changed("t", start + (hour - 9) * 3_600_000, 1, {"tier": "standard"})
    _, facts = engine.apply(ticket, late)
    (warned,) = [fact for fact in facts if fact.threshold and fact.metric == "first_response"]
    data = as_event(warned, 0)["data"]
    told = [data[name] for name in ("threshold", "level", "notify", "schedule_open")]
    assert told == ["25%", 3, ["lead", "billing"], opened]


@given(histories(tiers=True))
def test_there_is_no_deadline_while_paused_and_one_while_running(events: list[TicketEvent]) -> None:
    """R15: null while paused; whatever starts or resumes has one."""
    for fact in fold(events, end_of(events)):
        if fact.type == "paused":
            assert fact.deadline is None
        elif fact.type in ("started", "resumed"):
            assert fact.deadline is not None
