"""What a ticket's events add up to, whatever was promised.

The story knows no policy and no schedule. It keeps the few instants that the metrics are defined
by (R9-R15), so that a policy which comes to apply later can still count from the true start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from streams.sla.events import (
    Attributes,
    Author,
    Changed,
    Created,
    Deleted,
    Merged,
    Messaged,
    TicketEvent,
)

DONE = ("solved", "closed")

Where = tuple[str | None, str | None, str | None]
"""Whose hands a ticket is in: team, status, assignee (R28)."""


@dataclass(slots=True)
class Story:
    """The ticket so far. Instants are ms UTC; None where it has not happened.

    `customer_at`: the customer first spoke in public (R9). `answered_at`: the first public reply
    by a human after that. `spoke_since_status`: the customer has spoken since the status was last
    set, which lifts a pause where the policy says so (R15). `gone`: merged, deleted or spam (R20).
    `reopens`: how often a solved ticket was taken up again (R28, R29).
    """

    opened_at: int | None = None
    attributes: Attributes = field(default_factory=dict)
    category: str = "new"
    customer_at: int | None = None
    answered_at: int | None = None
    spoke_since_status: bool = False
    solved: bool = False
    gone: str | None = None
    reopens: int = 0

    @property
    def status(self) -> str | None:
        """The status in upstream's own word."""
        word = self.attributes.get("status")
        return word if isinstance(word, str) else None

    @property
    def where(self) -> Where:
        """Whose hands the ticket is in now."""
        team, status, assignee = map(self.attributes.get, ("team", "status", "assignee"))
        return _name(team), _name(status), _name(assignee)

    def tell(self, event: TicketEvent, category: Callable[[str | None], str]) -> None:
        """Add an event to the story; `category` sorts status words.

        A first event that is not a creation starts the ticket with what it knows.
        """
        if self.opened_at is None:
            self.opened_at = event.time
        match event:
            case Created():
                # In this order: the creation is no message in the status that it creates (R15).
                self._speak(event.time, event.author, public=event.public)
                self._change(event.attributes, category)
            case Changed():
                self._change(event.attributes, category)
            case Messaged():
                self._speak(event.time, event.author, public=event.public)
            case Merged():
                self.gone = "merged"
            case Deleted():
                self.gone = event.reason
            case _:  # pragma: no cover - the set is closed
                message = f"not a ticket event: {event!r}"
                raise TypeError(message)

    def _change(self, attributes: Attributes, category: Callable[[str | None], str]) -> None:
        # A new mapping, never a change in place: facts hold the attributes of their instant (R16).
        self.attributes = {**self.attributes, **attributes}
        if "status" in attributes:
            self.category = category(self.status)
            done = self.category in DONE
            self.reopens += self.solved and not done
            self.solved = done
            self.spoke_since_status = False

    def _speak(self, time: int, author: Author, *, public: bool) -> None:
        if not public:
            return
        if author == "customer":
            if self.customer_at is None:
                self.customer_at = time
            self.spoke_since_status = True
        elif author == "agent" and self.customer_at is not None and self.answered_at is None:
            self.answered_at = time


def _name(value: object) -> str | None:
    return None if value is None else str(value)
