"""What only shows when the parts of the file are seen together."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import prod

from streams.policies.fault import Path, field_of
from streams.policies.fields import ALWAYS, meant
from streams.policies.marked import Marked
from streams.policies.model import ContractShape, PolicyShape
from streams.sla.policy import CATEGORIES, Scalar, word

_COMBINATIONS = 4096
"""Combinations of values up to which several earlier policies are seen to cover a later one."""

Match = Mapping[str, frozenset[tuple[bool, Scalar]]]


def status_words(marked: Marked, statuses: Mapping[str, list[str]]) -> dict[str, str]:
    """Turn category → words into word → category; a word in two categories is a fault."""
    categories: dict[str, str] = {}
    for key, words in statuses.items():
        for index, text in enumerate(words):
            name, path = word(text), _place(marked, key, index)
            other = categories.setdefault(name, key)
            if other != key:
                what = f"this status is in two categories, {other} and {key}"
                marked.add(path, what, "keep it in one of them")
            elif name in CATEGORIES and name != key:
                what = f"'{name}' is a category by itself; here it counts as {key}"
                marked.add(path, what, "leave it out, if that is not meant", severity="note")
    return categories


def _place(marked: Marked, category: str, index: int) -> Path:
    raw = marked.value_at(("statuses",))
    keys = [key for key in raw if word(str(key)) == category] if isinstance(raw, dict) else []
    return "statuses", str(keys[0]) if keys else category, index


def schedule_names(marked: Marked, schedules: Mapping[str, object]) -> None:
    """Note policies whose schedule is not defined, and schedules that no policy uses."""
    raw = marked.value_at(("policies",))
    policies = raw if isinstance(raw, list) else []
    used = [policy.get("schedule") for policy in policies if isinstance(policy, dict)]
    for index, name in enumerate(
        policy.get("schedule") if isinstance(policy, dict) else None for policy in policies
    ):
        if isinstance(name, str) and name.strip() and name.strip() not in {*schedules, ALWAYS}:
            fix = f"{meant(name, [*schedules, ALWAYS])}, or define it under `schedules:`"
            marked.add(("policies", index, "schedule"), "no schedule of this name", fix)
    for name in schedules:
        if name not in used:
            path = ("schedules", name)
            marked.add(path, "no policy uses it", "leave it out", key=True, severity="note")


def duplicate_names(marked: Marked, policies: Mapping[int, PolicyShape]) -> None:
    """Refuse two policies of one kind with one name."""
    seen: dict[tuple[str, str], int] = {}
    for index, policy in policies.items():
        first = seen.setdefault((policy.kind, policy.name), index)
        if first != index:
            line = marked.line_of(("policies", first, "name"))
            what = f"another {policy.kind} policy has this name, in line {line}"
            marked.add(("policies", index, "name"), what, "give each its own name")


def contracts(marked: Marked, policies: Mapping[int, PolicyShape]) -> None:
    """Refuse two contracts of one account that differ: a month has one fee and one table (R31)."""
    seen: dict[str, tuple[int, ContractShape]] = {}
    for index, policy in policies.items():
        contract, path = policy.contract, ("policies", index, "contract")
        # What is at fault by itself was taken out, and is no difference.
        faulty = any(fault.field.startswith(field_of(path)) for fault in marked.faults)
        if contract is None or faulty:
            continue
        first, other = seen.setdefault(contract.account, (index, contract))
        for name in ("monthly_fee", "currency", "credits", "cap"):
            if _meaning(contract, name) != _meaning(other, name):
                line = marked.line_of(("policies", first, "contract", name))
                what = f"account '{contract.account}' has another {name} in line {line}"
                fix = "write the same contract wherever an account stands, or another account"
                marked.add((*path, name), what, fix)


def _meaning(contract: ContractShape, name: str) -> object:
    """Give a value for comparison; a table is the same in any order."""
    value = getattr(contract, name)
    return set(value) if isinstance(value, list) else value


def unreachable(marked: Marked, policies: Mapping[int, PolicyShape]) -> None:
    """Refuse a policy all of whose tickets earlier ones of its kind take (R19)."""
    earlier: dict[str, list[tuple[str, Match]]] = {}
    for index, policy in policies.items():
        before = earlier.setdefault(policy.kind, [])
        match = {name: frozenset(map(_told_apart, one_of)) for name, one_of in policy.match.items()}
        if takers := _takers(before, match):
            names = " and ".join(f"'{taker}'" for taker in takers)
            what = f"never reached: {names} before it takes every ticket that it matches"
            path = ("policies", index, "match")
            where = path if path in marked.values else path[:-1]
            marked.add(where, what, f"move '{policy.name}' before, or narrow the earlier match")
        before.append((policy.name, match))


def _told_apart(value: Scalar) -> tuple[bool, Scalar]:
    """Keep true and 1 two values, as matching does."""
    return isinstance(value, bool), value


def _takers(before: list[tuple[str, Match]], match: Match) -> list[str]:
    """Name the earlier policies that together take all that a filter matches; none if not all."""
    for name, wide in before:
        if _covers(wide, match):
            return [name]
    if prod(len(values) for values in match.values()) > _COMBINATIONS:
        return []
    takers: set[str] = set()
    for values in product(*match.values()):
        case = {name: frozenset({value}) for name, value in zip(match, values, strict=True)}
        taker = next((name for name, wide in before if _covers(wide, case)), None)
        if taker is None:
            return []
        takers.add(taker)
    return [name for name, _ in before if name in takers]


def _covers(wide: Match, narrow: Match) -> bool:
    return all(name in narrow and narrow[name] <= values for name, values in wide.items())
