"""What can make a rate look better than the service was. Worth a look; no proof of anything.

Four signs, each found from a ticket's events and from what stands of the facts. None tells who did
it, nor why; `INNOCENT` in the words of the page says what else each can mean.

- **Waiting for one who has answered** (`answered_pause`). A clock is paused although the customer
  has answered: a public agent message, then a public customer message, then no public message of
  an agent, and the pause goes on for more than `ANSWERED` of time that the clock's schedule is
  open, counted from when both hold. It ends with the pause, with an agent's public message, or with
  the history. Once a pause; of several clocks, the one for which it was longest. Not counted: a
  pause before anybody asked; a clock that the customer's message resumes (`resume_on`).
- **Solved and taken up again** (`flip`). A ticket goes from a solved or closed status back to
  another within `FLIP`, and the customer wrote nothing in public in between: so it was not the
  customer who was not content. Once a reopen. Not counted: a reopen later than that, or after a
  word of the customer (that is R29's).
- **A longer target shortly before the deadline** (`lowered`). The priority changes, and an open
  clock that is not breached gets a longer target on the same schedule, with at least `NEAR` of the
  former one used. Once a change; of several clocks, the one with most used. Not counted: a target
  that stays, gets shorter or is on another schedule, with which it cannot be compared; a change of
  anything else; one with more time left; one after the breach.
- **Merged shortly before the deadline** (`merged`). A merge cancels an open clock, which leaves the
  rate (R20), with at least `NEAR` of its target used and no breach. Once a merge; of several
  clocks, the one with most used. Not counted: a merge with more time left, or after the breach.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

from streams.history.replay import Replayed
from streams.insight.conversation import Conversation, conversation
from streams.insight.cycle import Name, standing
from streams.sla.events import Attributes
from streams.sla.facts import Fact
from streams.sla.policy import PolicySet

Sign = Literal["answered_pause", "flip", "lowered", "merged"]
SIGNS: tuple[Sign, ...] = get_args(Sign)

MINUTE, HOUR = 60_000, 3_600_000
ANSWERED = 30 * MINUTE
"""Open ms: who has just got an answer may finish a sentence first."""
FLIP = 24 * HOUR
"""Calendar ms between a solve and the reopen."""
NEAR = Fraction(4, 5)
"""Of the target."""

HELD = ("started", "resumed", "paused", "retargeted")
ENDS = ("resumed", "fulfilled", "cancelled")


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on something counts: see the module."""

    answered: int = ANSWERED
    flip: int = FLIP
    near: Fraction = NEAR


USUAL = Limits()


@dataclass(frozen=True, slots=True)
class Found:
    """A sign, at an instant (ms UTC): when the pause went on, the reopen, the change, the merge.

    `name`: the clock's policy, kind and metric; None for a flip, which is the ticket's. `ms`: open
    ms of the pause, calendar ms between solve and reopen. `used`: the share of the former target.
    `attributes`: the ticket's at that instant.
    """

    sign: Sign
    ticket: str
    at: int
    attributes: Attributes
    name: Name | None = None
    ms: int | None = None
    used: Fraction | None = None

    @property
    def place(self) -> tuple[int, int, str]:
        """Sign by sign, by time."""
        return SIGNS.index(self.sign), self.at, self.ticket


Weight = Callable[[Found], Fraction]


def signs(one: Replayed, policies: PolicySet, until: int, limits: Limits) -> list[Found]:
    """Look for signs in a ticket's history, which ends at `until` (ms UTC)."""
    told = conversation(one, policies)
    cycles: dict[tuple[str, str, int], list[Fact]] = {}
    for fact in standing(fact for _, fact in one.facts):
        cycles.setdefault((fact.kind, fact.metric, fact.cycle), []).append(fact)
    found = list(_flips(one, told, limits))
    pauses: list[Found] = []
    ends: list[Found] = []
    for facts in cycles.values():
        pauses += _pauses(facts, told, policies, until, limits)
        ends += _near(facts, told, limits)
    found += _once(pauses, lambda sign: Fraction(sign.ms or 0))
    found += _once(ends, lambda sign: sign.used or Fraction(0))
    return sorted(found, key=lambda sign: sign.place)


def _flips(one: Replayed, told: Conversation, limits: Limits) -> Iterator[Found]:
    for solved, reopened, attributes in told.reopens:
        if reopened - solved > limits.flip or told.customer_spoke(solved, reopened):
            continue
        yield Found("flip", one.id, reopened, attributes, ms=reopened - solved)


def _pauses(
    facts: list[Fact], told: Conversation, policies: PolicySet, until: int, limits: Limits
) -> Iterator[Found]:
    """Find in a cycle's pauses the time in which the customer had answered already."""
    spans: list[tuple[Fact, int]] = []
    for place, fact in enumerate(facts):
        if fact.type == "paused":
            ends = (after.time for after in facts[place + 1 :] if after.type in ENDS)
            spans.append((fact, min(next(ends, until), until)))
    for paused, end in spans:
        schedule = policies.schedules.get(paused.schedule)
        if schedule is None:
            continue
        best: tuple[int, int] | None = None
        for answered, heard in told.unheard:
            begins, stops = max(paused.time, answered), min(end, until if heard is None else heard)
            if begins < stops:
                ms = schedule.elapsed(begins, stops)
                best = max(best or (0, 0), (ms, begins))
        if best is not None and best[0] > limits.answered:
            attributes = told.attributes_at(best[1])
            yield _found("answered_pause", paused, best[1], attributes, ms=best[0])


def _near(facts: list[Fact], told: Conversation, limits: Limits) -> Iterator[Found]:
    """Find in a cycle what took it out of reach of its deadline shortly before."""
    held: Fact | None = None
    for fact in facts:
        if fact.type == "breached":
            return
        if held is not None:
            used = Fraction(fact.elapsed, held.target) if held.target else Fraction(1)
            if limits.near <= used <= 1:
                if fact.type == "retargeted" and _lowered(fact, held, told):
                    yield _found("lowered", fact, fact.time, fact.attributes, used=used)
                elif fact.type == "cancelled" and fact.reason == "merged":
                    yield _found("merged", fact, fact.time, fact.attributes, used=used)
        if fact.type in HELD:
            held = fact


def _lowered(fact: Fact, held: Fact, told: Conversation) -> bool:
    longer = fact.schedule == held.schedule and fact.target > held.target
    return longer and fact.time in told.prioritized


def _found(
    sign: Sign,
    fact: Fact,
    at: int,
    attributes: Attributes,
    *,
    ms: int | None = None,
    used: Fraction | None = None,
) -> Found:
    name = fact.policy, fact.kind, fact.metric
    return Found(sign, fact.ticket, at, attributes, name, ms, used)


def _once(found: Iterable[Found], weight: Weight) -> list[Found]:
    """Keep of what several clocks show of one instant the weightiest."""
    heaviest: dict[tuple[Sign, int], Found] = {}
    for sign in found:
        before = heaviest.setdefault((sign.sign, sign.at), sign)
        if (weight(sign), sign.name or ()) > (weight(before), before.name or ()):
            heaviest[sign.sign, sign.at] = sign
    return list(heaviest.values())
