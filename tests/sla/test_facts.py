"""Facts and their ids (R8)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from streams.sla.compensation import compensation, issued
from streams.sla.duration import Active
from streams.sla.engine import Engine
from streams.sla.events import Changed, Created, TicketEvent
from streams.sla.facts import TYPES, Fact, Key
from streams.sla.metric import RULES, want
from streams.sla.policy import METRICS, Pause, PolicySet, Warning_
from streams.sla.story import Story
from tests.sla.test_engine import CREATED, START
from tests.sla.test_properties import MINUTE, POLICIES


def facts() -> list[Fact]:
    """What is said of a ticket that is left alone for a day."""
    engine = Engine(POLICIES)
    ticket, said = engine.apply(None, CREATED)
    return said + engine.settle(ticket, START + 3 * 1440 * MINUTE)


def test_an_id_is_made_of_what_the_fact_is_about_and_nothing_else() -> None:
    """R8: ticket, kind, metric, cycle, revision, type, threshold."""
    ids = {fact.id for fact in facts()}
    assert "t:sla:total_resolution:1:0:started" in ids
    assert "t:sla:first_response:1:0:breach_imminent:50%" in ids
    assert "t:sla:first_response:1:0:breach_imminent:left:20m" in ids
    assert "t:sla:first_response:1:0:breached" in ids


def test_two_retractions_never_share_an_id() -> None:
    """R8: each names what it takes back, and its id tells them apart."""
    back = [fact.taken_back(0) for fact in facts()]
    back += [replace(fact, issue=1).taken_back(0) for fact in facts()]
    assert len({fact.id for fact in back}) == len(back)
    assert {fact.type for fact in back} == {"retracted", "breach_retracted"}
    assert all(fact.type in TYPES for fact in back)


def test_what_takes_a_fact_back_names_it_and_is_otherwise_the_same() -> None:
    """R7: the id that it takes back, the type, and the threshold in the place of its own."""
    said = {fact.id: fact for fact in facts()}
    breach = said["t:sla:first_response:1:0:breached"]
    assert breach.taken_back(5) == replace(
        breach,
        type="breach_retracted",
        time=5,
        discriminator="breached",
        retracts=breach.id,
        retracts_type="breached",
        outcome_at=breach.time,
        corrects=True,
    )
    warning = said["t:sla:first_response:1:0:breach_imminent:50%"]
    again = replace(warning, issue=2)
    assert again.taken_back(5) == replace(
        warning,
        type="retracted",
        time=5,
        threshold=None,
        discriminator="breach_imminent/50%~2",
        retracts=f"{warning.id}~2",
        retracts_type="breach_imminent",
        outcome_at=warning.time,
        corrects=True,
    )
    assert warning.taken_back(5).id == ("t:sla:first_response:1:0:retracted:breach_imminent/50%")


def test_facts_that_differ_in_what_neither_was_judged_by_say_the_same() -> None:
    """R7: a tag that arrives late takes no breach back."""
    breach = next(fact for fact in facts() if fact.type == "breached")
    for same in (
        replace(breach, attributes={"tags": ("late",)}),
        replace(breach, causes=()),
        replace(breach, corrects=True),
        replace(breach, issue=1),
        replace(breach, reopens=1),
    ):
        assert same != breach
        assert breach.says_the_same(same)
        assert same.says_the_same(breach)
    for other in (
        replace(breach, time=breach.time + 1),
        replace(breach, deadline=None),
        replace(breach, target=breach.target + 1),
        replace(breach, elapsed=breach.elapsed + 1),
        replace(breach, policy="vip"),
        replace(breach, reason="target_tightened"),
    ):
        assert not breach.says_the_same(other)


@pytest.mark.parametrize(
    ("elapsed", "target", "margin"), [(2, 8, 0.25), (16, 8, 2.0), (0, 0, 0.0), (1, 0, 1.0)]
)
def test_the_margin_is_the_share_of_the_target_used(
    elapsed: int, target: int, margin: float
) -> None:
    """R29: 24 h promised, 2 h answered."""
    fact = replace(facts()[0], elapsed=elapsed, target=target)
    assert fact.margin == margin
    assert fact.remaining == target - elapsed


def test_before_anything_has_happened_nothing_is_timed() -> None:
    """No metric has a clock on an empty story, and each metric of the spec has its rule."""
    policy = POLICIES.policies[0]
    assert {want(metric, Story(), policy, POLICIES) for metric in METRICS} == {None}
    assert tuple(RULES) == METRICS


def test_an_event_of_no_type_has_no_place() -> None:
    """R6: the set of events is closed."""
    with pytest.raises(NotImplementedError):
        TicketEvent("t", 0, 0).order(POLICIES.category)


def test_a_fact_that_holds_again_after_all_is_issued_under_the_next_id() -> None:
    """R7, R8: the first id is spent by its retraction, the second by the second."""
    once = facts()[0]
    spent: dict[Key, int] = {}
    (back,) = compensation([once], [], spent, 0)
    (again,) = compensation([], [once], spent, 0)
    (back_again,) = compensation([once], [], spent, 0)
    assert (back.retracts, again.id) == (once.id, f"{once.id}~1")
    assert back_again.retracts == again.id
    assert issued(once, spent).id == f"{once.id}~2"


def test_no_warning_is_given_of_a_breach_that_stands() -> None:
    """R16, R21: not when the target loosens, and not at the very end of the new one."""
    policy = replace(
        POLICIES.policies[0], match={}, warnings=(Warning_(percent=Fraction(1)),), pause=Pause()
    )
    tight = replace(policy, name="tight", match={"priority": frozenset({"urgent"})})
    tight = replace(tight, targets={"total_resolution": {"default": Active(MINUTE)}})
    loose = replace(policy, targets={"total_resolution": {"default": Active(90 * MINUTE)}})
    engine = Engine(PolicySet("two", (tight, loose)))
    ticket, said = engine.apply(None, Created("t", START, 0, {"priority": "urgent"}))
    ticket, more = engine.apply(ticket, Changed("t", START + 5 * MINUTE, 1, {"priority": "low"}))
    said += more + engine.settle(ticket, START + 1440 * MINUTE)
    warned = [fact.time - START for fact in said if fact.type == "breach_imminent"]
    assert warned == [MINUTE]
