"""Ticket events: what upstream systems say happened to a ticket.

A closed set of frozen classes. `time` is when it happened, in ms UTC, and the only order that
counts (R1); `key` stands for the pair of `source` and `id`, by which duplicates are known (R7).

Ties (R6): events of one ticket at the same instant apply in the order stop, pause, start, then by
arrival, so that a reply in the very millisecond of a question never leaves the question answered.
A creation comes before all three: nothing can happen to a ticket that is not there. Of the stops,
an answer comes before a solve: "reply and solve" is one click, and the reply was given.

Two events are no upstream's: `Absorbed` is what a merged ticket leaves to its survivor (R20), and
`Adopted` stands in a ticket's history where another version of the policies took hold of it (R18).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Literal

from streams.sla.record import record

Scalar = str | int | float | bool | None
Value = Scalar | tuple[Scalar, ...]
Attributes = Mapping[str, Value]
Author = Literal["customer", "agent", "bot"]
Where = tuple[str | None, str | None, str | None]
"""Whose hands a ticket is in: team, status, assignee (R28)."""
Waits = tuple[int | None, int | None]
"""Since when (ms UTC) a customer waits: for a human, and for anyone, bots included."""
Since = Literal["now", "start"]
"""How a version is applied to open clocks: from now on, or as if it had held from their start."""

CREATION, ANSWER, STOP, PAUSE, START, ADOPTION = range(6)


@record(frozen=True, slots=True)
class TicketEvent:
    """What all ticket events have.

    `time` in ms UTC; `key` a 63-bit number made of source and id (R7).
    """

    ticket: str
    time: int
    key: int

    def order(self, category: Callable[[str | None], str]) -> tuple[int, int]:
        """Give the place among the ticket's events: the instant, then R6's order at one instant.

        `category` tells a status word's category, as the policies file has it.
        """
        return self.time, self._rank(category)

    def _rank(self, category: Callable[[str | None], str]) -> int:
        raise NotImplementedError


@record(frozen=True, slots=True)
class Created(TicketEvent):
    """The ticket came to be, with these attributes; its author spoke by creating it."""

    attributes: Attributes = field(default_factory=dict)
    author: Author = "customer"
    public: bool = True

    def _rank(self, category: Callable[[str | None], str]) -> int:
        del category
        return CREATION


@record(frozen=True, slots=True)
class Messaged(TicketEvent):
    """Somebody wrote on the ticket, in public or as an internal note."""

    author: Author = "customer"
    public: bool = True

    def _rank(self, category: Callable[[str | None], str]) -> int:
        del category
        return ANSWER if self.author == "agent" and self.public else START


@record(frozen=True, slots=True)
class Changed(TicketEvent):
    """Attributes took new values; those not named stay."""

    attributes: Attributes = field(default_factory=dict)

    def _rank(self, category: Callable[[str | None], str]) -> int:
        status = self.attributes.get("status")
        if not isinstance(status, str):
            return START
        word = category(status)
        if word in ("solved", "closed"):
            return STOP
        return PAUSE if word in ("pending", "on_hold") else START


@record(frozen=True, slots=True)
class Merged(TicketEvent):
    """The ticket was merged into another, which lives on (R20)."""

    into: str = ""

    def _rank(self, category: Callable[[str | None], str]) -> int:
        del category
        return STOP


@record(frozen=True, slots=True)
class Deleted(TicketEvent):
    """The ticket was deleted, or found to be spam (R20)."""

    reason: str = "deleted"

    def _rank(self, category: Callable[[str | None], str]) -> int:
        del category
        return STOP


@record(frozen=True, slots=True)
class Absorbed(TicketEvent):
    """Another ticket was merged into this one, and its customer's wait with it (R20).

    `origin` is the merged ticket's id, `where` whose hands it was in. A later one of the same
    origin takes the place of the former: the origin's history has changed (R7).
    """

    origin: str = ""
    waits: Waits = (None, None)
    where: Where = (None, None, None)

    def _rank(self, category: Callable[[str | None], str]) -> int:
        del category
        return START


@record(frozen=True, slots=True)
class Adopted(TicketEvent):
    """Another version of the policies holds for what starts after this instant (R18).

    `since`: how it is applied to clocks that are open, None where they keep their own.
    """

    version: str = ""
    since: Since | None = None

    def _rank(self, category: Callable[[str | None], str]) -> int:
        del category
        return ADOPTION
