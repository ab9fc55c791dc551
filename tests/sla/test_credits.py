"""What breaches earn, and what a month owes (R31)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.sla.clock import Clock
from streams.sla.credits import Credits, Entry, Month, contracts, entry
from streams.sla.duration import Active
from streams.sla.earned import Ahead, month_of
from streams.sla.engine import Engine
from streams.sla.events import Changed, Created, Messaged, TicketEvent
from streams.sla.facts import Fact
from streams.sla.hours import WeeklyHours, parse_window
from streams.sla.instant import parse_instant
from streams.sla.policy import Credit, Pause, Policy, PolicySet, Warning_
from streams.sla.rules import Special
from streams.sla.schedule import Schedule
from tests.sla.oracle import tell
from tests.sla.test_properties import (
    CONTRACT,
    LATE,
    MINUTE,
    OFFICE,
    POLICIES,
    STANDARD,
    TARGETS,
    end_of,
    fold,
    histories,
)

HOUR = 60 * MINUTE
NINE = parse_instant("2026-03-26T08:00:00Z")  # in Paris, a Thursday
EARNING = Policy(
    "earning",
    "sla",
    Schedule.always(zone="Europe/Paris"),
    {"first_response": {"urgent": Active(HOUR), "default": Active(4 * HOUR)}},
    contract=CONTRACT,
)
ENGINE = Engine(PolicySet("one", (EARNING,)))


def said(*events: TicketEvent, until: int, engine: Engine = ENGINE) -> list[Fact]:
    """Fold events, and settle."""
    ticket, facts = None, []
    for event in events:
        ticket, more = engine.apply(ticket, event)
        facts += more
    assert ticket is not None
    return facts + engine.settle(ticket, until)


def created(at: int = NINE, **attributes: str) -> Created:
    """Give the creation of a ticket."""
    return Created("t", at, 0, {"status": "open", **attributes})


def percent(text: str) -> Fraction:
    """Give a percentage as a fraction."""
    return Fraction(text) / 100


# -- what a breach says


def test_a_breach_names_the_lines_ahead_and_when_each_is_earned() -> None:
    """R31: nothing yet, and then what is ahead if nothing changes."""
    breach, first, *_ = said(created(priority="urgent"), until=NINE + 2 * HOUR)[1:]
    assert breach.credit is not None
    assert first.credit is not None
    assert (breach.credit.contract, breach.credit.month) == (CONTRACT, "2026-03")
    assert (breach.credit.share, breach.credit.adds) == (0, 0)
    due = NINE + HOUR
    lines = [rule for rule in CONTRACT.credits if rule.late_ms is not None]
    assert breach.credit.ahead == tuple(
        Ahead(rule, due + minutes * MINUTE) for rule, (minutes, _) in zip(lines, LATE, strict=True)
    )
    assert first.credit.ahead == breach.credit.ahead[1:]
    assert (first.type, first.id) == ("credited", "t:sla:first_response:1:0:credited:late:30m")


def test_lines_of_a_clock_that_stands_still_have_no_instant() -> None:
    """R15, R31: a paused clock can breach by other terms, and earns nothing more meanwhile."""
    pause = Pause(metrics=frozenset({"first_response"}))
    engine = Engine(PolicySet("one", (replace(EARNING, pause=pause),)))
    facts = said(
        created(),
        Changed("t", NINE + 2 * HOUR, 1, {"status": "pending"}),
        Changed("t", NINE + 3 * HOUR, 2, {"priority": "urgent"}),
        until=NINE + 99 * HOUR,
        engine=engine,
    )
    (breach,) = (fact for fact in facts if fact.type == "breached")
    assert breach.credit is not None
    assert breach.credit.share == percent("2")
    assert [ahead.at for ahead in breach.credit.ahead] == [None, None]
    assert facts[-1] is breach


def test_a_line_that_a_schedule_never_reaches_has_no_instant() -> None:
    """R25, R31: a schedule that does not open again."""
    day = date(2026, 3, 26)
    once = Special(day, day, (parse_window("09:00-10:10"),))
    only = Schedule("once", "Europe/Paris", WeeklyHours(), exceptions=(once,))
    engine = Engine(PolicySet("one", (replace(EARNING, schedule=only),)))
    facts = said(created(priority="urgent"), until=NINE + 99 * HOUR, engine=engine)
    assert facts[-1].credit is not None
    assert {ahead.at for ahead in facts[-1].credit.ahead} == {None}


def test_without_a_contract_a_breach_earns_nothing() -> None:
    """R31: and nothing falls due after it."""
    engine = Engine(PolicySet("one", (replace(EARNING, contract=None),)))
    facts = said(created(), until=NINE + 999 * HOUR, engine=engine)
    assert [(fact.type, fact.credit) for fact in facts] == [("started", None), ("breached", None)]


def test_a_warning_and_a_line_at_one_instant_are_two_facts() -> None:
    """R8, R21, R31: after:30m and late:30m; the warning comes first."""
    warned = replace(EARNING, warnings=(Warning_(after=Active(30 * MINUTE)),))
    facts = said(created(), until=NINE + 5 * HOUR, engine=Engine(PolicySet("one", (warned,))))
    assert [(fact.type, fact.threshold, fact.time - NINE) for fact in facts[2:]] == [
        ("breach_imminent", "after:30m", 4 * HOUR + 30 * MINUTE),
        ("credited", "late:30m", 4 * HOUR + 30 * MINUTE),
    ]
    assert len({fact.id for fact in facts}) == len(facts)


def test_a_line_by_rate_has_a_name_too() -> None:
    """R31: as the file has it."""
    assert [rule.key for rule in CONTRACT.credits[:3]] == ["below:95%", "below:90%", "late:30m"]


def test_what_is_foreseen_takes_no_breach_back_but_what_is_earned_does() -> None:
    """R7, R31: a forecast is no verdict."""
    breach = said(created(), until=NINE + 5 * HOUR)[1]
    credit = breach.credit
    assert credit is not None
    assert breach.says_the_same(replace(breach, credit=replace(credit, ahead=())))
    for other in (
        None,
        replace(credit, adds=percent("1")),
        replace(credit, month="2026-04"),
        replace(credit, contract=replace(CONTRACT, monthly_fee=Fraction(1))),
    ):
        assert not breach.says_the_same(replace(breach, credit=other))
        assert not replace(breach, credit=other).says_the_same(breach)


# -- months


@pytest.mark.parametrize(
    ("zone", "instant", "month"),
    [
        ("Europe/Paris", "2026-03-31T21:59:59.999Z", "2026-03"),
        ("Europe/Paris", "2026-03-31T22:00:00Z", "2026-04"),
        ("UTC", "2026-03-31T22:00:00Z", "2026-03"),
        ("America/New_York", "2027-01-01T04:59:59Z", "2026-12"),
        ("Pacific/Kiritimati", "2026-12-31T10:00:00Z", "2027-01"),
    ],
)
def test_a_month_is_that_of_the_schedules_zone(zone: str, instant: str, month: str) -> None:
    """R31: the calendar month where the promise was made."""
    assert month_of(Schedule.always(zone=zone), parse_instant(instant)) == month


def test_what_is_earned_later_belongs_to_the_month_of_the_breach() -> None:
    """R31: a line passed in April of a breach in March."""
    at = parse_instant("2026-03-31T17:30:00Z")
    handed_over = Changed("t", at + 5 * HOUR, 1, {"team": "nights"})
    *_, breach, first, second = said(created(at), handed_over, until=at + 7 * HOUR)
    assert [fact.type for fact in (breach, first, second)] == ["breached", "credited", "credited"]
    assert (breach.time, breach.credit and breach.credit.month) == (at + 4 * HOUR, "2026-03")
    assert second.time > parse_instant("2026-03-31T22:00:00Z")
    assert second.credit is not None
    assert second.credit.month == "2026-03"


def months(facts: list[Fact], engine: Engine = ENGINE) -> dict[tuple[str, str], Month]:
    """Sum facts up; months in which nothing is left are left out."""
    ledger = Credits(engine.policy)
    for fact in facts:
        ledger.add(fact)
    return {key: month for key, month in ledger.months.items() if month != Month()}


def test_a_met_that_is_given_back_leaves_the_month_in_which_it_was_met() -> None:
    """R12, R26, R31: met in March, reopened in April and late there: April's, and only April's."""
    resolving = replace(
        EARNING, targets={"total_resolution": {"default": Active(4 * HOUR)}}, pause=Pause()
    )
    engine = Engine(PolicySet("one", (resolving,)))
    april = parse_instant("2026-04-02T08:00:00Z")
    met = [created(), Changed("t", NINE + HOUR, 1, {"status": "solved"})]
    facts = said(*met, until=april, engine=engine)
    assert months(facts, engine) == {("acme", "2026-03"): Month(met=1)}
    reopened = Changed("t", april, 2, {"status": "open"})
    facts = said(*met, reopened, until=april + HOUR, engine=engine)
    assert months(facts, engine) == {}
    facts = said(*met, reopened, until=april + 3 * HOUR + 31 * MINUTE, engine=engine)
    assert months(facts, engine) == {("acme", "2026-04"): Month(breached=1, late=percent("2"))}


def test_a_reopen_that_is_taken_back_gives_the_met_to_its_month_again() -> None:
    """R7, R12, R31: another reopen holds instead, and the month is March's both times."""
    resolving = replace(EARNING, targets={"total_resolution": {"default": Active(4 * HOUR)}})
    engine = Engine(PolicySet("one", (resolving,)))
    april = parse_instant("2026-04-02T08:00:00Z")
    facts = said(
        created(),
        Changed("t", NINE + HOUR, 1, {"status": "solved"}),
        Changed("t", april, 2, {"status": "open"}),
        Changed("t", april - 24 * HOUR, 3, {"status": "open"}),
        until=april,
        engine=engine,
    )
    taken = [fact for fact in facts if fact.retracts_type == "resumed"]
    assert [(fact.withdraws, fact.outcome_at) for fact in taken] == [("met", NINE + HOUR)]
    wanted = {("acme", "2026-04"): Month(breached=1, late=percent("6"))}
    assert months(facts, engine) == wanted


def test_a_met_that_is_given_back_is_the_accounts_under_which_it_was_met() -> None:
    """R16, R26, R31: whatever account the ticket is reopened under."""
    target = {"total_resolution": {"default": Active(4 * HOUR)}}
    acme = replace(EARNING, targets=target, match={"account": frozenset({"acme"})})
    globex = replace(acme, name="globex", contract=replace(CONTRACT, account="globex"))
    globex = replace(globex, match={"account": frozenset({"globex"})})
    engine = Engine(PolicySet("two", (acme, globex)))
    facts = said(
        created(account="acme"),
        Changed("t", NINE + HOUR, 1, {"status": "solved"}),
        Changed("t", NINE + 2 * HOUR, 2, {"status": "open", "account": "globex"}),
        Changed("t", NINE + 3 * HOUR, 3, {"status": "solved"}),
        until=NINE + 9 * HOUR,
        engine=engine,
    )
    assert months(facts, engine) == {("globex", "2026-03"): Month(met=1)}


def test_a_verdict_that_is_taken_back_leaves_the_month_in_which_it_was_counted() -> None:
    """R7, R31: an answer of March that arrives in April corrects March."""
    april = NINE + 10 * 24 * HOUR
    facts = said(
        created(),
        Messaged("t", april, 1, "agent"),
        Messaged("t", NINE + HOUR, 2, "agent"),
        until=april + HOUR,
    )
    assert [fact.time for fact in facts if fact.retracts] == [april] * 5
    assert months(facts) == {("acme", "2026-03"): Month(met=1)}


def test_what_is_no_outcome_or_under_no_contract_counts_nothing() -> None:
    """R31: each fact is an entry of one month, or of none."""
    facts = said(created(), Messaged("t", NINE + HOUR, 1, "agent"), until=NINE + 2 * HOUR)
    assert [entry(fact, ENGINE.policy) for fact in facts] == [
        None,
        Entry("acme", "2026-03", met=1),
    ]
    free = Engine(PolicySet("one", (replace(EARNING, contract=None),)))
    assert entry(facts[-1], free.policy) is None
    renamed = Engine(PolicySet("one", (replace(EARNING, name="other"),)))
    assert entry(facts[-1], renamed.policy) is None


# -- what a month owes


@pytest.mark.parametrize(
    ("met", "breached", "late", "by_rate", "share"),
    [
        (0, 0, "0", "0", "0"),
        (19, 1, "2", "0", "2"),  # 95 % is not below 95 %
        (18, 1, "0", "5", "5"),
        (18, 2, "0", "5", "5"),  # 90 % is not below 90 %
        (17, 2, "4", "10", "14"),
        (0, 3, "10", "10", "20"),
        (0, 4, "10.5", "10", "20"),  # the cap
    ],
)
def test_a_month_owes_its_line_by_rate_and_its_lateness_up_to_the_cap(
    met: int, breached: int, late: str, by_rate: str, share: str
) -> None:
    """R31: of the lines by rate the lowest that the month is under counts."""
    owed = Month(met, breached, percent(late)).owed(CONTRACT)
    assert owed.rate == (Fraction(met, met + breached) if met + breached else None)
    assert (owed.by_rate, owed.by_late) == (percent(by_rate), percent(late))
    assert owed.share == percent(share)
    assert owed.amount == percent(share) * 5000


def test_without_a_cap_and_without_lines_a_month_owes_what_it_comes_to() -> None:
    """R31: the table is all there is."""
    month = Month(0, 9, percent("150"))
    assert month.owed(replace(CONTRACT, cap=None)).share == percent("160")
    late_only = replace(CONTRACT, credits=(Credit(percent("1"), late_ms=HOUR),), cap=None)
    assert month.owed(late_only).by_rate == 0


def test_an_accounts_month_sums_all_policies_that_carry_its_contract() -> None:
    """R31: sla and olo, and several tickets; other accounts are apart."""
    inside = replace(EARNING, name="inside", kind="olo")
    other = replace(EARNING, name="other", contract=replace(CONTRACT, account="globex"))
    other = replace(other, match={"account": frozenset({"globex"})})
    policies = PolicySet("two", (other, EARNING, inside))
    engine = Engine(policies)
    facts = said(created(), until=NINE + 5 * HOUR, engine=engine)
    facts += said(created(account="globex"), until=NINE + HOUR, engine=engine)
    ledger = Credits(engine.policy)
    for fact in facts:
        ledger.add(fact)
    assert ledger.months == {("acme", "2026-03"): Month(breached=2, late=percent("4"))}
    assert set(contracts(policies)) == {"acme", "globex"}
    assert ledger.owed(contracts(policies))["acme", "2026-03"].share == percent("14")
    assert ledger.owed({}) == {}


# -- for every history


@settings(max_examples=300)
@given(histories())
def test_a_walk_by_the_minute_finds_the_same_credits(events: list[TicketEvent]) -> None:
    """R5, R12, R15, R16, R31: the highest line ever passed, by code that shares none."""
    end = end_of(events)
    facts = [fact for fact in fold(events, end) if fact.kind == "sla"]
    runs = tell(events, end, (STANDARD,), {}).runs
    for metric in TARGETS:
        late = max((run.late for run in runs["sla", metric]), default=-1)
        passed = [share for minutes, share in LATE if minutes <= late]
        added = [fact.credit.adds for fact in facts if fact.metric == metric and fact.credit]
        assert sum(added) == max(passed, default=0)


@settings(max_examples=300)
@given(histories(tiers=True))
def test_the_sum_of_the_facts_is_the_sum_of_the_clocks(events: list[TicketEvent]) -> None:
    """R26, R31: every cycle once, at most its highest line, in the month of its outcome."""
    engine, ticket, facts = Engine(POLICIES), None, []
    clocks: dict[int, Clock] = {}
    for event in events:
        ticket, more = engine.apply(ticket, event)
        facts += more
        clocks |= {id(clock): clock for clock in ticket.clocks.values()}
    assert ticket is not None
    facts += engine.settle(ticket, end_of(events))
    wanted: dict[tuple[str, str], Month] = {}
    for clock in clocks.values():
        breached, met = clock.breached_at is not None, clock.met_by is not None
        assert clock.earned <= max(share for _, share in LATE)
        assert breached or clock.earned == 0
        at = clock.breached_at if breached else clock.finished_at
        under = clock.policy.contract is not None
        if under and (breached or met):
            assert at is not None
            month = wanted.setdefault(("acme", month_of(OFFICE, at)), Month())
            month.add(Entry("acme", "", int(met and not breached), int(breached), clock.earned))
    assert months(facts, engine) == {key: one for key, one in wanted.items() if one != Month()}


@settings(max_examples=200)
@given(histories(tiers=True, distinct=False), st.randoms(use_true_random=False))
def test_late_events_leave_the_months_of_the_ordered_history(
    events: list[TicketEvent], order: object
) -> None:
    """R7, R31: whatever the arrival, and whatever was said too early."""
    end = end_of(events)
    arrivals = list(events)
    order.shuffle(arrivals)  # type: ignore[attr-defined]
    engine, ticket, facts = Engine(POLICIES), None, []
    for event in arrivals:
        ticket, more = engine.apply(ticket, event)
        facts += more + engine.settle(ticket, event.time + 1)
    assert ticket is not None
    facts += engine.settle(ticket, end)
    first_seen = {event.key: place for place, event in enumerate(arrivals)}
    events.sort(key=lambda event: (event.order(POLICIES.category), first_seen[event.key]))
    assert months(facts, engine) == months(fold(events, end), engine)
    assert max(Counter(fact.id for fact in facts).values(), default=1) == 1
