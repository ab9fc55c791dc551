"""Where an event is put among those of its ticket, so that the engine keeps the export's order.

At the same instant the engine takes stops first, then pauses, then starts (R6). So an event that
could overtake the one before it, because it carries a status, is put 1 ms after it. All others
keep their time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_STOPS = ("ticket.merged", "ticket.deleted")


@dataclass(slots=True)
class Place:
    """Where the last event of a ticket was put (ms UTC).

    `fluid` says that an event at the same instant could overtake it (R6): nothing does overtake a
    creation or an agent's answer.
    """

    emitted: int
    fluid: bool = False

    def put(self, at: int, kind: str, data: dict[str, Any]) -> int:
        """Answer the instant for the next event, `at` or later; it is the last one from now on."""
        answer = kind == "ticket.message" and data["author"] == "agent" and data["public"]
        if at > self.emitted:
            self.fluid = not answer
        else:
            at = self.emitted
            if self.fluid and (answer or "status" in data or kind in _STOPS):
                at += 1
                self.fluid = not answer
            else:
                self.fluid = self.fluid or not answer
        self.emitted = at
        return at
