"""A plan: its two columns are two replays, and what differs is what differs between them."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from streams.history.replay import each, replay
from streams.insight.plan import Plan, Turn
from streams.insight.planned import credits_of, days, promises_of, segments_of, warnings_of
from streams.sla.compliance import Tally
from streams.sla.credits import Credits, contracts
from streams.sla.duration import Active
from streams.sla.engine import Engine
from streams.sla.events import Changed, Created, TicketEvent
from streams.sla.facts import Fact
from streams.sla.policy import PolicySet
from streams.wire.instant import parse
from tests.history.logs import logs
from tests.sla.numbers import POLICIES as SCENARIOS
from tests.sla.numbers import standing
from tests.sla.test_properties import MINUTE, POLICIES

DAY = 86_400_000
THURSDAY = parse("2026-03-26T09:00:00Z")


def shorter(policies: PolicySet, by: int = 2) -> PolicySet:
    """Promise everything in half the time, and nothing any more for the last policy."""
    return replace(
        policies,
        version="shorter",
        policies=tuple(
            replace(
                policy,
                targets={
                    metric: {word: Active(target.ms // by) for word, target in targets.items()}
                    for metric, targets in policy.targets.items()
                },
            )
            for policy in policies.policies[:-1]
        ),
    )


SHORTER = shorter(POLICIES)


def ticket(name: str, minute: int, **attributes: str) -> list[TicketEvent]:
    """Give the creation of a ticket, on a Thursday at 10:00 in Paris and some minutes."""
    known = {"tier": "standard", "priority": "urgent", "status": "open", **attributes}
    return [Created(name, THURSDAY + minute * MINUTE, 0, known, "customer", public=True)]


def change(name: str, minute: int, **attributes: str) -> TicketEvent:
    """Give a change of a ticket's attributes."""
    return Changed(name, THURSDAY + minute * MINUTE, 1, attributes)


def planned(events: Sequence[TicketEvent], *promises: PolicySet, until: int | None = None) -> Plan:
    """Plan over a history, up to its end."""
    end = max((event.time for event in events), default=0) if until is None else until
    plan = Plan(promises, end)
    for told in each(events, promises, until=end):
        plan.add(told)
    return plan


def said(events: Iterable[TicketEvent], policies: PolicySet) -> list[Fact]:
    """Replay a history by itself."""
    return [fact for _, fact in replay(events, policies).facts]


@given(logs())
def test_a_plan_of_policies_against_themselves_is_empty(log: list[TicketEvent]) -> None:
    """Nothing would change, for nobody."""
    plan = planned(log, POLICIES, POLICIES)
    assert plan.empty
    assert (plan.won(), plan.lost(), plan.overdue) == ([], [], [])
    assert all(now == then for _, (now, then) in promises_of(plan))


@given(logs())
def test_the_two_columns_are_two_replays(log: list[TicketEvent]) -> None:
    """R26, R31: cycles, warnings and credits, each as a replay alone has them."""
    plan = planned(log, POLICIES, SHORTER)
    for place, policies in enumerate((POLICIES, SHORTER)):
        done = replay(log, policies)
        counted = {
            name: (tally.met, tally.breached)
            for name, tally in done.compliance().tallies.items()
            if tally != Tally()
        }
        shown = {name: both[place] for name, both in promises_of(plan)}
        assert {
            name: (one.met, one.breached) for name, one in shown.items() if one != Tally()
        } == counted
        warned = sum(fact.type == "breach_imminent" for fact in said(log, policies))
        assert sum(both[place].total for _, both in warnings_of(plan)) == warned
        ledger = Credits(Engine(policies).policy)
        for fact in said(log, policies):
            ledger.add(fact)
        owed = ledger.owed(contracts(policies))
        assert {(account, month): both[place] for account, month, _, both in credits_of(plan)} == {
            key: month.amount for key, month in owed.items()
        } | {
            (account, month): None
            for account, month, _, both in credits_of(plan)
            if both[place] is None
        }


@given(logs())
def test_breaches_won_and_lost_are_those_that_one_replay_alone_has(log: list[TicketEvent]) -> None:
    """By ticket and clock, whatever came of them later."""

    def breached(policies: PolicySet) -> set[tuple[str, str, str, int]]:
        return {
            (fact.ticket, fact.kind, fact.metric, fact.cycle)
            for fact in standing(said(log, policies))
            if fact.type == "breached"
        }

    def named(turns: list[Turn]) -> set[tuple[str, str, str, int]]:
        return {(turn.ticket, turn.kind, turn.metric, turn.number) for turn in turns}

    plan, now, then = planned(log, POLICIES, SHORTER), breached(POLICIES), breached(SHORTER)
    assert named(plan.won()) == now - then
    assert named(plan.lost()) == then - now
    ended = {
        (fact.ticket, fact.kind, fact.metric, fact.cycle): fact.type
        for fact in sorted(standing(said(log, SHORTER)), key=lambda fact: fact.time)
        if fact.type in ("fulfilled", "cancelled", "resumed")
    }
    still = {key for key in then - now if ended.get(key) not in ("fulfilled", "cancelled")}
    assert {(one.ticket, one.kind, one.metric, one.number) for one in plan.overdue} == still


@given(logs(), st.integers(1, 4))
def test_a_history_in_parts_comes_to_the_same(log: list[TicketEvent], count: int) -> None:
    """However tickets are shared out; what was gathered elsewhere came as bytes."""
    end = max(event.time for event in log)
    whole, parts = (
        Plan((POLICIES, SHORTER), end),
        [Plan((POLICIES, SHORTER), end) for _ in range(count)],
    )
    for number, told in enumerate(each(log, (POLICIES, SHORTER), until=end)):
        whole.add(told)
        parts[number % count].add(told)
    first, *others = parts
    for other in others:
        first.merge(pickle.loads(pickle.dumps(other)))
    for plan in (first, whole):
        assert plan.empty == whole.empty
    assert (first.won(), first.lost()) == (whole.won(), whole.lost())
    assert sorted(first.overdue) == sorted(whole.overdue)
    assert promises_of(first) == promises_of(whole)
    assert segments_of(first) == segments_of(whole)
    assert warnings_of(first) == warnings_of(whole)
    assert list(credits_of(first)) == list(credits_of(whole))
    assert {key: (one.earlier, one.later, one.median) for key, one in first.moved.items()} == {
        key: (one.earlier, one.later, one.median) for key, one in whole.moved.items()
    }
    assert first.first == whole.first


def test_segments_add_up_to_the_promises() -> None:
    """Each cycle is in one segment, that in which it began, though its priority changed later."""
    log = ticket("a", 0, priority="low") + ticket("b", 5, priority="urgent")
    log += [change("a", 60, priority="urgent")]
    plan = planned(log, POLICIES, SHORTER, until=log[0].time + 8 * 60 * MINUTE)
    by_priority = {
        segment[0]: now.met + now.breached
        for (kind, metric), segment, (now, _) in segments_of(plan)
        if (kind, metric) == ("sla", "first_response")
    }
    assert by_priority == {"low": 1, "urgent": 1}


def test_a_deadline_that_moves_is_told_by_how_much() -> None:
    """Four hours end at 14:00, eight at 10:00 on the next day: the office closes at 17:00."""
    plan = planned(ticket("a", 0, priority="low"), POLICIES, SHORTER)
    moved = plan.moved["sla", "first_response"]
    assert (moved.cycles, moved.earlier, moved.later) == (1, 1, 0)
    assert moved.median == -20 * 60 * MINUTE
    back = planned(ticket("a", 0, priority="low"), SHORTER, POLICIES).moved["sla", "first_response"]
    assert (back.earlier, back.later, back.median) == (0, 1, 20 * 60 * MINUTE)


def test_an_open_clock_that_would_be_in_breach_is_named_with_how_late_it_is() -> None:
    """Five hours open: in time by eight hours, an hour late by four."""
    log = ticket("a", 0, priority="low")
    plan = planned(log, POLICIES, SHORTER, until=log[0].time + 300 * MINUTE)
    late = [one for one in plan.overdue if one.metric == "first_response"]
    assert [(one.ticket, one.late) for one in late] == [("a", 60 * MINUTE)]
    assert late[0].breached_at == log[0].time + 240 * MINUTE
    assert [turn.before for turn in plan.lost() if turn.metric == "first_response"] == ["open"]


def test_a_promise_that_goes_is_no_breach_won_by_an_answer() -> None:
    """What is not promised any more is told as that."""
    log = ticket("a", 0, tier="gone", team="ann")
    plan = planned(log, POLICIES, SHORTER, until=log[0].time + 300 * MINUTE)
    assert plan.moved["olo", "first_response"].dropped == 1
    won = [turn for turn in plan.won() if turn.metric == "first_response"]
    assert [(turn.before, turn.after) for turn in won] == [("breached", None)]


def test_of_nothing_there_is_nothing_to_tell() -> None:
    """No ticket, no day, no rate."""
    plan = planned([], POLICIES, SHORTER)
    assert plan.empty
    assert (days(plan), promises_of(plan), segments_of(plan), warnings_of(plan)) == (0, [], [], [])


def test_days_are_counted_from_the_first_ticket_to_the_end() -> None:
    """A day that has begun is one."""
    log = ticket("a", 0)
    assert days(planned(log, POLICIES, SHORTER)) == 1
    assert days(planned(log, POLICIES, SHORTER, until=log[0].time + DAY)) == 2


def test_money_is_what_the_contract_of_that_side_says() -> None:
    """R31: exact shares of the fee."""
    log = ticket("a", 0, priority="urgent")
    plan = planned(log, POLICIES, SHORTER, until=log[0].time + 20 * MINUTE)
    ((account, _, currency, (now, then)),) = credits_of(plan)
    assert (account, currency) == ("acme", "EUR")
    assert now is None
    assert then == Fraction(5000) * Fraction(10, 100)


def test_the_scenarios_policies_against_themselves() -> None:
    """Calendars, pauses and warnings of a real file."""
    assert planned(ticket("a", 0, priority="high"), SCENARIOS, SCENARIOS).empty
