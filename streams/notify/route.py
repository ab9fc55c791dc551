"""Which SLA event a route takes, and which notices an event ends.

Decisions: words are compared as policies do (`On Hold` is `on_hold`), a policy's name to the
letter. An attribute that holds a list (`tags`) matches where one of it does. What is not in the
event matches nothing, an attribute that is null and the level of an event without one included.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from streams.notify.template import Templates
from streams.process.config import Part
from streams.process.length import length
from streams.sla.policy import KINDS, METRICS, word

Event = Mapping[str, Any]
"""An SLA event as CloudEvents has it, a JSON object."""

EVENTS = (
    *("started", "paused", "resumed", "breach_imminent", "breached", "credited", "fulfilled"),
    *("cancelled", "retargeted", "breach_retracted", "retracted"),
)
DEFAULT = ("breach_imminent", "breached")
PREFIX = "sla."
"""Before each of EVENTS in an event's `type`."""

_AT_LEAST = re.compile(r">=\s*(\d{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels of escalation: those named, or all from one on."""

    named: frozenset[int] = frozenset()
    least: int | None = None

    def holds(self, level: object) -> bool:
        """Say whether an event's level is among them; None is not."""
        if not isinstance(level, int):
            return False
        return level in self.named if self.least is None else level >= self.least


def _levels(value: object) -> object:
    if isinstance(value, Levels):
        return value
    if isinstance(value, str) and (found := _AT_LEAST.fullmatch(value.strip())):
        return Levels(least=int(found[1]))
    listed: list[Any] = value if isinstance(value, list) else [value]
    if listed and all(type(one) is int and one >= 0 for one in listed):
        return Levels(frozenset(listed))
    message = 'is not a level; write 2, [1, 2] or ">=2"'
    raise ValueError(message)


def _words(value: object) -> object:
    listed = list(value) if isinstance(value, list | tuple) else [value]
    if not listed or not all(isinstance(one, str | int | float) and one != "" for one in listed):
        message = "is no word; write one word, or a list of words"
        raise ValueError(message)
    return tuple(text(one) for one in listed)


def text(value: object) -> str:
    """Write an attribute's value as the file would."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _known(names: tuple[str, ...], what: str) -> BeforeValidator:
    def check(value: object) -> object:
        listed = _words(value)
        assert isinstance(listed, tuple)
        if strange := [one for one in listed if one not in names]:
            message = f"{strange[0]!r} is not {what}; use one of {', '.join(names)}"
            raise ValueError(message)
        return listed

    return BeforeValidator(check)


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


Name = Annotated[str, Field(min_length=1, max_length=100)]
Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
EventNames = Annotated[tuple[str, ...], _known(EVENTS, "an SLA event")]
KindNames = Annotated[tuple[str, ...], _known(KINDS, "a kind of promise")]
MetricNames = Annotated[tuple[str, ...], _known(METRICS, "a metric")]


class Match(Part):
    """What an event must be; all that is given must hold, of a list one."""

    event: EventNames | None = None
    level: Annotated[Levels, BeforeValidator(_levels)] | None = None
    kind: KindNames | None = None
    policy: Words | None = None
    metric: MetricNames | None = None
    tier: Words | None = None
    team: Words | None = None
    priority: Words | None = None
    attributes: dict[str, Words] = Field(default_factory=dict)

    def holds(self, event: Event, default: tuple[str, ...] = EVENTS) -> bool:
        """Say whether an event is such; `default` are the types that are meant without `event`."""
        data = event["data"]
        if short(event) not in (self.event or default):
            return False
        if self.level is not None and not self.level.holds(data.get("level")):
            return False
        plain = (("kind", self.kind), ("policy", self.policy), ("metric", self.metric))
        if any(wanted is not None and data.get(name) not in wanted for name, wanted in plain):
            return False
        asked = {"tier": self.tier, "team": self.team, "priority": self.priority, **self.attributes}
        attributes = data.get("attributes") or {}
        return all(
            wanted is None or _is(attributes.get(name), wanted) for name, wanted in asked.items()
        )


def _is(value: object, wanted: tuple[str, ...]) -> bool:
    has = value if isinstance(value, list) else [value]
    found = {word(text(one)) for one in has if one is not None}
    return any(word(one) in found for one in wanted)


def _milliseconds(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        message = "is without a unit; write 90s, 10m or 2h"
        raise ValueError(message)  # noqa: TRY004 - pydantic tells a ValueError's words
    return length(value)


Length = Annotated[int, BeforeValidator(_milliseconds)]
"""A duration, read as ms."""


class Flood(Part):
    """From how many events on, within which time (ms), a route says one digest for all."""

    more_than: Annotated[int, Field(ge=1, strict=True)]
    within: Length


class Route(Part):
    """Which events go to which channels, in which words; `quiet` names hours of the same file."""

    name: Name
    match: Match = Match()
    to: Annotated[tuple[Name, ...], Field(min_length=1), BeforeValidator(_several)]
    language: Literal["en", "fr"] | None = None
    quiet: Name | None = None
    flood: Flood | None = None
    resolve: bool = True
    templates: Templates = Templates()

    def takes(self, event: Event) -> bool:
        """Say whether an event goes this way; without `event` in `match`, warnings and breaches."""
        return self.match.holds(event, DEFAULT)


Clock = tuple[str, str, str, int]
"""Ticket, kind, metric, cycle: what a promise's notices have in common."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Which notices an event ends: that of the event with this `id`, or all of a `clock`."""

    id: str | None = None
    clock: Clock | None = None


def ends(event: Event) -> Ends | None:
    """Say what an event ends (R7, R20); None where it ends nothing."""
    name, data = short(event), event["data"]
    if name in {"breach_retracted", "retracted"}:
        return Ends(id=data["retracts"])
    if name in {"fulfilled", "cancelled"}:
        return Ends(clock=clock(event))
    return None


def clock(event: Event) -> Clock:
    """Give the clock that an event speaks of, whatever its revision."""
    data = event["data"]
    return data["ticket"], data["kind"], data["metric"], data["cycle"]


def short(event: Event) -> str:
    """Give an event's type without what stands before each of them."""
    return str(event["type"]).removeprefix(PREFIX)
