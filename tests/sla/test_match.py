"""Which policy a ticket gets, whatever was asked before (R19)."""

from __future__ import annotations

from unittest.mock import patch

from streams.sla import policy as module
from streams.sla.policy import Policy, PolicySet
from streams.sla.schedule import Schedule


def policy(name: str, **match: object) -> Policy:
    """Give a policy with one value a filter."""
    filters = {attribute: frozenset({value}) for attribute, value in match.items()}
    return Policy(name, "sla", Schedule.always(), {}, filters)


def found(policies: PolicySet, **attributes: object) -> str | None:
    """Give the name of the policy that matches."""
    matched = policies.match("sla", attributes)
    return None if matched is None else matched.name


def test_a_number_a_word_and_a_yes_are_each_their_own_though_they_are_equal_or_look_alike() -> None:
    """R19: 1, True and "1" are asked in turn, and asked again."""
    policies = PolicySet("v", (policy("word", vip="1"), policy("yes", vip=True)))
    for _ in range(2):
        assert found(policies, vip="1") == "word"
        assert found(policies, vip=True) == "yes"
        assert found(policies, vip=1) is None
        assert found(policies, vip=["2", "1"]) == "word"
        assert found(policies, tier="1") is None


def test_what_is_remembered_of_matches_is_bounded_and_changes_no_answer() -> None:
    """R19: a filter on what is different for each ticket must not fill the memory."""
    policies = PolicySet("v", (policy("mine", account="7"), policy("all")))
    with patch.object(module, "MATCHES_KEPT", 3):
        for _ in range(2):
            for account in range(10):
                assert found(policies, account=str(account)) == ("mine" if account == 7 else "all")
                assert len(policies._matched) <= 3
