"""What happens to a partition's records and ticks: the work between two commits.

Nothing here awaits, and nothing leaves but through the partition: rows, facts, statuses and dead
letters go out in one transaction with the offsets, or not at all. A record that cannot be read is
part of the work, not a failure of it: it is dead-lettered inside the unit, for an exception would
end the process and come again with the next one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from aiokafka import ConsumerRecord

from streams.desk.board import Board
from streams.desk.paces import Paces
from streams.sla.due import DueIndex
from streams.sla.engine import Engine, TooLate
from streams.sla.events import (
    Absorbed,
    Changed,
    Created,
    Deleted,
    Merged,
    Messaged,
    TicketEvent,
)
from streams.sla.facts import Fact
from streams.sla.story import Bequest
from streams.sla.ticket import Forgotten, Ticket
from streams.sla.versions import Adoption, UnknownVersion
from streams.wire import absorbed, dead_letter, row, sla_events, status, topics
from streams.wire.glance import Glance, glance, open_clocks, peek
from streams.wire.ticket_events import Rejected, decode
from streams.work import Partition, Table
from streams.worker.credits import CreditLedger
from streams.worker.ledger import Entries, Ledger, Resolution
from streams.worker.meter import Meter
from streams.worker.takeover import Takeover

BURST = 50
"""Tickets that one tick takes at most: nothing else runs meanwhile, not even a heartbeat."""
NAMES: dict[type[TicketEvent], str] = {
    Created: "ticket.created",
    Messaged: "ticket.message",
    Changed: "ticket.changed",
    Merged: "ticket.merged",
    Deleted: "ticket.deleted",
    Absorbed: absorbed.TYPE,
}
"""Ticket events as metrics name them."""
LOOKS = 1_000
"""Rows that one tick looks at after an adoption; most come to nothing."""
AHEAD = 1_000
"""The ms before tickets are due in which they are read from their rows, while there is time."""
AT_HAND = 250
"""Tickets that one tick reads ahead at most."""


class Processor:
    """The handlers of records and ticks, over the tables, the engine and the meter.

    `clock` gives ms UTC and dates detections (R3); `grace` (ms) is how long ticks hold facts back
    where sources are slow (R7); closed tickets are let go after `retention` ms, None keeps them.
    """

    def __init__(
        self,
        engine: Engine,
        tickets: Table[Ticket | Forgotten],
        ledger: Table[Entries],
        meter: Meter,
        clock: Callable[[], int],
        *,
        names: topics.Names,
        grace: int = 0,
        retention: int | None = None,
    ) -> None:
        self.engine = engine
        self.tickets = tickets
        self.ledger = ledger
        self.meter = meter
        self.clock = clock
        self.names = names
        self.grace = grace
        self.retention = retention
        self.paces = Paces(engine, clock())
        #: What became of the events of one call, by type and result: told to the meter at its end.
        self._told: Counter[tuple[str, str]] = Counter()

    def restore(self, part: Partition) -> None:
        """Rebuild what is volatile from the rows: what is due, the board, the ledgers."""
        due: DueIndex[bytes] = DueIndex()
        board, waiting = Board(self.paces), list[bytes]()
        due.fill(self._dues(part, board, waiting))
        ledger = Ledger(self._write_ledger)
        credits_ = CreditLedger(self._write_ledger, self.engine.policy)
        for key, packed in part.rows(self.ledger):
            owner = credits_ if CreditLedger.owns(key) else ledger
            owner.restore(key, self.ledger.decode(packed))
        takeover = Takeover(waiting, lambda key: self._take_over(part, board, key))
        part.scratch.update(
            due=due,
            board=board,
            takeover=takeover,
            ledger=ledger,
            credits=credits_,
            unseen=[],
            prepared=0,
        )

    def _dues(
        self, part: Partition, board: Board, waiting: list[bytes]
    ) -> Iterator[tuple[bytes, int]]:
        """Give the rows that are due at some time; what is not shown on the board at once waits."""
        versions = self.engine.versions
        known = {version.encode() for version in versions.sets}
        for key, packed in part.rows(self.tickets):
            head = peek(packed)
            if head is not None and head.version in known and not versions.awaits(head.adopted):
                waiting.append(key)
                yield key, head.due
            elif (seen := glance(packed)) is not None:
                self._show(board, key, seen)
                if (at := self._attention_of(seen, packed)) is not None:
                    yield key, at

    def _take_over(self, part: Partition, board: Board, key: bytes) -> None:
        """Put a ticket that waited on the board, as its row at rest has it."""
        packed = part.at_rest(self.tickets, key)
        seen = None if packed is None else glance(packed)
        if seen is not None:
            self._show(board, key, seen)

    def adopted(self, adoption: Adoption, parts: Iterable[Partition]) -> None:
        """Have the partitions' tickets looked at where a version is applied to open clocks (R18).

        All of them: also a ticket that nothing was promised for may be promised something now.
        """
        if adoption.since is None:
            return
        for part in parts:
            part.scratch["unseen"] = list(self.tickets.keys_of(part))

    def handle(self, part: Partition, records: Sequence[ConsumerRecord]) -> None:
        """Apply a partition's next records."""
        self._told.clear()
        for record in records:
            try:
                event = decode(record.value, record.key, record.headers)
                if event is None:
                    self._told["other", "ignored"] += 1
                    continue
                self._apply(part, record.key, event)
            except Rejected as fault:
                self._reject(part, record, fault.reason, str(fault))
            except TooLate as fault:
                self._reject(part, record, "too_late", str(fault))
        for (type_, result), count in self._told.items():
            self.meter.events(type_, result, count)

    def tick(self, part: Partition, now: int) -> bool:
        """Fire what is due in the partition: time has reached `now` (ms UTC), less the grace.

        True where a burst was not enough for all of it.
        """
        due: DueIndex[bytes] = part.scratch["due"]
        instant = now - self.grace
        self._look(part)
        for _ in range(BURST):
            key = due.pop(instant)
            if key is None:
                more = bool(part.scratch["unseen"])
                self._prepare(part, instant)
                break
            ticket = self.tickets.get(key)
            if not isinstance(ticket, Ticket):
                continue
            if self.engine.due(ticket) is None:
                self.tickets[key] = Forgotten(ticket.id, ticket.reached)
                continue
            before = ticket.resolution
            facts = self.engine.settle(ticket, instant)
            self._keep(part, key, ticket, facts, before)
            for fact in facts:
                self.meter.lateness(max(0, now - fact.time) / 1000, fact)
        else:
            more = True
        part.scratch["ledger"].forget(now)
        part.scratch["credits"].forget(now)
        return more

    def upcoming(self, part: Partition) -> int | None:
        """Give the instant (ms UTC) from which a tick would find something due."""
        due = part.scratch["due"].next()
        return None if due is None else due + self.grace

    def _prepare(self, part: Partition, instant: int) -> None:
        """Read the tickets from their rows that will soon be due: many may be due at once."""
        since, until, left = part.scratch["prepared"], instant + AHEAD, AT_HAND
        for key in part.scratch["due"].between(since, until):
            left -= self.tickets.warm(key)
            if not left:
                return
        part.scratch["prepared"] = until

    def _look(self, part: Partition) -> None:
        """Find when the next of the rows that an adoption concerns are due."""
        unseen: list[bytes] = part.scratch["unseen"]
        for key in unseen[-LOOKS:]:
            ticket = self.tickets.get(key)
            if isinstance(ticket, Ticket):
                part.scratch["due"].put(key, self._attention(ticket))
        del unseen[-LOOKS:]

    def publish_statuses(self, part: Partition) -> None:
        """Say how each ticket that changed stands now, once a commit however often it changed."""
        board: Board = part.scratch["board"]
        for key, ticket in part.changed(self.tickets):
            if not isinstance(ticket, Ticket):
                continue
            part.scratch["takeover"].first(key)
            standing = status.status(ticket)
            if standing is None and key not in board:
                continue
            clocks = open_clocks(ticket)
            board.put(key, clocks, ticket.story.attributes)
            for clock in clocks:
                self.meter.expect(clock.name, ticket.story.attributes)
            part.emit(self.names.sla_status, key, status.encode(standing))

    def _apply(self, part: Partition, key: bytes, event: TicketEvent) -> None:
        known = self.tickets.get(key)
        if isinstance(event, Absorbed) and not isinstance(known, Ticket):
            self._told[NAMES[type(event)], "ignored"] += 1  # another partition holds the ticket
            return
        if isinstance(known, Forgotten):
            message = f"subject: {event.ticket!r} was closed and let go; open a new ticket for it"
            raise Rejected("ticket_forgotten", message)
        if known is not None and self.engine.knows(known, event):
            self._told[NAMES[type(event)], "duplicate"] += 1
            return
        told = None if known is None else known.story.bequests
        before = None if known is None else known.resolution
        ticket, facts = self.engine.apply(known, event)
        self._told[NAMES[type(event)], "applied"] += 1
        if known is None and self.engine.unmatched(ticket):
            self.meter.unmatched()
        self._hand_on(part, ticket, told)
        self._keep(part, key, ticket, facts, before)

    def _hand_on(self, part: Partition, ticket: Ticket, told: Mapping[str, Bequest] | None) -> None:
        """Let survivors of merges know the waits that they inherit, or no longer do (R20)."""
        for left in ticket.story.news(told or {}):
            into = left.into.encode()
            part.emit_everywhere(self.names.ticket_events, into, absorbed.encode(left), left.at)

    def _keep(
        self,
        part: Partition,
        key: bytes,
        ticket: Ticket,
        facts: Iterable[Fact],
        before: Resolution,
    ) -> None:
        self.tickets[key] = ticket
        part.scratch["due"].put(key, self._attention(ticket))
        detected_at = self.clock()
        part.scratch["ledger"].resolve(before, ticket.resolution, detected_at)
        for fact in facts:
            part.emit(self.names.sla_events, key, sla_events.encode(fact, detected_at), fact.time)
            part.scratch["ledger"].add(fact, detected_at)
            part.scratch["credits"].add(fact, detected_at)
            self.meter.fact(fact)

    def _attention(self, ticket: Ticket) -> int | None:
        """Give the instant at which the ticket is due, or is to be let go."""
        due = self.engine.due(ticket)
        if due is None and self.retention is not None and ticket.closed:
            return ticket.reached + self.retention
        return due

    def _attention_of(self, seen: Glance, packed: bytes) -> int | None:
        """Give the same of a row: only an old one, or where an adoption awaits it, is built."""
        if self.engine.versions.awaits(seen.adopted) or not seen.latest:
            ticket = row.decode(packed, self.engine)
            assert isinstance(ticket, Ticket)  # a glance shows no other
            return self._attention(ticket)
        if seen.due is None and self.retention is not None and seen.done and not seen.clocks:
            return seen.reached + self.retention
        return seen.due

    def _show(self, board: Board, key: bytes, seen: Glance) -> None:
        """Put a ticket that is taken over on the board; nobody says `started` of its clocks."""
        try:
            board.put(key, seen.clocks, seen.attributes)
        except UnknownVersion as fault:
            message = f"row of ticket {key.decode()!r} cannot be read: {fault}"
            raise row.UnreadableRow(message) from fault
        for clock in seen.clocks:
            self.meter.expect(clock.name, seen.attributes)

    def _reject(self, part: Partition, record: ConsumerRecord, reason: str, message: str) -> None:
        headers = dead_letter.headers(
            record.headers,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            reason=reason,
            message=message,
        )
        part.emit(self.names.dead_letters, record.key, record.value, record.timestamp, headers)
        self._told["other", "rejected"] += 1
        self.meter.dead_letter(reason)

    def _write_ledger(self, key: bytes, entries: Entries | None) -> None:
        if entries is None:
            self.ledger.pop(key)
        else:
            self.ledger[key] = entries
