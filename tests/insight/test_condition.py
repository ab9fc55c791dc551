"""Conditions on a plan: read strictly, judged exactly."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from streams.insight.condition import WORDS, Misstated, read
from streams.insight.plan import SEGMENTS, Plan
from streams.sla.policy import PolicySet
from tests.insight.test_plan import MINUTE, SHORTER, planned, ticket
from tests.sla.test_properties import POLICIES


def plan() -> Plan:
    """Plan over two tickets that nobody answers for four hours: one would be in time as it is."""
    log = ticket("a", 0, priority="urgent") + ticket("b", 0, priority="low", channel="mail")
    return planned(log, POLICIES, SHORTER, until=log[0].time + 241 * MINUTE)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("compliance < 1%", Fraction(0)),
        ("breaches > 0", Fraction(3)),
        ("breaches[metric=first_response] > 0", Fraction(2)),
        ("breaches[priority=low] > 0", Fraction(1)),
        ("breaches[policy=standard, channel=mail] > 0", Fraction(1)),
        ("breaches[kind=olo] > 0", Fraction(0)),
        ("compliance[policy=vip] < 1%", None),
        ("compliance_change < -1%", Fraction(0)),
        ("lowest_compliance < 1%", Fraction(0)),
        ("lost > 0", Fraction(1)),
        ("won > 0", Fraction(0)),
        ("overdue > 0", Fraction(1)),
        ("credits > 0", Fraction(1000)),
        ("credits[account=acme, currency=EUR] > 0", Fraction(1000)),
        ("credits[account=other] > 0", Fraction(0)),
    ],
)
def test_a_condition_asks_for_a_number_of_the_plan(text: str, value: Fraction | None) -> None:
    """By policy, kind, metric and segment; SLAs unless another kind is named."""
    assert read(text, SEGMENTS).value(plan()) == value


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("lost > 0", True),
        ("lost > 1", False),
        ("lost >= 1", True),
        ("lost < 1", False),
        ("lost <= 1", True),
        ("lost == 1", True),
        ("lost != 1", False),
        ("compliance == 0%", True),
        ("compliance < 0.0001%", True),
        ("compliance[policy=vip] < 100%", False),
        ("  breaches[ metric = first_response ]>1 ", True),
    ],
)
def test_it_holds_or_not(text: str, *, holds: bool) -> None:
    """A rate of nothing fulfils no condition."""
    assert read(text, SEGMENTS).holds(plan()) is holds


def test_bounds_are_exact() -> None:
    """92 % is 92/100, not the float beside it."""
    assert read("compliance < 92%", ()).bound == Fraction(92, 100)
    assert read("compliance < 99.95%", ()).bound == Fraction(9995, 10000)
    assert read("warnings_a_day > 2.5", ()).bound == Fraction(5, 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("complance < 9%", "there is no 'complance'; ask for one of compliance, "),
        ("compliance < 92", "compliance is a rate; write 92%"),
        ("lost > 5%", "lost is no rate; write 5"),
        ("compliance[prio=1] < 92%", "'prio' narrows nothing here; use policy, kind, metric, prio"),
        ("lost[policy=a] > 1", "lost cannot be narrowed; leave the brackets out"),
        ("credits[policy=a] > 1", "'policy' narrows nothing here; use account, currency"),
        ("compliance[priority=] < 3%", "'priority=' narrows nothing; write name=value"),
        ("compliance is low", "is no condition; write one like 'compliance < 92%'"),
        ("", "is no condition"),
    ],
)
def test_what_cannot_be_read_is_told_with_the_fix(text: str, words: str) -> None:
    """A condition that is never judged would let anything through."""
    with pytest.raises(Misstated) as told:
        read(text, SEGMENTS)
    assert words in str(told.value)


def test_money_of_two_currencies_is_not_added_up() -> None:
    """R31: one of them is to be asked for."""
    first, second, *rest = SHORTER.policies
    assert second.contract is not None
    other = replace(second, contract=replace(second.contract, account="other", currency="USD"))
    both: PolicySet = replace(SHORTER, version="both", policies=(first, other, *rest))
    found = planned(ticket("a", 0), POLICIES, both)
    with pytest.raises(Misstated, match=r"credits are in EUR, USD; ask for one, as credits\[curr"):
        read("credits > 0", ()).value(found)
    assert read("credits[currency=USD] > 0", ()).value(found) == 0


def test_every_word_is_explained() -> None:
    """What `--help` lists has a meaning."""
    assert all(word.means for word in WORDS.values())
