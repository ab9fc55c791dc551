"""A ticket's events read for who spoke, when it was solved and taken up again, and its priority."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from streams.history.replay import Replayed
from streams.sla.events import Attributes, Changed, Created, Messaged
from streams.sla.policy import PolicySet
from streams.sla.story import Story


@dataclass(slots=True)
class Conversation:
    """Instants in ms UTC.

    `customer`: when the customer spoke in public. `unheard`: from when an answer of the customer to
    an agent stood, to when an agent wrote in public again, None where none did. `reopens`: of each
    the last solve before it, the reopen, and the attributes then. `prioritized`: when the priority
    became another.
    """

    customer: list[int] = field(default_factory=list)
    unheard: list[tuple[int, int | None]] = field(default_factory=list)
    reopens: list[tuple[int, int, Attributes]] = field(default_factory=list)
    prioritized: set[int] = field(default_factory=set)
    attributes: list[tuple[int, Attributes]] = field(default_factory=list)

    def customer_spoke(self, since: int, until: int) -> bool:
        """Whether the customer spoke in public in [since, until]."""
        return any(since <= at <= until for at in self.customer)

    def attributes_at(self, at: int) -> Attributes:
        """Give the ticket's attributes at an instant, after what happened in it."""
        place = bisect_right(self.attributes, at, key=lambda known: known[0])
        return self.attributes[place - 1][1] if place else {}

    def hear(self, at: int) -> None:
        """An agent wrote in public."""
        if self.unheard and self.unheard[-1][1] is None:
            self.unheard[-1] = self.unheard[-1][0], at


def conversation(one: Replayed, policies: PolicySet) -> Conversation:
    """Read a ticket's events, each once, in the order of their time (R1, R6)."""
    events = {event.key: event for event in reversed(one.events)}.values()
    told, story, asked, solved = Conversation(), Story(), False, 0
    for event in sorted(events, key=lambda event: event.order(policies.category)):
        before, priority, done = story.reopens, story.attributes.get("priority"), story.solved
        story.tell(event, policies.category)
        if isinstance(event, Created | Messaged) and event.public:
            if event.author == "customer":
                told.customer.append(event.time)
                if asked:
                    told.unheard.append((event.time, None))
                asked = False
            elif event.author == "agent":
                told.hear(event.time)
                asked = True
        if story.reopens > before:
            told.reopens.append((solved, event.time, story.attributes))
        if story.solved and not done:
            solved = event.time
        if isinstance(event, Changed) and story.attributes.get("priority") != priority:
            told.prioritized.add(event.time)
        told.attributes.append((event.time, story.attributes))
    return told
