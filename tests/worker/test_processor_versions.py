"""What a partition does where a version is adopted while it is held."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from aiokafka.structs import ConsumerRecord
from faust.types import TP
from prometheus_client import CollectorRegistry

from streams.sla.engine import Engine
from streams.sla.events import Since
from streams.sla.policy import Pause, PolicySet
from streams.sla.ticket import Forgotten, Ticket
from streams.sla.versions import Adoption
from streams.wire import row, topics
from streams.work import Partition, Table
from streams.worker import ledger
from streams.worker.meter import Meter
from streams.worker.processor import BURST, LOOKS, Processor
from tests.sla.test_versions import OLD, TEN, at, promised
from tests.ticket_event import ticket_event
from tests.work.units import unit_of_work

NINE = at("Mon", "09:00")
NEW = promised("new", first_response=2, total_resolution=8)


class Held:
    """A partition in memory, and a processor over it."""

    def __init__(self, old: PolicySet = OLD, retention: int | None = None) -> None:
        self.engine = Engine(old, adoptions=[Adoption(0, "old")])
        self.registry = CollectorRegistry()
        self.work = unit_of_work()
        self.tickets: Table[Ticket | Forgotten] = self._table(
            "tickets", row.encode, lambda packed: row.decode(packed, self.engine)
        )
        self.processor = Processor(
            self.engine,
            self.tickets,
            self._table("ledger", ledger.encode, ledger.decode),
            Meter(self.registry, old),
            lambda: NINE,
            names=topics.Names(),
            retention=retention,
        )
        self.part = Partition(self.work, 0)
        self.part.positions = {TP("ticket-events", 0): 0}
        self.processor.restore(self.part)
        self.offset = 0

    def _table(self, name: str, encode: Any, decode: Any) -> Any:
        table: Table[Any] = Table(
            self.work,
            name,
            partitions=1,
            changelog=name,
            config={},
            encode=encode,
            decode=decode,
        )
        self.work.tables[name] = table
        return table

    def hear(self, tickets: Iterable[str], when: int, type_: str = "created", **data: Any) -> None:
        """Apply an event of each ticket."""
        with self.work.unit(self.part, "events"):
            for name in tickets:
                self.offset += 1
                event = ticket_event(name, self.offset, type_, when, data)
                value = orjson.dumps(event)
                self.processor.handle(
                    self.part,
                    [
                        ConsumerRecord(
                            *("ticket-events", 0, self.offset, 0, 0),
                            *(name.encode(), value, None, 0, 0, ()),
                        )
                    ],
                )

    def rest(self) -> None:
        """Bring the rows to rest, as a commit does."""
        with self.work.unit(self.part, "statuses"):
            self.processor.publish_statuses(self.part)
        for name, rows in self.part.tables.items():
            encode = self.work.tables[name].encode
            for key, value in rows.live.items():
                rows.rest[key] = encode(value)
            rows.live = {}

    def tick(self, now: int) -> None:
        """Let time reach an instant."""
        with self.work.unit(self.part, "a tick"):
            self.processor.tick(self.part, now)

    def adopt(self, since: Since | None, when: int = TEN) -> None:
        """Learn of the new version while the partition is held."""
        adoption = Adoption(when, "new", since)
        self.engine.versions.adopt(adoption, NEW)
        self.processor.adopted(adoption, [self.part])

    def said(self) -> list[tuple[str, str, str]]:
        """Give what was said, in its order: ticket, metric and type."""
        outputs = self.part._outputs
        facts = [orjson.loads(out.value or b"") for out in outputs.get(("sla-events", 0), [])]
        return [(one["subject"], one["data"]["metric"], one["type"][4:]) for one in facts]


def test_open_tickets_are_looked_at_where_a_version_is_applied_to_them() -> None:
    """R18: the adoption is learned while the partition is held; no event is needed."""
    held = Held()
    held.hear(["a", "b"], NINE)
    held.rest()
    before = len(held.said())
    held.adopt("now")
    held.tick(TEN)
    assert len(held.said()) == before  # strictly before, as deadlines are
    held.tick(TEN + 1)
    assert sorted(held.said()[before:]) == [
        ("a", "first_response", "retargeted"),
        ("b", "first_response", "retargeted"),
    ]
    held.tick(at("Mon", "11:00") + 1)
    assert sorted(held.said()[before + 2 :]) == [
        ("a", "first_response", "breached"),
        ("b", "first_response", "breached"),
    ]


def test_nothing_is_looked_at_where_open_clocks_keep_their_version() -> None:
    """R18: it takes hold with the ticket's next event."""
    held = Held()
    held.hear(["a"], NINE)
    held.rest()
    before = len(held.said())
    held.adopt(None)
    assert held.part.scratch["unseen"] == []
    held.tick(at("Mon", "12:00"))
    assert len(held.said()) == before
    held.hear(["a"], at("Mon", "12:00"), "message", author="agent")
    assert held.said()[before:] == [("a", "first_response", "fulfilled")]


def test_a_tick_looks_at_a_bounded_number_of_rows() -> None:
    """R18: nothing else runs meanwhile; but each ticket's turn comes."""
    held = Held()
    names = [f"t{number}" for number in range(LOOKS + 7)]
    held.hear(names, NINE)
    held.rest()
    before = len(held.said())
    held.adopt("now")
    held.tick(TEN + 1)
    assert len(held.part.scratch["unseen"]) == 7
    assert len(held.said()) == before + BURST
    for _ in range(LOOKS // BURST + 1):
        held.tick(TEN + 1)
    assert {name for name, _, type_ in held.said()[before:]} == set(names)
    assert len(held.said()) == before + len(names)


def test_a_ticket_that_was_promised_nothing_is_looked_at_too() -> None:
    """R18, R19: it is on no board, and may be promised something by the new version."""
    held = Held()
    held.engine.versions.adopt(
        Adoption(1, "gold"),
        promised("gold", first_response=2, match={"tier": frozenset({"gold"})}),
    )
    held.hear(["a"], NINE, tier="tin")
    held.rest()
    assert held.said() == []
    held.adopt("start")
    held.tick(TEN + 1)
    assert ("a", "first_response", "started") in held.said()


def test_a_partition_that_comes_later_looks_at_its_rows_by_itself() -> None:
    """R18: a restart, or a rebalance, between the adoption and its application."""
    held = Held()
    held.hear(["a"], NINE)
    held.rest()
    before = len(held.said())
    held.engine.versions.adopt(Adoption(TEN, "new", "now"), NEW)
    held.processor.restore(held.part)
    held.tick(TEN + 1)
    assert held.said()[before:] == [("a", "first_response", "retargeted")]
    held.rest()
    held.processor.restore(held.part)
    held.tick(TEN + 2)
    assert len(held.said()) == before + 1


def test_a_paused_ticket_is_not_let_go_for_want_of_a_timer() -> None:
    """R18, R15: its only date is the adoption; one that is closed is let go as ever."""
    pause = Pause(statuses=frozenset({"pending"}), metrics=("total_resolution",))
    held = Held(promised("old", total_resolution=8, pause=pause), retention=1)
    held.hear(["a", "b"], NINE)
    held.hear(["a"], NINE + 1, "changed", status="pending")
    held.hear(["b"], NINE + 1, "changed", status="solved")
    held.rest()
    before = len(held.said())
    held.adopt("now")
    held.tick(TEN + 1)
    with held.work.unit(held.part, "looking"):
        assert isinstance(held.tickets.get(b"a"), Ticket)
        assert isinstance(held.tickets.get(b"b"), Forgotten)
    assert held.said()[before:] == [("a", "first_response", "started")]
