"""The partitions that other workers hold, as far as they have committed, read while somebody looks.

Whoever opens a page wants all tickets, and a worker has only those of its partitions. The others
say on topics how each ticket stands (`sla-status`), what came out of it (the ledger's changelog)
and what has just happened (`sla-events`); so nobody has to know where a worker listens, and one
behind a loopback or a firewall is seen all the same.

Decisions: read only on demand, since every worker would else do a part of all the others' work; and
let go when nobody has asked for a while. In portions, between which the work goes on. A partition
is shown from when it has been read up to where its topics ended at the beginning. A ticket's row is
found by the time of its status: the two were committed together.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from streams.desk.board import Board
from streams.desk.feed import Feed
from streams.desk.interface import Held
from streams.desk.paces import Paces
from streams.process.reader import reader
from streams.sla.engine import Engine
from streams.sla.ticket import Ticket
from streams.sla.versions import UnknownVersion
from streams.wire import row, status
from streams.wire.topics import Names
from streams.worker import ledger
from streams.worker.credits import CreditLedger
from streams.worker.finding import row_near
from streams.worker.ledger import Ledger

log = logging.getLogger(__name__)

KEPT_SECONDS = 120.0
"""How long after the last look the reading goes on."""

AGAIN_SECONDS = 5.0
PATIENCE_SECONDS = 10.0
"""How long somebody who asks for a ticket waits for the reading to be done."""

PORTION = 500
"""Records that are taken between two units of work."""

FACTS = 60
"""Offsets from the end of each partition of the SLA events: the last facts and their markers."""


@dataclass(slots=True)
class Part:
    """What another worker holds; `ends` is how far its topics are still to be read to be shown."""

    board: Board
    ledger: Ledger
    stamps: dict[bytes, int] = field(default_factory=dict)
    """By key of an open ticket, the time of its status record, ms UTC."""
    ends: dict[TopicPartition, int] = field(default_factory=dict)


class Sources(NamedTuple):
    """The topics that say how the others' work stands."""

    statuses: str
    facts: str
    outcomes: str
    rows: str

    @classmethod
    def of(cls, app_id: str, names: Names) -> Sources:
        """Give those of an application."""
        changelogs = (f"{app_id}-ledger-changelog", f"{app_id}-tickets-changelog")
        return cls(names.sla_status, names.sla_events, *changelogs)


class Elsewhere:
    """Reads what others have committed.

    `held` gives the partitions of this worker, `count` how many there are, `learn` reads the
    policies' topic to its end; `monotonic` is seconds.
    """

    def __init__(
        self,
        client: dict[str, Any],
        sources: Sources,
        engine: Engine,
        paces: Paces,
        *,
        held: Callable[[], set[int]],
        count: Callable[[], int],
        learn: Callable[[], Awaitable[None]],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.feed = Feed()
        self._client = client
        self._statuses, self._facts, self._outcomes, self._rows = sources
        self._engine, self._paces = engine, paces
        self._held, self._count, self._learn = held, count, learn
        self._monotonic = monotonic
        self._until = -1.0
        self._asked, self._through = asyncio.Event(), asyncio.Event()
        self._parts: dict[int, Part] = {}
        self._positions: dict[TopicPartition, int] = {}
        self._early: list[dict[str, Any]] | None = None
        self._unknown: set[str] = set()

    # -- what the desk asks

    def wanted(self) -> None:
        """Say that somebody looks, now."""
        self._until = self._monotonic() + KEPT_SECONDS
        self._asked.set()

    async def read(self, seconds: float) -> None:
        """Have everything read up to the present, or as far as that goes in so many seconds."""
        self.wanted()
        if self._foreign():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._through.wait(), seconds)

    def boards(self) -> list[Held]:
        """Give the boards that have been read up to the present."""
        return [Held(number, part.board, here=False) for number, part in self._shown()]

    def ledgers(self) -> Iterator[Ledger]:
        """Give their outcomes."""
        return (part.ledger for _, part in self._shown())

    def _shown(self) -> Iterator[tuple[int, Part]]:
        """Give by number what is read up to the present.

        A partition that has just come here is left out: it would be counted twice, for the reading
        of its topics ends a moment later.
        """
        here = self._held()
        return (
            (number, part)
            for number, part in sorted(self._parts.items())
            if not part.ends and number not in here
        )

    async def ticket(self, id_: str) -> Ticket | None:
        """Find a ticket with open clocks as it was committed last; None where it is not there."""
        key = id_.encode()
        await self.read(PATIENCE_SECONDS)
        for number, part in self._parts.items():
            if key in part.board:
                place = TopicPartition(self._rows, number)
                packed = await row_near(self._client, place, key, part.stamps[key])
                ticket = None if packed is None else row.decode(packed, self._engine)
                return ticket if isinstance(ticket, Ticket) else None
        return None

    # -- reading

    async def run(self) -> None:
        """Read whenever somebody looks, until cancelled, whatever happens to the connection."""
        while True:
            await self._asked.wait()
            try:
                await self._read()
            except Exception:  # a desk that shows nothing new any more looks alive
                log.exception("desk: the other workers' topics cannot be read; again soon")
                await asyncio.sleep(AGAIN_SECONDS)

    async def _read(self) -> None:
        consumer = reader(self._client)
        try:
            await consumer.start()
            await self._begin(consumer)
            while self._monotonic() < self._until:
                if self._foreign() != self._parts.keys():
                    await self._change(consumer)
                fetched = await consumer.getmany(timeout_ms=200, max_records=PORTION)
                for part, records in fetched.items():
                    await self._take(part, records)
                await self._see_how_far(consumer)
                await asyncio.sleep(0)
            self._asked.clear()
        finally:
            self._through.clear()
            self._parts, self._positions = {}, {}
            self.feed.forget()
            with suppress(Exception):
                await consumer.stop()

    def _foreign(self) -> set[int]:
        return set(range(self._count())) - self._held()

    async def _begin(self, consumer: AIOKafkaConsumer) -> None:
        """Go to where the last facts are, in every partition."""
        facts = [TopicPartition(self._facts, number) for number in range(self._count())]
        ends = await consumer.end_offsets(facts)
        self._positions = {part: max(0, end - FACTS) for part, end in ends.items()}
        self._early = []
        self._follow(consumer)

    async def _change(self, consumer: AIOKafkaConsumer) -> None:
        """Take up the partitions that others hold now, let go of those that are here."""
        foreign = self._foreign()
        for number in self._parts.keys() - foreign:
            del self._parts[number]
            for topic in (self._statuses, self._outcomes):
                self._positions.pop(TopicPartition(topic, number), None)
        new = foreign - self._parts.keys()
        parts = [
            TopicPartition(topic, n) for n in new for topic in (self._statuses, self._outcomes)
        ]
        ends = await consumer.end_offsets(parts) if parts else {}
        for number in new:
            kept = Ledger(lambda _key, _entries: None)
            to_read = {part: end for part, end in ends.items() if part.partition == number and end}
            self._parts[number] = Part(Board(self._paces), kept, ends=to_read)
        self._positions |= dict.fromkeys(parts, 0)
        self._follow(consumer)

    def _follow(self, consumer: AIOKafkaConsumer) -> None:
        """Have all that is followed be fetched from where it stands.

        Without a pause in between: the consumer's own reset must not come first.
        """
        consumer.assign(list(self._positions))
        for part, position in self._positions.items():
            consumer.seek(part, position)

    async def _see_how_far(self, consumer: AIOKafkaConsumer) -> None:
        """Note what has been read: positions pass over markers, which no record tells of."""
        for part in self._positions:
            self._positions[part] = await consumer.position(part)
        for one in self._parts.values():
            if one.ends:
                reached = [part for part, end in one.ends.items() if self._positions[part] >= end]
                for part in reached:
                    del one.ends[part]
        if any(one.ends for one in self._parts.values()):
            self._through.clear()
        else:
            self._through.set()
        if self._early is not None:
            await self._tell_early(consumer)

    async def _tell_early(self, consumer: AIOKafkaConsumer) -> None:
        """Tell the last facts of all partitions in the order in which they were seen."""
        facts = [part for part in self._positions if part.topic == self._facts]
        ends = await consumer.end_offsets(facts)
        if all(self._positions[part] >= end for part, end in ends.items()):
            early, self._early = self._early or [], None
            for event in sorted(early, key=lambda one: str(one["data"].get("detected_at"))):
                self.feed.tell(event)

    async def _take(self, part: TopicPartition, records: list[ConsumerRecord]) -> None:
        if part.topic == self._facts:
            for record in records:
                self._tell(orjson.loads(record.value))
            return
        one = self._parts[part.partition]
        if part.topic == self._outcomes:
            for record in records:
                if record.value is not None and not CreditLedger.owns(record.key):
                    one.ledger.restore(record.key, ledger.decode(record.value))
            return
        for record in records:
            try:
                _stand(one, record)
            except UnknownVersion:
                await self._learn()
                self._try(one, record)

    def _tell(self, event: dict[str, Any]) -> None:
        if self._early is None:
            self.feed.tell(event)
        else:
            self._early.append(event)

    def _try(self, one: Part, record: ConsumerRecord) -> None:
        """Show what names a version that was not known a moment ago, or say once that it is not."""
        try:
            _stand(one, record)
        except UnknownVersion as fault:
            if str(fault) not in self._unknown:
                self._unknown.add(str(fault))
                log.warning("desk: ticket %r of another worker is not shown: %s", record.key, fault)


def _stand(one: Part, record: ConsumerRecord) -> None:
    """Put a ticket on the board as its status has it. Raises UnknownVersion."""
    if record.value is None:
        one.board.put(record.key, [], {})
        one.stamps.pop(record.key, None)
        return
    value = orjson.loads(record.value)
    one.board.put(record.key, status.told_clocks(value), value["attributes"])
    one.stamps[record.key] = record.timestamp
