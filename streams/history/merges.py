"""What merges hand on, put into the survivors' histories before these are folded (R20).

Live, the survivor hears of the wait that it inherits when the merged ticket's partition has seen
the merge. Here it hears of it as the merge arrives, and with all that is ever known of the merged
ticket.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence

from streams.sla.events import Absorbed, Merged, TicketEvent
from streams.sla.policy import PolicySet
from streams.sla.story import Bequest, Story
from streams.wire import absorbed

Histories = dict[str, list[TicketEvent]]


def hand_on(tickets: Histories, policies: PolicySet, arrived: Sequence[TicketEvent]) -> None:
    """Add to each survivor's events what it inherits; a survivor without events inherits nothing.

    A survivor that is merged itself hands on what it has inherited. `arrived`: all events, in the
    order of their arrival, which is kept.
    """
    merged = deque(
        id_ for id_, events in tickets.items() if any(isinstance(one, Merged) for one in events)
    )
    places = {id(event): place for place, event in enumerate(arrived)} if merged else {}
    while merged:
        heir = merged.popleft()
        # Of two merges the latest holds, so that is when the survivor hears of it.
        merge = max(places[id(one)] for one in tickets[heir] if isinstance(one, Merged))
        for left in _left(tickets[heir], policies):
            survivor = tickets.get(left.into)
            told = absorbed.event(left)
            if survivor is None or told in survivor:
                continue
            former = [one for one in survivor if isinstance(one, Absorbed)]
            former = [one for one in former if one.origin == left.origin]
            kept = [one for one in survivor if one not in former]
            places[id(told)] = merge
            kept.insert(bisect_right(kept, merge, key=lambda one: places[id(one)]), told)
            survivor[:] = kept
            if any(isinstance(one, Merged) for one in survivor):
                merged.append(left.into)


def _left(events: list[TicketEvent], policies: PolicySet) -> list[Bequest]:
    """Tell a merged ticket's story in order, and give what it leaves and passes on."""
    story = Story()
    known: dict[int, TicketEvent] = {}
    for event in events:
        known.setdefault(event.key, event)
    for event in sorted(known.values(), key=lambda one: one.order(policies.category)):
        story.tell(event, policies.category)
    return story.news({})
