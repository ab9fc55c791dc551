"""What a ticket's events add up to, whatever was promised.

The story knows no policy and no schedule. It keeps the few instants that the metrics are defined
by (R9-R15), so that a policy which comes to apply later can still count from the true start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from streams.sla.events import (
    Absorbed,
    Adopted,
    Attributes,
    Author,
    Changed,
    Created,
    Deleted,
    Merged,
    Messaged,
    TicketEvent,
    Waits,
    Where,
)

DONE = ("solved", "closed")

MERGED = "merged"
"""Why a ticket is gone that was merged into another."""


@dataclass(frozen=True, slots=True)
class Bequest:
    """What a merged ticket, `origin`, leaves to its survivor `into`, at an instant (R20)."""

    origin: str
    into: str
    at: int
    waits: Waits
    where: Where

    def is_news(self, told: Bequest | None) -> bool:
        """Whether the survivor must hear of it, who has heard of what was `told` before."""
        waits = self.waits if told is None else self.waits + told.waits
        return self != told and any(since is not None for since in waits)


@dataclass(slots=True)
class Talk:
    """The conversation, for those who let the same authors answer. Instants are ms UTC.

    `answered_at`: the first public answer after the customer spoke (R9). `waiting_since`: the
    oldest customer message after it that is unanswered, and `asked` the number of such waits (R10).
    `updated_at`: the latest public answer while the ticket is not solved, `updates` their number
    (R11). `inherited_at`: since when the customer of a merged ticket has been waiting for the first
    answer (R20).
    """

    answered_at: int | None = None
    waiting_since: int | None = None
    asked: int = 0
    updated_at: int | None = None
    updates: int = 0
    inherited_at: int | None = None

    def ask(self, time: int) -> None:
        """The customer wrote; only the oldest unanswered message counts, and none before R9's."""
        if self.answered_at is not None and self.waiting_since is None:
            self.waiting_since = time
            self.asked += 1

    def answer(self, time: int) -> None:
        """Somebody whose word counts wrote to the customer."""
        if self.answered_at is None:
            self.answered_at = time
        self.waiting_since = None
        self.updated_at = time
        self.updates += 1

    def rest(self) -> None:
        """The ticket was solved: nobody waits for a word any more (R10, R11)."""
        self.waiting_since = self.updated_at = None

    def first_wait(self, customer_at: int) -> int:
        """Say since when the customer waits for the first answer, merged tickets' included."""
        if self.inherited_at is None:
            return customer_at
        return min(customer_at, self.inherited_at)

    def wait(self, customer_at: int | None) -> int | None:
        """Say since when the customer waits for a word; None where no word is owed."""
        if customer_at is None or self.answered_at is not None:
            return self.waiting_since
        return self.first_wait(customer_at)

    def inherit(self, since: int | None) -> None:
        """Take over the wait of a merged ticket's customer; the earliest of all counts (R20)."""
        if since is None:
            return
        if self.answered_at is None:
            self.inherited_at = self.first_wait(since)
        elif self.waiting_since is None:
            self.asked += 1
            self.waiting_since = since
        else:
            self.waiting_since = min(since, self.waiting_since)


@dataclass(slots=True)
class Story:
    """The ticket so far. Instants are ms UTC; None where it has not happened.

    `customer_at`: the customer first spoke in public (R9). `humans` and `anyone`: the conversation
    without and with the answers of bots. `spoke_since_status`: the customer has spoken since the
    status was last set, which lifts a pause where the policy says so (R15). `gone`: merged, deleted
    or spam, and `bequests` what is left to a survivor, by whose it was (R20). `reopens`: how often
    a solved ticket was taken up again, the last time at `reopened_at` (R12, R28). `team_since`:
    since when the team holds it, in its `tenures`-th interval (R14). `solved_at`: when it was
    last solved; also None where a row of an earlier release does not tell.
    """

    opened_at: int | None = None
    attributes: Attributes = field(default_factory=dict)
    category: str = "new"
    customer_at: int | None = None
    humans: Talk = field(default_factory=Talk)
    anyone: Talk = field(default_factory=Talk)
    spoke_since_status: bool = False
    solved: bool = False
    ever_solved: bool = False
    gone: str | None = None
    reopens: int = 0
    reopened_at: int | None = None
    team_since: int | None = None
    tenures: int = 0
    bequests: Mapping[str, Bequest] = field(default_factory=dict)
    solved_at: int | None = None

    @property
    def status(self) -> str | None:
        """The status in upstream's own word."""
        word = self.attributes.get("status")
        return word if isinstance(word, str) else None

    @property
    def resolved(self) -> bool:
        """Whether the ticket is solved, and was not merged, deleted or found to be spam (R27)."""
        return self.solved and self.gone is None

    @property
    def where(self) -> Where:
        """Whose hands the ticket is in now."""
        told = self.attributes.get
        return _name(told("team")), _name(told("status")), _name(told("assignee"))

    def copy(self) -> Story:
        """Give a story that can be told on apart from this one."""
        return replace(self, humans=replace(self.humans), anyone=replace(self.anyone))

    def tell(self, event: TicketEvent, category: Callable[[str | None], str]) -> None:
        """Add an event to the story; `category` sorts status words.

        A first event that is not a creation starts the ticket with what it knows.
        """
        if self.opened_at is None and not isinstance(event, Absorbed):
            self.opened_at = event.time
        match event:
            case Created():
                # In this order: the creation is no message in the status that it creates (R15).
                self._speak(event.time, event.author, public=event.public)
                self._change(event.time, event.attributes, category)
            case Changed():
                self._change(event.time, event.attributes, category)
            case Messaged():
                self._speak(event.time, event.author, public=event.public)
            case Merged():
                self.gone = MERGED
                self._bequeath(event)
            case Deleted():
                self.gone = event.reason
            case Absorbed():
                self._absorb(event)
            case Adopted():
                if event.since is not None:
                    self._reread(event.time, category)
            case _:  # pragma: no cover - the set is closed
                message = f"not a ticket event: {event!r}"
                raise TypeError(message)

    def _change(
        self, time: int, attributes: Attributes, category: Callable[[str | None], str]
    ) -> None:
        team, status = self.attributes.get("team"), self.status
        # A new mapping, never a change in place: facts hold the attributes of their instant (R16).
        self.attributes = {**self.attributes, **attributes}
        if self.attributes.get("team") != team:
            held = self.attributes.get("team") is not None
            self.team_since = time if held else None
            self.tenures += held
        if "status" in attributes:
            self.category = category(self.status)
            # Sources that send every attribute with each change do not pause anew by that (R15).
            self.spoke_since_status = self.spoke_since_status and self.status == status
            self._solve(time, done=self.category in DONE)

    def _solve(self, time: int, *, done: bool) -> None:
        if done:
            self.ever_solved = True
            self._rest()
            if not self.solved:
                self.solved_at = time
        elif self.solved:
            self.reopens += 1
            self.reopened_at = time
        self.solved = done

    def _reread(self, time: int, category: Callable[[str | None], str]) -> None:
        """Sort the status anew: the words' categories may be others now (R18)."""
        if "status" in self.attributes:
            self.category = category(self.status)
            self._solve(time, done=self.category in DONE)

    def _absorb(self, event: Absorbed) -> None:
        """Take over the wait of a merged ticket's customer, or pass it on (R20)."""
        if event.origin == event.ticket:
            return  # tickets merged into each other: it has come round
        if (own := self.bequests.get(event.ticket)) is not None:
            at = max(own.at, event.time)
            left = Bequest(event.origin, own.into, at, event.waits, event.where)
            self.bequests = {**self.bequests, event.origin: left}
            return
        for talk, since in zip((self.humans, self.anyone), event.waits, strict=True):
            talk.inherit(since)
        if any(since is not None for since in event.waits) and self.opened_at is not None:
            self.spoke_since_status = True
            if self.customer_at is None:
                self.customer_at = event.time

    def _bequeath(self, event: Merged) -> None:
        """Note what the survivor inherits: the wait of a customer to whom a word is owed."""
        waits: Waits = (None, None)
        if not self.solved:
            waits = self.humans.wait(self.customer_at), self.anyone.wait(self.customer_at)
        left = Bequest(event.ticket, event.into, event.time, waits, self.where)
        # A new mapping, never a change in place: who has told of the former compares.
        self.bequests = {**self.bequests, event.ticket: left}

    def news(self, told: Mapping[str, Bequest]) -> list[Bequest]:
        """Give the bequests of which survivors must hear, who have heard of what was `told`."""
        return [left for left in self.bequests.values() if left.is_news(told.get(left.origin))]

    def _rest(self) -> None:
        self.humans.rest()
        self.anyone.rest()

    def _speak(self, time: int, author: Author, *, public: bool) -> None:
        if not public:
            return
        if author == "customer":
            self.spoke_since_status = True
            if self.customer_at is None:
                self.customer_at = time
                return
            self.humans.ask(time)
            self.anyone.ask(time)
        elif self.customer_at is not None:
            answered = (self.anyone, self.humans) if author == "agent" else (self.anyone,)
            for talk in answered:
                talk.answer(time)
                if self.solved:
                    talk.rest()  # a last word on a solved ticket owes no update (R11)


def _name(value: object) -> str | None:
    return value if value is None or type(value) is str else str(value)
