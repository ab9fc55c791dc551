"""What becomes of records and ticks between two commits: the real parts, without a broker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
import pytest
from aiokafka import ConsumerRecord
from faust.types import TP
from prometheus_client import CollectorRegistry

from streams.sla.engine import Engine
from streams.sla.policy import PolicySet
from streams.wire import row
from streams.wire.instant import show
from streams.wire.topics import Names
from streams.work import Partition, Table
from streams.work.partition import Output
from streams.worker import ledger
from streams.worker.bootstrap import build
from streams.worker.follower import Follower
from streams.worker.meter import Meter
from streams.worker.processor import AHEAD, Processor
from streams.worker.settings import Settings
from streams.worker.versions import Shelf
from tests.work.units import unit_of_work
from tests.worker.looked_at import HOUR, MINUTE, POLICIES, START

NAMES = Names.prefixed("")
SECOND = 1_000


class Bench:
    """One partition of a worker, whose clock stands where it is put."""

    def __init__(self, policies: PolicySet = POLICIES, **settings: int) -> None:
        """Begin without tickets, at START."""
        self.now = START
        self.sent = 0
        self.work = unit_of_work()
        engine = Engine(policies)
        tickets = self._table("tickets", row.encode, lambda packed: row.decode(packed, engine))
        counted = self._table("ledger", ledger.encode, ledger.decode)
        self.registry = CollectorRegistry()
        self.processor = Processor(
            engine,
            tickets,
            counted,
            Meter(self.registry, policies),
            lambda: self.now,
            names=NAMES,
            **settings,
        )
        self.part = Partition(self.work, 0)
        self.part.positions = {TP(NAMES.ticket_events, 0): 0}
        self.work.current = self.part  # as within a unit, whose failure would end the process
        self.processor.restore(self.part)

    def _table(self, name: str, encode: Any, decode: Any) -> Table[Any]:
        table: Table[Any] = Table(
            self.work, name, partitions=1, changelog=name, config={}, encode=encode, decode=decode
        )
        self.work.tables[name] = table
        return table

    def hear(self, ticket: str, type_: str, at: int, *, id_: str = "", **data: Any) -> None:
        """Hand a ticket event over, as it lies on the topic."""
        self.sent += 1
        event = {
            "specversion": "1.0",
            "id": id_ or str(self.sent),
            "source": "/tests",
            "type": f"ticket.{type_}",
            "subject": ticket,
            "time": show(at),
            "data": data,
        }
        value, key = json.dumps(event).encode(), ticket.encode()
        record: Any = ConsumerRecord(
            NAMES.ticket_events, 0, self.sent, 0, 0, key, value, None, len(key), len(value), ()
        )
        self.processor.handle(self.part, [record])

    def tick(self, now: int) -> None:
        """Say that time has reached an instant."""
        self.now = now
        self.processor.tick(self.part, now)

    def outputs(self, topic: str = NAMES.sla_events) -> list[Output]:
        """Give the records that the next commit would send."""
        return self.part._outputs.get((topic, self.part.number), [])

    def facts(self) -> list[dict[str, Any]]:
        """Give the SLA events that the next commit would send."""
        return [orjson.loads(output.value or b"") for output in self.outputs()]

    def value(self, name: str, **labels: str) -> float | None:
        """Give a sample of the metrics."""
        return self.registry.get_sample_value(name, labels)


def said(bench: Bench) -> list[dict[str, Any]]:
    """Leave out when it was seen (R3)."""
    return [
        {**fact, "data": {k: v for k, v in fact["data"].items() if k != "detected_at"}}
        for fact in bench.facts()
    ]


def test_lag_never_moves_a_fact() -> None:
    """R3: hours late, the breach and its record are dated by the deadline; detection is apart."""
    bench = Bench()
    bench.hear("t", "created", START, tier="premium")
    bench.tick(START + 30 * HOUR)
    found = {(fact["type"], fact["data"]["metric"]): fact for fact in bench.facts()}
    breach = found["sla.breached", "total_resolution"]
    deadline = show(START + 4 * HOUR)
    assert (breach["time"], breach["data"]["breached_at"]) == (deadline, deadline)
    assert breach["data"]["detected_at"] == show(START + 30 * HOUR)
    for output, fact in zip(bench.outputs(), bench.facts(), strict=True):
        assert output.timestamp_ms is not None
        assert show(output.timestamp_ms) == fact["time"]
    bench.hear("t", "changed", START + 31 * HOUR, status="solved")
    (late,) = [fact["data"] for fact in bench.facts() if fact["type"] == "sla.fulfilled"]
    assert (late["outcome"], late["breached_at"]) == ("breached", deadline)


def test_grace_holds_live_ticks_back_and_changes_no_fact() -> None:
    """R7: not a millisecond less than it says, and what comes then is what would have come."""
    patient, prompt = Bench(grace=30 * SECOND), Bench()
    for bench in (patient, prompt):
        bench.hear("t", "created", START, tier="premium")
    deadline = START + HOUR
    patient.tick(deadline + 30 * SECOND)
    assert "sla.breached" not in {f["type"] for f in patient.facts() if f["data"]["kind"] == "sla"}
    patient.tick(deadline + 30 * SECOND + 1)
    assert patient.facts()[-1]["type"] == "sla.breached"
    assert patient.facts()[-1]["time"] == show(deadline)
    prompt.tick(deadline + 1)
    assert said(patient) == said(prompt)


def test_an_answer_that_comes_within_the_grace_finds_nothing_to_take_back() -> None:
    """R7: fewer breaches must be taken back where an operator waits for slow sources."""
    patient, prompt = Bench(grace=30 * SECOND), Bench()
    for bench in (patient, prompt):
        bench.hear("t", "created", START, tier="standard")
        bench.tick(START + 4 * HOUR + 20 * SECOND)
        bench.hear("t", "message", START + 3 * HOUR, author="agent")
        bench.tick(START + 9 * HOUR)
    assert [fact["type"] for fact in patient.facts()] == ["sla.started", "sla.fulfilled"]
    taken_back = [fact["type"] for fact in prompt.facts()][1:3]
    assert taken_back == ["sla.breached", "sla.breach_retracted"]


@pytest.mark.parametrize("grace", [0, 30 * SECOND])
def test_it_tells_from_when_on_a_tick_finds_something(grace: int) -> None:
    """R5: a millisecond after the instant, at which the promise is still kept; and the grace."""
    bench = Bench(grace=grace)
    assert bench.processor.upcoming(bench.part) is None
    bench.hear("t", "created", START, tier="premium")
    upcoming = bench.processor.upcoming(bench.part)
    assert upcoming == START + HOUR // 2 + grace
    bench.tick(upcoming)
    assert {fact["type"] for fact in bench.facts()} == {"sla.started"}
    bench.tick(upcoming + 1)
    assert {fact["time"] for fact in bench.facts()[-2:]} == {show(START + HOUR // 2)}
    assert (bench.processor.upcoming(bench.part) or 0) > upcoming


def test_tickets_are_read_from_their_rows_before_they_are_due() -> None:
    """When many are due at one instant, the time that each takes is what the last one waits."""
    bench = Bench()
    for number in range(3):
        bench.hear(f"t{number}", "created", START + number * 10 * SECOND, tier="premium")
    with patch("streams.work.table.KEPT", 0):
        for table in bench.work.tables.values():
            bench.part._settle(table)
    due = START + HOUR // 2
    with patch.object(bench.processor.tickets, "decode", side_effect=ValueError):
        bench.tick(due - AHEAD)
    decode = bench.processor.tickets.decode
    with patch.object(bench.processor.tickets, "decode", side_effect=decode) as decoded:
        bench.tick(due - AHEAD + 1)
        bench.tick(due - AHEAD + 2)
        assert decoded.call_count == 1
        bench.tick(due + 1)
        assert decoded.call_count == 1
    assert [fact["subject"] for fact in bench.facts()][-1] == "t0"


def test_a_ticket_that_no_policy_matches_is_counted_once() -> None:
    """R19: when it is first seen, not with each of its events, and no other ticket is."""
    bench = Bench()
    bench.hear("known", "created", START, tier="premium")
    assert bench.value("sla_unmatched_tickets_total") == 0
    bench.hear("unknown", "created", START, tier="free")
    bench.hear("unknown", "message", START + MINUTE)
    bench.hear("unknown", "changed", START + 2 * MINUTE, tier="none such")
    assert bench.value("sla_unmatched_tickets_total") == 1
    assert {fact["subject"] for fact in bench.facts()} == {"known"}


def test_a_duplicate_record_says_and_keeps_nothing() -> None:
    """R7: the same source and id, whatever else it says; it is counted as what it is."""
    bench = Bench()
    bench.hear("t", "created", START, id_="a", tier="premium")
    before = list(bench.outputs())
    bench.hear("t", "created", START + MINUTE, id_="a", tier="free")
    assert bench.outputs() == before
    results = {
        result: bench.value("sla_ticket_events_total", type="ticket.created", result=result)
        for result in ("applied", "duplicate")
    }
    assert results == {"applied": 1, "duplicate": 1}


@pytest.mark.parametrize(("settings", "grace"), [({}, 0), ({"grace": 1.5}, 1_500)])
def test_the_grace_of_the_settings_is_the_workers(settings: dict[str, float], grace: int) -> None:
    """R7: none unless the operator asks for it; seconds outside, milliseconds inside."""
    wanted = Settings(broker="127.0.0.1:1", policies=Path("nowhere"), **settings)  # type: ignore[arg-type]
    engine = Engine(POLICIES)
    follower = Follower(POLICIES.version, Shelf(), engine.versions, {}, NAMES.policies)
    assert build(wanted, engine, follower).processor.grace == grace
