"""What a version of the policies would do to the clocks that run, before anybody adopts it (R18).

Each ticket is settled twice up to the same instant, on copies: without the adoption and with it.
What differs is what the adoption does. The engine is the one that would do it, so nothing here
knows how terms change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from streams.history.merges import hand_on
from streams.history.replay import by_ticket
from streams.sla.clock import Clock
from streams.sla.engine import Engine, TooLate
from streams.sla.events import Since, TicketEvent
from streams.sla.facts import Fact
from streams.sla.policy import PolicySet
from streams.sla.ticket import Ticket
from streams.sla.versions import Adoption

Effect = Literal["same", "earlier", "later", "lost", "ended", "new"]
"""The deadline stays, comes earlier or later; no promise holds any more; the clock comes to its end
(a status has another category); a promise is made."""

Name = tuple[str, str, str]
"""Policy, kind and metric. The policy is that of before, where there was one."""

GONE = ("no_policy", "no_target")


@dataclass(frozen=True, slots=True)
class Standing:
    """How an open clock stands. `deadline` in ms UTC, None while paused; amounts in active ms."""

    policy: str
    version: str
    state: str
    deadline: int | None
    target: int
    remaining: int
    breached: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one clock: `before` is None where none was open, `after` where none is.

    `breached` and `warned` (thresholds): what is said at once, at the instant of the adoption.
    """

    ticket: str
    kind: str
    metric: str
    cycle: int
    effect: Effect
    before: Standing | None
    after: Standing | None
    breached: bool = False
    warned: tuple[str, ...] = ()

    @property
    def name(self) -> Name:
        """Under which policy, kind and metric it is counted."""
        held = self.before or self.after
        return held.policy if held is not None else "", self.kind, self.metric

    @property
    def quiet(self) -> bool:
        """Whether nobody would notice."""
        return self.effect == "same" and not self.breached and not self.warned

    @property
    def sooner(self) -> int:
        """By how many ms the clock has less left than before; negative where it has more."""
        if self.before is None or self.after is None:
            return 0
        return _left(self.before, self.after) - _left(self.after, self.before)


@dataclass(slots=True)
class Tally:
    """Clocks of one policy, kind and metric, by what becomes of them."""

    effects: dict[Effect, int] = field(default_factory=dict)
    breached: int = 0
    warned: int = 0

    def add(self, change: Change) -> None:
        """Count a clock."""
        self.effects[change.effect] = self.effects.get(change.effect, 0) + 1
        self.breached += change.breached
        self.warned += bool(change.warned)


@dataclass(slots=True)
class Preview:
    """What an adoption does to all tickets; `changes` are those that somebody would notice.

    `tickets` are those that are not closed; `unmatched` how many of them no policy matches, before
    and after.
    """

    adoption: Adoption
    tickets: int = 0
    unmatched: tuple[int, int] = (0, 0)
    tallies: dict[Name, Tally] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def worst(self, limit: int | None = None) -> list[Change]:
        """Give the changes, those first that hurt most: breaches, losses, the greatest cuts."""

        def place(change: Change) -> tuple[bool, bool, int, str, str, str]:
            hurt = change.breached, change.effect in ("lost", "ended")
            names = change.ticket, change.kind, change.metric
            return not hurt[0], not hurt[1], -change.sooner, *names

        return sorted(self.changes, key=place)[:limit]


def preview(
    tickets: Iterable[Ticket], engine: Engine, new: PolicySet, since: Since, at: int
) -> Preview:
    """Say what it would do to the tickets if a version were adopted at an instant (ms UTC).

    `engine` knows what was adopted so far. Neither it nor a ticket is changed.
    """
    versions = engine.versions
    last = versions.adoptions[-1].at if versions.adoptions else -1
    adoption = Adoption(max(at, last + 1), new.version, since)
    with_it = Engine(
        versions.current, {**versions.sets, new.version: new}, [*versions.adoptions, adoption]
    )
    done = Preview(adoption)
    for ticket in tickets:
        before, after = ticket.copy(), ticket.copy()
        known = {fact.id for fact in engine.settle(before, adoption.at + 1)}
        said = [fact for fact in with_it.settle(after, adoption.at + 1) if fact.id not in known]
        if before.closed:
            continue
        done.tickets += 1
        was, is_ = done.unmatched
        done.unmatched = was + engine.unmatched(before), is_ + with_it.unmatched(after)
        for change in _changes(before, after, said, max(adoption.at, after.reached)):
            done.tallies.setdefault(change.name, Tally()).add(change)
            if not change.quiet:
                done.changes.append(change)
    return done


def running(
    events: Iterable[TicketEvent], policies: PolicySet, until: int | None = None
) -> tuple[list[Ticket], int]:
    """Fold a history up to an instant (ms UTC), by default that of the last event; give both."""
    arrived = list(events)
    histories = by_ticket(arrived)
    hand_on(histories, policies, arrived)
    end = max((event.time for event in arrived), default=0) if until is None else until
    engine = Engine(policies)
    found = (_folded(engine, history, end) for history in histories.values())
    return [ticket for ticket in found if ticket is not None], end


def _folded(engine: Engine, history: list[TicketEvent], end: int) -> Ticket | None:
    category = engine.versions.current.category
    ticket: Ticket | None = None
    for event in sorted(history, key=lambda one: one.order(category)):
        if event.time > end:
            continue
        try:
            ticket, _ = engine.apply(ticket, event)
        except TooLate:
            continue  # a copy of what was folded into the base: in order, nothing else is late
    if ticket is not None:
        engine.settle(ticket, end)
    return ticket


def _changes(before: Ticket, after: Ticket, said: list[Fact], now: int) -> Iterator[Change]:
    """Compare a ticket's clocks, without and with the adoption, as they stand at an instant."""
    for name, clock in after.clocks.items():
        old = before.clocks.get(name)
        was = None if old is None or not old.open else _standing(old, now)
        held = _standing(clock, now) if clock.open else None
        if was is None and held is None:
            continue
        mine = [fact for fact in said if (fact.kind, fact.metric) == name]
        yield Change(
            after.id,
            *name,
            clock.cycle,
            _effect(was, held, clock),
            was,
            held,
            breached=any(fact.type == "breached" for fact in mine),
            warned=tuple(fact.threshold or "" for fact in mine if fact.type == "breach_imminent"),
        )


def _effect(was: Standing | None, now: Standing | None, clock: Clock) -> Effect:
    if was is None:
        return "new"
    if now is None:
        return "lost" if clock.reason in GONE else "ended"
    before, after = _left(was, now), _left(now, was)
    if before == after:
        return "same"
    return "earlier" if after < before else "later"


def _left(one: Standing, other: Standing) -> int:
    """Give what can be compared: instants of two that run, else the active time that is left."""
    if one.deadline is None or other.deadline is None:
        return one.remaining
    return one.deadline


def _standing(clock: Clock, instant: int) -> Standing:
    elapsed = clock.elapsed(max(instant, clock.since))
    return Standing(
        clock.policy.name,
        clock.version,
        clock.state,
        clock.deadline,
        clock.target,
        clock.target - elapsed,
        breached=clock.breached_at is not None,
    )
