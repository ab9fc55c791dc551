"""A support office to look at: tickets of many kinds, drawn, folded by the engine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from streams.policies import load
from streams.sla.events import Changed, Created, Messaged, TicketEvent
from streams.wire.glance import open_clocks
from streams.wire.instant import parse
from streams.wire.sla_events import event as sla_event
from tests.worker.looked_at import DAY, HOUR, MINUTE, LookedAt, StillWork

NOW = parse("2026-03-25T13:20:00Z")
"""A Wednesday, 14:20 in Paris, four days before its clocks go forward."""

POLICIES = load(
    """
version: 1
schedules:
  office: {time_zone: Europe/Paris, hours: {mon-fri: ["09:00-12:30", "13:30-18:00"]}}
  morning: {time_zone: Europe/Paris, hours: {mon-fri: ["06:00-13:00"]}}
  always: 24x7
policies:
  - name: premium
    match: {tier: premium}
    schedule: always
    objective: 95%
    targets:
      first_response: {urgent: 30m, default: 2h}
      total_resolution: {urgent: 8h, default: 2bd}
    pause: {statuses: [pending], metrics: [total_resolution]}
    warnings: [{at: 80%, notify: [lead]}, {left: 15m, level: 2, notify: [manager]}]
  - name: standard
    match: {tier: standard}
    schedule: office
    objective: 90%
    targets:
      first_response: {urgent: 1h, default: 4h}
      next_response: {default: 8h}
      total_resolution: {default: 4bd}
    pause: {statuses: [pending], metrics: [total_resolution]}
    warnings: [{at: 80%, notify: [lead]}]
  - name: early-birds
    match: {tier: basic}
    schedule: morning
    objective: 85%
    targets: {first_response: {default: 1bd}}
  - name: inside
    kind: olo
    match: {tier: premium}
    schedule: office
    objective: 80%
    targets: {first_response: {default: 1h}}
"""
)
TEAMS = ("billing", "network", "orders", "field service", None)
PRIORITIES = ("urgent", "high", "normal", "low")
TIERS = ("premium", "standard", "standard", "basic")

HOSTILE = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(2)>",
    "\u202eright to left\u202e \u200f",
    "&lt;b&gt; %2e%2e/ ${alert(3)} {n}",
    "x" * 10_000,
)


@dataclass
class RunningWork(StillWork):
    """What `work.App` shows, with a clock that runs `rate` times as fast as the world's."""

    rate: float = 1.0
    began: float = 0.0

    def clock(self) -> int:
        """Give the time that it shows, in ms UTC."""
        return self.now + int((time.monotonic() - self.began) * 1000 * self.rate)


class Office(LookedAt):
    """A worker in an office, at NOW unless told otherwise."""

    def __init__(self, rate: float = 1.0, now: int = NOW) -> None:
        super().__init__(POLICIES)
        self.app = RunningWork(now=now, rate=rate, began=time.monotonic())
        self.clock_rate = rate
        self._number = 0

    def came(self, id_: str, before: int, **attributes: str | None) -> None:
        """Let a ticket have been created so many ms before the clock's first instant."""
        at = self.app.now - before
        self.hear(Created(id_, at, self._next(), {**given(attributes), "status": "open"}))

    def answered(self, id_: str, before: int) -> None:
        """Let an agent have answered in public."""
        self.hear(Messaged(id_, self.app.now - before, self._next(), "agent"))

    def changed(self, id_: str, before: int, **attributes: str) -> None:
        """Let attributes have changed."""
        self.hear(Changed(id_, self.app.now - before, self._next(), attributes))

    def tick(self) -> None:
        """Fire what is due by the clock."""
        shown = self.app.now
        self.reach(self.app.clock())
        self.app.now = shown

    def hear(self, *events: TicketEvent) -> None:
        """Apply events, and keep the ledger's time theirs."""
        for event in events:
            shown, self.app.now = self.app.now, event.time
            super().hear(event)
            self.app.now = shown

    def tell(self, least: int = 0) -> None:
        """Hand the facts from an instant on to the feed, as the topic would."""
        for fact in sorted(self.facts, key=lambda one: one.time):
            if fact.time >= least:
                self.elsewhere.feed.tell(sla_event(fact, max(fact.time, self.app.clock())))
        self.facts.clear()

    def clone(self, id_: str, count: int, name: Callable[[int], str]) -> None:
        """Have so many more tickets like one, each a second later."""
        one = self.tickets[id_]
        clocks = open_clocks(one)
        for number in range(count):
            key = name(number)
            later = [
                it._replace(deadline=it.deadline and it.deadline + number * 1000) for it in clocks
            ]
            self.board.put(key.encode(), later, one.story.attributes)

    def _next(self) -> int:
        self._number += 1
        return self._number


def given(attributes: dict[str, str | None]) -> dict[str, str]:
    """Leave out what a ticket does not have."""
    return {name: value for name, value in attributes.items() if value is not None}


def busy(tickets: int = 400, rate: float = 1.0) -> Office:
    """Give an office with a month behind it, and a day's work before it."""
    office, draw = Office(rate), Random(7)
    for number in range(tickets):
        id_ = f"INC{48_000 + number}"
        tier, priority = draw.choice(TIERS), draw.choices(PRIORITIES, (1, 3, 8, 3))[0]
        fresh = number > tickets * 0.8
        before = draw.randrange(20 * MINUTE, 9 * HOUR) if fresh else draw.randrange(DAY, 29 * DAY)
        office.came(id_, before, tier=tier, priority=priority, team=draw.choice(TEAMS))
        if fresh and draw.random() < 0.45:
            continue
        answer = min(before - 1000, int(draw.lognormvariate(3.6, 0.9) * MINUTE))
        office.answered(id_, before - answer)
        if draw.random() < 0.35:
            office.changed(id_, before - answer - 1, status="pending")
            if draw.random() < 0.4:
                continue
        if not fresh or draw.random() < 0.2:
            solve = min(before - answer - 2, int(draw.lognormvariate(5.2, 1.0) * MINUTE))
            office.changed(id_, before - answer - solve, status="solved")
    office.tick()
    return office


def story(office: Office, id_: str = "INC4711") -> str:
    """Add a ticket whose life has a pause, another target, a breach and a second promise."""
    office.came(id_, 27 * HOUR, tier="standard", priority="high", team="billing")
    office.answered(id_, 26 * HOUR)
    office.changed(id_, 25 * HOUR, status="pending")
    office.hear(Messaged(id_, office.app.now - 22 * HOUR, office._next(), "customer"))
    office.changed(id_, 21 * HOUR, status="open", team="network")
    office.changed(id_, 3 * HOUR, tier="premium", priority="urgent")
    office.tick()
    return id_
