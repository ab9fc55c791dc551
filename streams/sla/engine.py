"""Settle, then apply: how a ticket's state advances and what is said of it.

`apply(ticket, event)` fires everything due strictly before the event, then applies it (R2);
`settle(ticket, instant)` says that time has reached an instant. Both change the ticket in place,
return the facts in the order in which they came true, and read no clock. A refused event changes
nothing.

Late events (R7)
----------------
Facts are a pure function of (base, history, instant reached). So a late event is not patched in:
the ticket is folded twice, without it and with it, and the difference is the compensation. What
fell away is taken back by name; what came to light goes out with `corrects`.

Versions (R18)
--------------
An adoption takes hold of a ticket as an event of its history, `Adopted`. Where it is applied to
open clocks, it does so when time reaches it, like a deadline; otherwise nothing comes of it before
the ticket's next event, and there it is put in before.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter

from streams.sla.compensation import compensation, issued
from streams.sla.events import ADOPTION, Absorbed, Adopted, TicketEvent
from streams.sla.facts import Fact
from streams.sla.following import Following
from streams.sla.policy import KINDS, Policy, PolicySet
from streams.sla.progress import take_step
from streams.sla.ticket import HISTORY_LIMIT, Order, Ticket
from streams.sla.versions import Adoption, Versions

KEY = attrgetter("key")


class TooLate(ValueError):
    """An event from before the ticket's kept history: it cannot be told where it belongs (R7)."""


class Engine:
    """The rules, over policy sets by version; the one adopted last is what new tickets get."""

    def __init__(
        self,
        current: PolicySet,
        others: Mapping[str, PolicySet] | None = None,
        adoptions: Iterable[Adoption] = (),
    ) -> None:
        self.versions = Versions(current, others, adoptions)

    def apply(self, ticket: Ticket | None, event: TicketEvent) -> tuple[Ticket, list[Fact]]:
        """Apply an event; give the ticket and what it made true.

        Raises TooLate, before anything is changed, for an event older than the kept history.
        A duplicate gives no facts (R7).
        """
        if ticket is None:
            version, adopted = self.versions.at(event.time)
            ticket = Ticket(event.ticket, version, adopted=adopted)
        facts = [] if self.knows(ticket, event) else self._apply(ticket, event)
        ticket.note(facts)
        return ticket, facts

    def knows(self, ticket: Ticket, event: TicketEvent) -> bool:
        """Whether the event is among those kept of the ticket: a duplicate (R7)."""
        return event.key in map(KEY, ticket.history)

    def settle(self, ticket: Ticket, instant: int) -> list[Fact]:
        """Fire what is due strictly before an instant (R2, R5: at the deadline it is still met)."""
        facts: list[Fact] = []
        while (applied := self.versions.applied(ticket)) is not None and applied < instant:
            facts += self._adopt(ticket, self.versions.pending(ticket, applied + 1))
        facts += self._settle(ticket, instant)
        ticket.note(facts)
        return facts

    def due(self, ticket: Ticket) -> int | None:
        """Give the next instant at which the ticket needs attention, None where nothing awaits."""
        applied, due = self.versions.applied(ticket), ticket.due
        if applied is None or due is None:
            return due if applied is None else applied
        return min(due, applied)

    def policy(self, version: str, kind: str, name: str) -> Policy:
        """Find a policy of a version by kind and name; raises UnknownVersion where it is not."""
        return self.versions.policy(version, kind, name)

    def unmatched(self, ticket: Ticket) -> bool:
        """Whether no policy of any kind matches the ticket as it is now (R19)."""
        policies = self._policies(ticket)
        return all(policies.match(kind, ticket.story.attributes) is None for kind in KINDS)

    def retold(self, ticket: Ticket) -> Iterator[tuple[Ticket, TicketEvent | None, list[Fact]]]:
        """Fold what is kept of a ticket again; give it after each event, and what was said then.

        First as it was before, at last (both without an event) as it is now.
        """
        fresh = _beginning(ticket)
        yield fresh, None, []
        for event in ticket.history:
            order = event.order(self._policies(fresh).category)
            yield fresh, event, self._advance(fresh, event, order)
            # As it was done at the time: what is explained is what was said.
            if len(fresh.history) > HISTORY_LIMIT:
                self._forget(fresh)
        yield fresh, None, self._settle(fresh, ticket.reached)

    # -- one event -----------------------------------------------------------------------------

    def _apply(self, ticket: Ticket, event: TicketEvent) -> list[Fact]:
        """Apply an event that is not known yet; raises TooLate."""
        former = _former(ticket, event)
        order = self._order(ticket, event)
        if former is not None or _late(ticket, event, order):
            self._must_be_kept(ticket, event, order)
        adoptions = self.versions.pending(ticket, event.time)
        facts = self._adopt(ticket, adoptions)
        order = self._order(ticket, event) if adoptions else order
        if former is not None or _late(ticket, event, order):
            return facts + self._amend(ticket, event, former)
        facts += self._advance(ticket, event, order)
        if len(ticket.history) > HISTORY_LIMIT:
            self._forget(ticket)
        return facts

    def _advance(self, ticket: Ticket, event: TicketEvent, order: Order) -> list[Fact]:
        facts = self._settle(ticket, event.time)
        before, tells = ticket.story.attributes, True
        if isinstance(event, Adopted):
            ticket.version = event.version
            tells = event.since is not None and not ticket.closed
        ticket.newest = order
        ticket.reached = max(ticket.reached, event.time)
        ticket.history.append(event)
        if not tells:
            return facts
        ticket.story.tell(event, self._policies(ticket).category)
        if ticket.story.attributes is not before:
            where = ticket.story.where
            for clock in ticket.clocks.values():
                if clock.where != where:
                    clock.hand_over(where, event.time)
        said = Following(self.versions, ticket, event, before).facts()
        return facts + [issued(fact, ticket.spent) for fact in said]

    def _settle(self, ticket: Ticket, instant: int) -> list[Fact]:
        facts: list[Fact] = []
        while (next_ := ticket.due) is not None and next_ < instant:
            ready = [
                (clock.due, KINDS.index(clock.kind), clock.metric, clock)
                for clock in ticket.clocks.values()
                if clock.due == next_
            ]
            due, _, _, clock = min(ready, key=lambda entry: entry[:3])
            facts.extend(take_step(ticket, clock, due))
            ticket.reached = max(ticket.reached, due + 1)
        return [issued(fact, ticket.spent) for fact in facts]

    def _adopt(self, ticket: Ticket, adoptions: list[Adoption]) -> list[Fact]:
        """Let adoptions that are pending take hold of the ticket (R18).

        None is put before what was said or done already: that stands as it is. Whether the ticket
        is closed then is seen when the event is told: a late one may show that it was not.
        """
        facts: list[Fact] = []
        for adoption in adoptions:
            since = adoption.since
            ticket.adopted = adoption.at
            if since is None and adoption.version == ticket.version:
                continue
            done = ticket.newest[0] if since is None else max(ticket.newest[0], ticket.reached)
            at = max(adoption.at, done)
            event = Adopted(ticket.id, at, -1 - adoption.at, adoption.version, since)
            facts += self._advance(ticket, event, (at, ADOPTION))
        return facts

    # -- late events ---------------------------------------------------------------------------

    def _must_be_kept(self, ticket: Ticket, event: TicketEvent, order: Order) -> None:
        if ticket.base is not None and order <= ticket.base.newest:
            message = (
                f"event at {event.time} of ticket {ticket.id!r} is older than the ticket's kept "
                f"history, which begins at {ticket.base.newest[0]}"
            )
            raise TooLate(message)

    def _amend(self, ticket: Ticket, event: TicketEvent, former: TicketEvent | None) -> list[Fact]:
        """Fold the ticket again with a late event; give the compensation (R7).

        `former`: the event whose place it takes, which falls away.
        """
        history = [known for known in ticket.history if known is not former]
        order = self._order(ticket, event)
        place = bisect_right(history, order, key=lambda known: self._order(ticket, known))
        _, before = self._fold(ticket, ticket.history, ticket.reached)
        again, after = self._fold(
            ticket, [*history[:place], event, *history[place:]], ticket.reached
        )
        facts = compensation(before, after, ticket.spent, again.reached)
        ticket.story, ticket.clocks, ticket.history = again.story, again.clocks, again.history
        ticket.newest, ticket.reached = again.newest, again.reached
        return facts

    def _fold(
        self, ticket: Ticket, events: list[TicketEvent], reached: int | None
    ) -> tuple[Ticket, list[Fact]]:
        """Fold events onto the ticket's base, then settle up to an instant."""
        fresh = _beginning(ticket)
        facts: list[Fact] = []
        for event in events:
            facts += self._advance(fresh, event, event.order(self._policies(fresh).category))
        if reached is not None:
            facts += self._settle(fresh, reached)
        return fresh, facts

    def _forget(self, ticket: Ticket) -> None:
        """Fold the older half of the history into the base, so that the row stays small."""
        half = len(ticket.history) // 2
        base, _ = self._fold(ticket, ticket.history[:half], None)
        base.turns = base.turns_at(base.newest[0])
        base.history, base.base, base.spent = [], None, {}
        ticket.base, ticket.history = base, ticket.history[half:]

    def _order(self, ticket: Ticket, event: TicketEvent) -> Order:
        """Give an event's place in the ticket's history (R6).

        What its status means is for the version to say that held then (R18).
        """
        if event.time > ticket.newest[0]:
            return event.order(self._policies(ticket).category)
        version = ticket.base.version if ticket.base is not None else ticket.began
        for known in reversed(ticket.history):
            if isinstance(known, Adopted) and known.time < event.time:
                version = known.version
                break
        return event.order(self.versions.set(version).category)

    def _policies(self, ticket: Ticket) -> PolicySet:
        return self.versions.set(ticket.version)


def _beginning(ticket: Ticket) -> Ticket:
    """Give the ticket as it was before the first event that is kept of it."""
    if ticket.base is None:
        return Ticket(ticket.id, ticket.began)
    fresh = ticket.base.copy()
    fresh.base = ticket.base
    return fresh


def _late(ticket: Ticket, event: TicketEvent, order: Order) -> bool:
    """Whether an event belongs before what has been applied, or said already (R7)."""
    return order < ticket.newest or event.time < ticket.reached


def _former(ticket: Ticket, event: TicketEvent) -> TicketEvent | None:
    """Find what the same merged ticket left earlier, before its own history changed (R7, R20)."""
    if not isinstance(event, Absorbed):
        return None
    same = (known for known in ticket.history if isinstance(known, Absorbed))
    return next((known for known in same if known.origin == event.origin), None)
