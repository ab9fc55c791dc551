"""A worker to look at: real engine, boards, ledgers and metrics; only the work is a still life."""

from __future__ import annotations

from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from streams.desk.board import Board
from streams.desk.feed import Feed
from streams.desk.interface import Held
from streams.desk.paces import Paces
from streams.policies import load
from streams.sla.engine import Engine
from streams.sla.events import TicketEvent
from streams.sla.facts import Fact
from streams.sla.policy import PolicySet
from streams.sla.ticket import Ticket
from streams.wire.glance import open_clocks
from streams.wire.instant import parse
from streams.work import PartitionStats, Readiness, Stats
from streams.worker.collector import Collector
from streams.worker.credits import CreditLedger
from streams.worker.ledger import Ledger, Resolution
from streams.worker.meter import Meter

START = parse("2026-03-25T09:00:00Z")
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

POLICIES = load(
    """
version: 1
schedules:
  office: {time_zone: UTC, hours: {mon-fri: ["09:00-17:00"]}}
  always: 24x7
policies:
  - name: premium
    kind: sla
    match: {tier: premium}
    schedule: always
    objective: 90%
    targets:
      first_response: {urgent: 15m, default: 1h}
      total_resolution: {default: 4h}
    pause: {statuses: [pending], metrics: [total_resolution]}
    warnings: [{at: 50%}, {at: 80%, level: 1}]
    contract:
      account: acme
      monthly_fee: 5000
      currency: EUR
      credits: [{below: 95%, credit: 5%}, {late: 30m, credit: 2%}, {late: 2h, credit: 5%}]
  - name: standard
    kind: sla
    match: {tier: standard}
    schedule: office
    targets: {first_response: {default: 4h}}
  - name: inside
    kind: olo
    match: {tier: premium}
    schedule: always
    targets: {first_response: {default: 30m}}
"""
)
KNOWN = (
    ("premium", "sla", "first_response"),
    ("premium", "sla", "total_resolution"),
    ("standard", "sla", "first_response"),
    ("inside", "olo", "first_response"),
)


@dataclass
class StillWork:
    """What `work.App` shows, standing still."""

    now: int = START
    stats: Stats = field(default_factory=Stats)
    said: Readiness = field(default_factory=lambda: Readiness(True, "running", ""))  # noqa: FBT003
    parts: list[PartitionStats] = field(default_factory=list)

    def clock(self) -> int:
        """Give the time that it shows, in ms UTC."""
        return self.now

    def readiness(self) -> Readiness:
        """Give what was said."""
        return self.said

    def partition_stats(self) -> list[PartitionStats]:
        """Give the partitions."""
        return self.parts


class Nowhere:
    """What the others have said: nothing, unless a test puts it there."""

    def __init__(self) -> None:
        self.feed = Feed()
        self.shown: list[Held] = []
        self.outcomes: list[Ledger] = []
        self.tickets: dict[str, Ticket] = {}
        self.asked = 0

    def wanted(self) -> None:
        """Count who looks."""
        self.asked += 1

    async def read(self, seconds: float) -> None:
        """Look: all is there."""
        assert seconds > 0
        self.wanted()

    def boards(self) -> list[Held]:
        """Give what was put."""
        return self.shown

    def ledgers(self) -> list[Ledger]:
        """Give what was put."""
        return self.outcomes

    async def ticket(self, id_: str) -> Ticket | None:
        """Give a ticket that was put."""
        return self.tickets.get(id_)


class LookedAt:
    """A worker whose tickets are folded by the engine, and counted and shown as the real one's."""

    def __init__(self, policies: PolicySet = POLICIES, **bounds: int) -> None:
        self.app = StillWork()
        self.grace = 0
        self.file_version = policies.version
        self.engine = Engine(policies)
        self.registry = CollectorRegistry()
        self.meter = Meter(self.registry, policies, **bounds)
        self.collector = Collector(self)
        self.registry.register(self.collector)
        self.paces = Paces(self.engine, self.app.clock())
        self.board, self.ledger = Board(self.paces), Ledger(lambda key, entries: None)
        self.credit_ledger = CreditLedger(lambda key, entries: None, self.engine.policy)
        self.tickets: dict[str, Ticket] = {}
        self.facts: list[Fact] = []
        self.elsewhere = Nowhere()
        self.partitions, self.clock_rate = 1, 1.0

    @property
    def policies(self) -> PolicySet:
        """The policies that new tickets get."""
        return self.engine.versions.current

    async def look(self) -> None:
        """Count the open clocks for the next collection of metrics."""
        await self.collector.look()

    async def catch_up(self) -> None:
        """Do nothing: nothing was taken over."""

    def boards(self) -> list[Board]:
        """Give the one board."""
        return [self.board]

    def held(self) -> list[Held]:
        """Give the one board, of partition 0."""
        return [Held(0, self.board, here=True)]

    def ledgers(self) -> list[Ledger]:
        """Give the one ledger."""
        return [self.ledger]

    def credits(self) -> list[CreditLedger]:
        """Give the one credit ledger."""
        return [self.credit_ledger]

    def ticket(self, id_: str) -> Ticket | None:
        """Give a ticket."""
        return self.tickets.get(id_)

    def hear(self, *events: TicketEvent) -> None:
        """Apply events."""
        for event in events:
            known = self.tickets.get(event.ticket)
            before = None if known is None else known.resolution
            one, facts = self.engine.apply(known, event)
            self._keep(one, facts, before)

    def reach(self, instant: int) -> None:
        """Set the clock, and fire what is due."""
        self.app.now = instant
        for one in list(self.tickets.values()):
            before = one.resolution
            self._keep(one, self.engine.settle(one, instant), before)

    def _keep(self, one: Ticket, facts: list[Fact], before: Resolution) -> None:
        self.tickets[one.id] = one
        self.ledger.resolve(before, one.resolution, self.app.now)
        clocks = open_clocks(one)
        self.board.put(one.id.encode(), clocks, one.story.attributes)
        for clock in clocks:
            self.meter.expect(clock.name, one.story.attributes)
        for fact in facts:
            self.facts.append(fact)
            self.ledger.add(fact, self.app.now)
            self.credit_ledger.add(fact, self.app.now)
            self.meter.fact(fact)

    def value(self, name: str, **labels: str) -> float | None:
        """Give a sample's value, None where there is none."""
        return self.registry.get_sample_value(name, labels)

    def total(self, name: str, **labels: str) -> float:
        """Add up the samples of a name that have these labels among theirs."""
        return sum(
            sample.value
            for metric in self.registry.collect()
            for sample in metric.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )
