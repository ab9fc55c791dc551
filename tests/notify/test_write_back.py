"""Deadlines into the help desk: the last one of each ticket, whatever dies on the way."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from streams.notify.backlog import Backlog, Item
from streams.notify.deadline import WriteBack, day, deadlines
from streams.notify.desks.desk import Changes, Ids, Standing
from streams.notify.metrics import Metrics
from streams.notify.writer import Writer
from streams.process.calling import Permanent, Temporary
from streams.wire.instant import parse, show
from tests.far import desks as far
from tests.far.side import Misbehaviour, until
from tests.notify.parts import ROOT
from tests.notify.process import Notifier

FIELD = 360001
FILE = """
version: 1
desks:
  zen: {{type: zendesk, address: "{url}", login: {{token: {{env: T_DESK}}}}, prefix: z-}}
write_back:
- {{desk: zen, field: "360001", metric: total_resolution}}
"""
AT = parse("2026-12-01T09:00:00Z")
STATUS = ROOT / "schemas" / "sla-status" / "examples" / "valid" / "one-paused.json"


def status(ticket: str, deadline: int | None, **clock: Any) -> dict[str, Any]:
    """Make a row of sla-status with one clock of resolution."""
    row: dict[str, Any] = json.loads(STATUS.read_text("utf-8"))
    one = {**row["clocks"][1], "deadline": None if deadline is None else show(deadline), **clock}
    return {**row, "ticket": ticket, "clocks": [row["clocks"][0], one]}


def rule(**more: Any) -> WriteBack:
    """Make a rule."""
    told = {"desk": "zen", "field": "1", "metric": "total_resolution", **more}
    return WriteBack.model_validate(told)


def test_a_rule_means_the_clocks_of_its_metric_and_policies() -> None:
    """The next deadline of several; none of a paused one; nothing of one that is not there."""
    row = status("z-1", AT)
    row["clocks"].append({**row["clocks"][1], "policy": "gold", "deadline": show(AT - 1000)})
    assert deadlines([rule()], row) == {"zen": {"1": AT - 1000}}
    assert deadlines([rule(policy="premium")], row) == {"zen": {"1": AT}}
    assert deadlines([rule(policy="iron")], row) == {}
    assert deadlines([rule(kind="olo")], row) == {}
    assert deadlines([rule()], status("z-1", None)) == {"zen": {"1": None}}
    two = deadlines([rule(), rule(field="2", metric="first_response")], row)
    assert set(two["zen"]) == {"1", "2"}


def test_a_date_is_that_of_the_files_zone() -> None:
    """A minute before midnight in Paris."""
    assert day(parse("2026-03-27T22:59:00Z"), "Europe/Paris") == "2026-03-27"
    assert day(parse("2026-03-27T23:00:00Z"), "Europe/Paris") == "2026-03-28"


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["put", "done", "drop"]))))
def test_what_is_not_done_is_read_again(steps: list[tuple[int, str]]) -> None:
    """The offset never passes what waits, and passes all that does not."""
    backlog, waiting = Backlog(), dict[str, Item]()
    for offset, (number, what) in enumerate(steps):
        ticket = str(number)
        if what == "put":
            item = Item("zen", ticket, ticket, {"1": offset}, 0, offset, 0)
            backlog.put(item)
            waiting[ticket] = item
        elif what == "done" and ticket in waiting:
            backlog.done(waiting.pop(ticket))
        else:
            backlog.drop("zen", ticket)
            waiting.pop(ticket, None)
        expected = min((one.offset for one in waiting.values()), default=offset + 1)
        assert backlog.floor(0, offset + 1) == expected
        assert len(backlog) == len(waiting)


def test_what_was_written_does_not_settle_what_came_meanwhile() -> None:
    """The later deadline still waits."""
    backlog = Backlog()
    first, second = (Item("zen", "1", "1", {"1": at}, 0, at, 0) for at in (1, 2))
    backlog.put(first)
    backlog.put(second)
    backlog.done(first)
    assert backlog.next("zen", 0) is second
    backlog.forget([0])
    assert backlog.next("zen", 0) is None


class Stub:
    """A desk that fails or refuses on demand."""

    ids = Ids("Stub", "z-", re.compile("[0-9]+"))

    def __init__(self) -> None:
        """Begin empty."""
        self.fields: dict[str, str | None] = {}
        self.calls = 0
        self.fails: Exception | None = None

    async def read(self, key: str, fields: Sequence[str]) -> Standing:
        """Give what stands there."""
        self.calls += 1
        if self.fails is not None:
            raise self.fails
        return Standing(key, {name: self.fields.get(key) for name in fields})

    async def write(self, seen: Standing, changes: Changes, tag: str | None = None) -> None:
        """Take one field."""
        assert tag is None
        (self.fields[seen.key],) = (None if one is None else str(one) for one in changes.values())

    def instant(self, at: int) -> str:
        """Write an instant."""
        return show(at)


def written(desk: Stub, rows: Sequence[tuple[str, bytes]], steps: int) -> tuple[Writer, list[int]]:
    """Have rows written; give the writer, and how many calls each step took, a minute apart."""
    now = iter(range(0, 10**9, 1_000))
    metrics = Metrics(CollectorRegistry())
    writer = Writer([rule()], {"zen": desk}, metrics, lambda: next(now), "UTC")
    for offset, (ticket, value) in enumerate(rows):
        writer.take(ticket, value, 0, offset)

    async def run() -> list[int]:
        return [await writer.step("zen") for _ in range(steps)]

    return writer, asyncio.run(run())


def row(ticket: str, at: int | None = AT) -> tuple[str, bytes]:
    """Make a record."""
    return ticket, json.dumps(status(ticket, at)).encode()


def test_what_a_desk_refuses_is_no_others_business() -> None:
    """It is dropped, and what cannot be read changes nothing."""
    desk = Stub()
    desk.fails = Permanent("it answers 422")
    writer, _ = written(desk, [row("z-1"), ("z-2", b"{"), ("z-x", row("z-x")[1])], 1)
    assert len(writer.backlog) == 0
    desk.fails = None
    writer, _ = written(desk, [row("z-3"), ("z-4", b'{"clocks": 5}'), row("z-5")], 2)
    assert desk.fields == {"3": show(AT), "5": show(AT)}


def test_a_desk_that_fails_on_is_left_alone_and_nothing_is_lost() -> None:
    """Five failures, then one probe each half a minute."""
    desk = Stub()
    desk.fails = Temporary("it answers 500")
    writer, _ = written(desk, [row(f"z-{number}") for number in range(9)], 20)
    assert 5 <= desk.calls <= 7
    assert len(writer.backlog) == 9
    assert writer.backlog.floor(0, 9) == 0
    mistake = Stub()
    mistake.fails = KeyError("a mistake of ours")
    writer, _ = written(mistake, [row("z-1")], 1)
    assert len(writer.backlog) == 1


def test_a_row_that_tells_nothing_new_costs_no_call() -> None:
    """Neither does a ticket of which nothing is told any more."""
    desk = Stub()
    writer, first = written(desk, [row("z-1")], 1)
    assert first == [2]
    for offset, (ticket, value) in enumerate([row("z-1"), row("z-2"), ("z-2", b"")]):
        writer.take(ticket, value, 0, offset)
    assert asyncio.run(writer.step("zen")) == 0
    assert len(writer.backlog) == 0
    assert desk.calls == 1


@pytest.fixture
def zen() -> Iterator[far.Zendesk]:
    """Start a Zendesk."""
    with far.Zendesk() as side:
        yield side


def test_each_ticket_has_its_last_deadline_whoever_is_killed(
    broker: str, tmp_path: Path, zen: far.Zendesk
) -> None:
    """Twelve tickets, three deadlines each, a kill amid, and a desk that fails now and then."""
    notifier = Notifier(broker, tmp_path, FILE.format(url=zen.url), T_DESK=far.TOKEN)
    try:
        rows = [
            (f"z-{number}".encode(), json.dumps(status(f"z-{number}", AT + turn * 1000)).encode())
            for turn in range(3)
            for number in range(1, 13)
        ]
        notifier.produce(notifier.names.sla_status, [*rows, (b"other-1", rows[0][1])])
        zen.misbehave(Misbehaviour("500"), Misbehaviour("reset"), Misbehaviour("half", after=True))
        notifier.start()
        until(lambda: len(zen.writes) >= 4, "some written")
        notifier.kill()
        notifier.start()
        last = show(AT + 2000)
        until(lambda: all(zen.field(n, FIELD) == last for n in range(1, 13)), "all written", 60)
        assert max(zen.writes.values()) == 1, "only the last deadline is written, and once"
        assert "other-1" not in zen.tickets
        paused = [(b"z-1", json.dumps(status("z-1", None)).encode()), (b"z-2", None)]
        notifier.produce(notifier.names.sla_status, paused)
        until(lambda: zen.field(1, FIELD) is None, "emptied while it is paused")
        assert zen.field(2, FIELD) == last, "what was promised stays when the ticket has gone"
        same = [(b"z-3", json.dumps(status("z-3", AT + 2000, remaining_seconds=1.0)).encode())]
        notifier.produce(notifier.names.sla_status, [*same, *rows[-1:]])
        until(lambda: 'zen",result="same"} ' in notifier.ask("/metrics")[1], "looked at")
        assert zen.writes["3"] == 1, "a row that tells nothing new writes nothing"
        assert zen.faults == []
        assert far.TOKEN not in notifier.log() + notifier.ask("/metrics")[1]
    finally:
        notifier.close()
