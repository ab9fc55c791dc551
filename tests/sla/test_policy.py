"""Policies as data: matching, targets, status words, warnings (R15, R16, R19, R21)."""

from __future__ import annotations

from fractions import Fraction

import pytest

from streams.sla.clock import Step, steps
from streams.sla.duration import Active, BusinessDays
from streams.sla.policy import METRICS, Pause, Policy, PolicySet, Scalar, Warning_, word
from streams.sla.schedule import Schedule

ALWAYS = Schedule.always()


def policy(name: str, kind: str = "sla", **match: Scalar | set[Scalar]) -> Policy:
    """Make a policy by what it matches."""
    filters = {
        key: frozenset(value) if isinstance(value, set) else frozenset({value})
        for key, value in match.items()
    }
    targets = {"first_response": {"urgent": Active(900_000), "default": Active(3_600_000)}}
    return Policy(name, kind, ALWAYS, targets, filters)


def test_the_first_policy_of_a_kind_that_matches_holds() -> None:
    """R19: in the file's order, per kind; neither by name, nor by how much a filter asks for."""
    inside, premium, rest = policy("in", "olo"), policy("z", tier="premium"), policy("a")
    policies = PolicySet("v", (inside, premium, rest))
    assert policies.match("sla", {"tier": "premium"}) is premium
    assert policies.match("sla", {"tier": "basic"}) is rest
    assert policies.match("sla", {}) is rest
    assert policies.match("olo", {"tier": "premium"}) is inside
    assert PolicySet("v", (premium,)).match("sla", {}) is None
    assert PolicySet("v", (rest, premium)).match("sla", {"tier": "premium"}) is rest


@pytest.mark.parametrize(
    ("attributes", "matches"),
    [
        ({"tags": ["vip", "eu"], "n": 1}, True),
        ({"tags": ("eu", "big"), "n": 1.0}, True),
        ({"tags": "vip", "n": 2}, True),
        ({"tags": ["eu"], "n": 1}, False),
        ({"tags": [], "n": 1}, False),
        ({"tags": None, "n": 1}, False),
        ({"n": 1}, False),
        ({"tags": ["vip"], "n": True}, False),
        ({"tags": [["vip"]], "n": 1}, False),
        ({"tags": {"vip": 1}, "n": 1}, False),
    ],
)
def test_a_filter_is_one_of_and_an_absent_attribute_never_matches(
    attributes: dict[str, object], *, matches: bool
) -> None:
    """R19: any value of a list will do; true is not the number 1."""
    asked = policy("x", tags={"vip", "big"}, n={1, 2})
    assert asked.matches(attributes) is matches


def test_a_target_is_the_prioritys_or_else_the_default() -> None:
    """R16: and None where there is neither."""
    asked = policy("x")
    assert asked.target("first_response", "Urgent ") == Active(900_000)
    assert asked.target("first_response", "low") == Active(3_600_000)
    assert asked.target("first_response", None) == Active(3_600_000)
    assert asked.target("next_response", "urgent") is None
    numbered = Policy("x", "sla", ALWAYS, {"agent_work": {"1": BusinessDays(1)}})
    assert numbered.target("agent_work", 1) == BusinessDays(1)
    assert numbered.target("agent_work", 2) is None


def test_status_words_become_categories() -> None:
    """R15: whatever their case and spacing; what nobody named is open."""
    policies = PolicySet("v", (), {}, {"awaiting_user_info": "pending", "closed": "solved"})
    assert policies.category("Awaiting  User-Info") == "pending"
    assert policies.category("On Hold") == "on_hold"
    assert policies.category("closed") == "solved"
    assert policies.category("solved") == "solved"
    assert policies.category("whatever") == "open"
    assert policies.category(None) == "open"
    assert word(" On-Hold ") == "on_hold"


def test_a_pause_may_name_a_category_or_a_word() -> None:
    """R15."""
    policies = PolicySet("v", (), {}, {"waiting": "pending", "parked": "open"})
    by_category = policy("x")
    by_word = Policy("y", "sla", ALWAYS, {}, pause=Pause(frozenset({"parked"})))
    assert policies.pauses(by_category, "Waiting")
    assert policies.pauses(by_category, "pending")
    assert not policies.pauses(by_category, "parked")
    assert policies.pauses(by_word, "Parked")
    assert not policies.pauses(by_word, "open")
    assert not policies.pauses(by_word, None)


def test_without_a_word_on_pauses_the_resolution_clocks_stand_still_while_pending() -> None:
    """R15: these three and no others, in that category and in no other."""
    pause = policy("x").pause
    assert pause.statuses == {"pending"}
    assert pause.metrics == {"total_resolution", "first_resolution", "resolution_cycle"}
    assert pause.resume_on == frozenset()


@pytest.mark.parametrize(
    ("warning", "key", "active"),
    [
        (Warning_(percent=Fraction(80, 100)), "80%", 800_001),
        (Warning_(percent=Fraction(125, 1000)), "12.5%", 125_001),
        (Warning_(percent=Fraction(1)), "100%", 1_000_001),
        (Warning_(left=Active(900_000)), "left:15m", 100_001),
        (Warning_(left=Active(3_600_000)), "left:1h", 0),
        (Warning_(left=BusinessDays(2)), "left:2bd", 0),
        (Warning_(after=Active(3_600_000)), "after:1h", 4_600_001),
        (Warning_(after=BusinessDays(1)), "after:1bd", 87_400_001),
    ],
)
def test_a_warning_has_a_name_and_an_amount_of_active_time(
    warning: Warning_, key: str, active: int
) -> None:
    """R21: of a target of 1,000,001 ms; never a part of a millisecond early (R5)."""
    assert warning.key == key
    policy = Policy("p", "sla", ALWAYS, {}, warnings=(warning,))
    assert Step(active, warning) in steps(policy, 1_000_001, 0, None)


def test_the_ten_metrics_are_those_of_the_specification() -> None:
    """R9-R14."""
    assert len(set(METRICS)) == 10
