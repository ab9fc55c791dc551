"""The numbers of a replay, gathered."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from streams.history.summary import Kept, Summary, Tickets, summarize
from streams.sla.compliance import Tally
from streams.sla.quality import Margins
from tests.sla.numbers import POLICIES, told

CREATED = "Mon 09:00  created by customer: tier=standard, priority=urgent"
MET = f"{CREATED}\nMon 09:30  message by agent\nMon 10:00  changed: status=solved"
PREMIUM = "Mon 09:00  created by customer: tier=premium\nMon 09:06  message by agent"
INSIDE = "Mon 09:00  created by customer: tier=standard, team=billing\nMon 12:00  message by agent"


def names(summary: Summary) -> list[tuple[str, str, str]]:
    """Name the rows."""
    return [kept.name for kept in summary.kept]


def test_rows_come_in_the_file_s_order_whatever_happened_first() -> None:
    """Policies by the file, metrics by their list; a kind of its own is a row of its own."""
    summary = summarize(told(INSIDE, MET, PREMIUM), POLICIES)
    assert names(summary) == [
        ("premium", "sla", "first_response"),
        ("premium", "sla", "total_resolution"),
        ("standard", "sla", "first_response"),
        ("standard", "sla", "total_resolution"),
        ("inside", "olo", "first_response"),
    ]
    assert [name for name, _ in summary.causes] == [
        ("premium", "sla", "total_resolution"),
        ("standard", "sla", "total_resolution"),
        ("inside", "olo", "first_response"),
    ]


def test_each_row_has_all_that_was_counted_of_it() -> None:
    """R26, R29, R30: three in time, one late and open; a reopened one counts as neither."""
    reopened = f"{MET}\nTue 09:00  changed: status=open"
    summary = summarize(told(MET, MET, MET, CREATED, reopened, until="Tue 09:30"), POLICIES)
    kept = {kept.name: kept for kept in summary.kept}["standard", "sla", "total_resolution"]
    quarter = Fraction(1, 4)
    assert kept == Kept(
        name=("standard", "sla", "total_resolution"),
        cycles=Tally(met=3, breached=1),
        reopened=1,
        margins=Margins(3, quarter, quarter),
        objective=Fraction(95, 100),
    )
    assert kept.budget_used == Fraction(1, 4) / Fraction(5, 100) == 5
    assert summary.tickets == Tickets(3, Tally(met=3), (("standard", Tally(met=3)),))
    assert (summary.tickets_seen, summary.unmatched) == (5, 0)


def test_a_ticket_that_no_policy_matched_when_it_was_first_seen_is_counted() -> None:
    """R19: once, and whatever becomes of it."""
    free = "Mon 09:00  created by customer: tier=free\nMon 10:00  changed: mood=angry"
    late = "Mon 09:00  created by customer: channel=email\nMon 10:00  changed: tier=premium"
    summary = summarize(told(MET, free, late, INSIDE), POLICIES)
    assert (summary.tickets_seen, summary.unmatched) == (4, 2)


def test_without_an_objective_or_with_one_of_100_percent_there_is_no_budget() -> None:
    """R30."""
    summary = summarize(told(MET), POLICIES)
    whole = replace(summary.kept[0], objective=Fraction(1))
    assert (whole.budget, whole.budget_used) == (None, None)
    unknown = replace(whole, objective=None)
    assert (unknown.budget, unknown.budget_used) == (None, None)


def test_a_policy_that_the_file_does_not_hold_comes_last_and_has_no_objective() -> None:
    """R18: tickets keep the policies that they started under."""
    held = replace(POLICIES, policies=POLICIES.policies[1:])
    summary = summarize(told(PREMIUM, MET), held)
    assert [kept.name[0] for kept in summary.kept] == ["standard"] * 2 + ["premium"] * 2
    assert [kept.objective for kept in summary.kept] == [Fraction(95, 100)] * 2 + [None] * 2


def test_tickets_without_an_outcome_are_told_apart() -> None:
    """R27: they are resolved, and no part of the rate."""
    free = "Mon 09:00  created by customer\nMon 10:00  changed: status=solved"
    tickets = summarize(told(MET, free), POLICIES).tickets
    assert (tickets.resolved, tickets.judged, tickets.without_outcome) == (2, Tally(met=1), 1)


def test_what_was_all_taken_back_is_no_row() -> None:
    """R7: told late and corrected, or told once in order: the same summary."""
    late = f"{CREATED}\nMon 12:00  note by agent\nMon 09:10  deleted"
    assert any(fact.type == "breach_retracted" for _, fact in told(late).facts)
    for arrival in (True, False):
        summary = summarize(told(late, arrival=arrival), POLICIES)
        assert (summary.kept, summary.causes, summary.tickets.by_policy) == ((), (), ())


def test_a_ticket_whose_outcomes_were_given_back_is_under_no_policy() -> None:
    """R27: a policy without a ticket is no row either."""
    history = (
        f"{CREATED}\nMon 09:30  changed: status=solved\nMon 09:40  changed: status=open\n"
        "Mon 09:50  changed: tier=none\nMon 10:00  changed: status=solved"
    )
    tickets = summarize(told(history), POLICIES).tickets
    assert (tickets.by_policy, tickets.without_outcome) == ((), 1)
