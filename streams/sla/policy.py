"""Promises as data: policies in the file's order, what they match, and your words for statuses.

Frozen, complete and checked when made by `streams.policies`; nothing here reads a file.
Status and priority words are compared by `word`: `On Hold`, `on-hold` and `on_hold` are one word.
Values in `match` are compared as they are, and a boolean is not a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

from streams.sla.duration import Active, Duration, Offset
from streams.sla.schedule import Schedule

CATEGORIES = ("new", "open", "pending", "on_hold", "solved", "closed")
METRICS = (
    "first_response",
    "next_response",
    "periodic_update",
    "pausable_update",
    "total_resolution",
    "first_resolution",
    "resolution_cycle",
    "requester_wait",
    "agent_work",
    "team_ownership",
)
RESOLUTION_METRICS = ("total_resolution", "first_resolution", "resolution_cycle")
KINDS = ("sla", "olo")
RESUME_ON = ("customer_message",)
WORDS = ("status", "priority")
"""Attributes that are words: a number in their place is its digits, in events as in filters."""
START, MATCH = COUNTS_FROM = ("start", "match")
DEFAULT = "default"
"""The key of `targets` for any priority that has none of its own."""

Scalar = str | int | float | bool

MATCHES_KEPT = 10_000
"""How many combinations of attribute values a set remembers the policy of."""


@lru_cache(maxsize=8_192)
def word(text: str) -> str:
    """Put a word of the outside into the form in which words are compared."""
    return "_".join(text.casefold().replace("-", " ").replace("_", " ").split())


@dataclass(frozen=True, slots=True)
class Warning_:  # noqa: N801  # Warning is Python's
    """When to warn (R21): exactly one of a share of the target, time left, time after the breach.

    `percent` is a fraction of 1. Of `left` and `after` only a clock can say how much active time
    they are where they are business days (R24).
    """

    percent: Fraction | None = None
    left: Offset | None = None
    after: Offset | None = None
    level: int | None = None
    notify: tuple[str, ...] = ()

    @property
    def dated(self) -> bool:
        """Whether it is in business days, so that it depends on when the clock started (R24)."""
        return not all(end is None or isinstance(end, Active) for end in (self.left, self.after))

    @property
    def key(self) -> str:
        """Name the threshold: "80%", "left:15m" or "after:1bd"."""
        if self.percent is not None:
            return say_percent(self.percent)
        return f"left:{self.left}" if self.left is not None else f"after:{self.after}"


@dataclass(frozen=True, slots=True)
class Pause:
    """What makes clocks stand still (R15): in these statuses, these metrics."""

    statuses: frozenset[str] = frozenset({"pending"})
    metrics: frozenset[str] = frozenset(RESOLUTION_METRICS)
    resume_on: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Credit:
    """One line of a credit table (R31): a share of the fee, below a rate or per late breach.

    Exactly one of `below` (monthly compliance, a fraction of 1) and `late_ms` (active ms late).
    """

    credit: Fraction
    below: Fraction | None = None
    late_ms: int | None = None

    @property
    def key(self) -> str:
        """Name the line: "below:95%" or "late:30m"."""
        if self.below is not None:
            return f"below:{say_percent(self.below)}"
        return f"late:{Active(self.late_ms or 0)}"


@dataclass(frozen=True, slots=True)
class Contract:
    """What breaches may cost (R31); `cap` is the most that a month can earn, of the fee.

    The lines by lateness stand in its order, and each earns more than the one before.
    """

    account: str
    monthly_fee: Fraction
    currency: str
    credits: tuple[Credit, ...] = ()
    cap: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """A named promise. `targets` is metric → priority word → duration; `objective` a fraction.

    `bots_answer`: a bot's public message counts as an answer (R9). `counts_from`: clocks count from
    their true start, or from when the policy came to match (R9, R16).
    """

    name: str
    kind: str
    schedule: Schedule
    targets: Mapping[str, Mapping[str, Duration]]
    match: Mapping[str, frozenset[Scalar]] = field(default_factory=dict)
    objective: Fraction = Fraction(95, 100)
    pause: Pause = Pause()  # frozen
    warnings: tuple[Warning_, ...] = ()
    contract: Contract | None = None
    bots_answer: bool = False
    counts_from: str = START
    derived: dict[Any, Any] = field(default_factory=dict, init=False, compare=False, repr=False)
    """What others work out of the policy alone, remembered by them under keys of their own."""

    def target(self, metric: str, priority: object) -> Duration | None:
        """Give the target of the priority, or else the metric's default; None without either."""
        priorities = self.targets.get(metric, {})
        named = None if priority is None else priorities.get(word(str(priority)))
        return named or priorities.get(DEFAULT)

    def matches(self, attributes: Mapping[str, object]) -> bool:
        """Say whether every attribute of the filter is there and is one of the values it names.

        A list (tags) matches where any of its values does.
        """
        return all(_any_in(attributes.get(name), one_of) for name, one_of in self.match.items())


@dataclass(frozen=True, slots=True)
class PolicySet:
    """All promises of an operator. `version` is the digest of the content (R18)."""

    version: str
    policies: tuple[Policy, ...]
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    document: Mapping[str, object] = field(default_factory=dict, compare=False, repr=False)
    """The file in its normal form, plain JSON, from which the same set can be loaded again."""
    _names: Mapping[str, tuple[str, ...]] = field(init=False, compare=False, repr=False)
    """By kind, the attributes that its policies look at."""
    _matched: dict[tuple[object, ...], Policy | None] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def __post_init__(self) -> None:
        """Note what the policies look at: tickets are many, and the words in them are few."""
        names = {
            kind: tuple({name for one in self.policies if one.kind == kind for name in one.match})
            for kind in KINDS
        }
        object.__setattr__(self, "_names", names)

    def match(self, kind: str, attributes: Mapping[str, object]) -> Policy | None:
        """Give the first policy of the kind, in the file's order, that matches (R19)."""
        told = (kind, *map(attributes.get, self._names[kind]))
        try:
            return self._matched[told]
        except (KeyError, TypeError):  # not seen yet, or a list, which is no key
            policy = self._first(kind, attributes)
        # 1 and True are one key, and not one value: only words are remembered.
        if all(type(value) is str or value is None for value in told):
            if len(self._matched) >= MATCHES_KEPT:
                self._matched.clear()
            self._matched[told] = policy
        return policy

    def _first(self, kind: str, attributes: Mapping[str, object]) -> Policy | None:
        for policy in self.policies:
            if policy.kind == kind and policy.matches(attributes):
                return policy
        return None

    def category(self, status: object) -> str:
        """Turn a status word into its category; what nobody named is open."""
        name = word(str(status))
        return self.statuses.get(name) or (name if name in CATEGORIES else "open")

    def pauses(self, policy: Policy, status: object) -> bool:
        """Say whether the policy names this status, by its word or by its category (R15)."""
        names = policy.pause.statuses
        return word(str(status)) in names or self.category(status) in names


def say_percent(share: Fraction) -> str:
    """Write a fraction as a percentage, exactly where decimals can."""
    percent = share * 100
    if percent.denominator == 1:
        return f"{percent.numerator}%"
    return f"{percent.numerator / percent.denominator:.15g}%"


def _any_in(value: object, one_of: frozenset[Scalar]) -> bool:
    if type(value) is str:
        return value in one_of
    values = value if isinstance(value, list | tuple | set | frozenset) else (value,)
    return any(_same(one, other) for one in values for other in one_of)


def _same(value: object, other: Scalar) -> bool:
    return value == other and isinstance(value, bool) == isinstance(other, bool)
