"""SLA events out."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given

from streams.sla.engine import Engine
from streams.sla.events import Changed, Created, Messaged, TicketEvent
from streams.sla.policy import Warning_
from streams.wire import instant
from streams.wire.credit import money
from streams.wire.sla_events import event as as_event
from tests.sla.test_properties import MINUTE, POLICIES, end_of, fold, histories


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


def _credits(*late: TicketEvent, until: int) -> list[dict[str, Any]]:
    """What is told of a ticket of the vip policy, left alone for some minutes, then of `late`."""
    engine = Engine(POLICIES)
    start = instant.parse("2026-03-26T08:00:00Z")
    ticket, _ = engine.apply(None, Created("t", start, 0, {"tier": "vip", "status": "open"}))
    facts = engine.settle(ticket, start + until * MINUTE)
    for event in late:
        facts += engine.apply(ticket, event)[1]
    told = [as_event(fact, 0) for fact in facts if fact.metric == "first_response"]
    return [{"type": one["type"], **one["data"]} for one in told]


def test_a_breach_tells_what_it_earns_and_what_is_ahead() -> None:
    """R31: percentages as in the policies file, amounts in the contract's currency."""
    breach, first = _credits(until=50)
    rate = [{"below": "95%", "credit": "5%"}, {"below": "90%", "credit": "10%"}]
    ahead = [
        {"late": "30m", "credit": "2%", "amount": 100.0, "at": "2026-03-26T08:45:00.000Z"},
        {"late": "2h", "credit": "5%", "amount": 250.0, "at": "2026-03-26T10:15:00.000Z"},
        {"late": "10h", "credit": "6%", "amount": 300.0, "at": "2026-03-26T18:15:00.000Z"},
    ]
    nothing, earned = {"credit": "0%", "amount": 0.0}, {"credit": "2%", "amount": 100.0}
    contract = {"account": "acme", "month": "2026-03", "currency": "EUR"}
    contract |= {"monthly_fee": 5000, "cap": "20%", "rate": rate}
    assert breach["credit"] == {**contract, "earned": nothing, "adds": nothing, "next": ahead}
    assert first["credit"] == {**contract, "earned": earned, "adds": earned, "next": ahead[1:]}
    assert (first["type"], first["threshold"]) == ("sla.credited", "late:30m")
    assert {"level", "notify", "schedule_open"}.isdisjoint(first)
    second = _credits(until=150)[-1]
    assert second["credit"]["earned"] == {"credit": "5%", "amount": 250.0}
    assert second["credit"]["adds"] == {"credit": "3%", "amount": 150.0}


def test_what_takes_a_credit_back_repeats_what_it_added() -> None:
    """R7, R31: so that a consumer can subtract it without looking it up."""
    answer = Messaged("t", instant.parse("2026-03-26T08:10:00Z"), 1, "agent")
    *_, breach, first, fulfilled = _credits(answer, until=50)
    assert (breach["type"], breach["credit"]["adds"]["credit"]) == ("sla.breach_retracted", "0%")
    assert (first["type"], first["credit"]["adds"]["credit"]) == ("sla.retracted", "2%")
    assert first["retracts_type"] == "sla.credited"
    assert "credit" not in fulfilled


def test_a_breach_without_a_contract_says_so() -> None:
    """R31: null, not absent."""
    engine = Engine(POLICIES)
    start = instant.parse("2026-03-26T08:00:00Z")
    ticket, _ = engine.apply(None, Created("t", start, 0, {"team": "ann", "status": "open"}))
    told = [as_event(fact, 0)["data"] for fact in engine.settle(ticket, start + 99 * MINUTE * 60)]
    assert {data["credit"] for data in told if "causes" in data} == {None}


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [("0", "0.00"), ("0.004", "0.00"), ("0.005", "0.01"), ("1.115", "1.12"), ("24.99875", "25.00")],
)
def test_money_is_rounded_half_up_to_two_decimals(amount: str, rounded: str) -> None:
    """R31: at the edge, from the exact amount; 1.115 as a float would be 1.11."""
    assert money(Fraction(amount)) == Decimal(rounded)
    assert str(money(Fraction(amount))) == rounded


def test_a_met_that_is_withdrawn_names_its_instant() -> None:
    """R12, R31: the month that it leaves is not that of the reopen."""
    engine, ticket, told = Engine(POLICIES), None, []
    start = instant.parse("2026-03-26T08:00:00Z")
    for event in (
        Created("t", start, 0, {"tier": "vip", "status": "open"}),
        Changed("t", start + 5 * MINUTE, 1, {"status": "solved"}),
        Changed("t", start + 9 * MINUTE, 2, {"status": "open"}),
    ):
        ticket, facts = engine.apply(ticket, event)
        told += [as_event(fact, 0)["data"] for fact in facts]
    withdrawn = [data for data in told if "withdraws" in data]
    assert {data["withdraws_at"] for data in withdrawn} == {"2026-03-26T08:05:00.000Z"}
