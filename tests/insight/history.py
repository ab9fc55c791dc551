"""Small histories for advice: tickets that are answered after so many minutes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count

from streams.insight.study import Events, Study, Wish, study
from streams.policies import load
from streams.sla.events import Attributes, Created, Messaged, TicketEvent
from streams.sla.policy import PolicySet

START = 1_774_224_000_000  # Monday 2026-03-23 00:00 UTC
MINUTE, HOUR, DAY, WEEK = 60_000, 3_600_000, 86_400_000, 7 * 86_400_000
ALWAYS = """
policies:
  - name: all
    schedule: 24x7
    objective: 90%
    targets: {first_response: {default: 1h}}
"""
_numbers = count()


def policies(text: str = ALWAYS) -> PolicySet:
    """Load a policies file."""
    return load(text)


def tickets(
    minutes: Sequence[int | None], attributes: Attributes, start: int = START, apart: int = HOUR
) -> list[TicketEvent]:
    """Make a ticket for each, answered after so many minutes; None is not answered."""
    events: list[TicketEvent] = []
    for place, after in enumerate(minutes):
        number = next(_numbers)
        at = start + place * apart
        events.append(Created(f"t{number}", at, 2 * number, attributes))
        if after is not None:
            answer = Messaged(f"t{number}", at + after * MINUTE, 2 * number + 1, "agent")
            events.append(answer)
    return events


def studied(
    events: Iterable[TicketEvent],
    wish: Wish | None = None,
    *,
    until: int | None = None,
    promised: PolicySet | None = None,
) -> Study:
    """Study events up to the last one, or further."""
    known = list(events)
    end = max((event.time for event in known), default=0) if until is None else until
    return study(Events(known, end), promised, wish or Wish())
