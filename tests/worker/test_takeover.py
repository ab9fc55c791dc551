"""A partition that is taken over: what is rebuilt from its rows is what the former owner had."""

from __future__ import annotations

import pytest

from streams.desk.board import Board
from streams.wire import row
from streams.worker.meter import CAUSES
from streams.worker.processor import Processor
from streams.worker.takeover import PORTION, Takeover
from tests.sla.test_versions import TEN
from tests.worker.test_processor_versions import NINE, Held

HOUR = 3_600_000


def clocks(held: Held) -> list[object]:
    """Give what the board shows in the end, by ticket."""
    held.part.scratch["takeover"].whole()
    board: Board = held.part.scratch["board"]
    return [(key, board.of(key)) for key in sorted(board)]


def busy() -> Held:
    """Give a partition with tickets that run, are paused, and are solved."""
    held = Held(retention=HOUR)
    held.hear(["runs", "waits", "ends"], NINE, tier="standard", channel="phone")
    held.hear(["waits"], NINE + 60_000, "changed", status="pending")
    held.hear(["ends"], NINE + 60_000, "changed", status="solved")
    held.rest()
    return held


def test_the_board_and_the_index_are_those_of_the_former_owner() -> None:
    """R8: also when a closed ticket is to be let go."""
    held = busy()
    before, due = clocks(held), held.part.scratch["due"]
    held.processor.restore(held.part)
    assert len(before) == 2
    assert clocks(held) == before
    assert sorted(held.part.scratch["due"]._due.items()) == sorted(due._due.items())
    assert len(due) == len(held.part.tables["tickets"].rest)


def test_open_clocks_begin_their_series_at_0() -> None:
    """After a restart nobody says `started`."""
    held, other = busy(), Held()
    other.part.tables["tickets"].rest = held.part.tables["tickets"].rest
    other.processor.restore(other.part)
    other.part.scratch["takeover"].whole()
    breaches = [
        sample
        for metric in other.registry.collect()
        for sample in metric.samples
        if sample.name == "sla_breaches_total" and sample.labels["channel"] == "phone"
    ]
    assert len(breaches) >= len(CAUSES)
    assert all(sample.value == 0 for sample in breaches)


def test_a_row_under_policies_that_are_gone_is_refused_in_words() -> None:
    """R18: rather than counted by others."""
    held = busy()
    held.engine.versions.sets.pop("old")
    fresh = Processor(
        held.engine,
        held.tickets,
        held.processor.ledger,
        held.processor.meter,
        lambda: TEN,
        names=held.processor.names,
    )
    with pytest.raises(row.UnreadableRow, match="of ticket 'runs' cannot be read: policies"):
        fresh.restore(held.part)


def test_what_is_due_is_known_before_anything_is_shown() -> None:
    """A worker is ready to keep its promises before it is ready to be looked at."""
    held = busy()
    due = dict(held.part.scratch["due"]._due)
    held.processor.restore(held.part)
    assert len(held.part.scratch["takeover"]) == 2  # what is solved is seen as a whole
    assert held.part.scratch["due"]._due == due
    assert len(held.part.scratch["board"]) == 0


def test_a_ticket_that_ends_before_it_was_shown_leaves_its_status_too() -> None:
    """Downstream would show it as open for ever."""
    held = busy()
    held.processor.restore(held.part)
    held.part._outputs = {}
    held.hear(["runs"], NINE + 120_000, "changed", status="solved")
    held.rest()
    said = held.part._outputs[held.processor.names.sla_status, held.part.number]
    assert [(one.key, one.value) for one in said] == [(b"runs", None)]
    assert [key for key, _ in clocks(held)] == [b"waits"]


def test_a_ticket_that_changes_before_it_was_shown_is_shown_as_it_is_then() -> None:
    """The portion that it waits in must not put an older row over it."""
    held, other = busy(), busy()
    held.processor.restore(held.part)
    for one in (held, other):
        one.hear(["runs"], NINE + 120_000, "message", author="agent", public=True)
        one.hear(["more"], NINE + 120_000, tier="standard", channel="phone")
        one.rest()
    assert clocks(held) == clocks(other)
    assert len(clocks(held)) == 3


def test_all_are_shown_in_portions() -> None:
    """However many there are; who was shown before its turn is not shown again."""
    shown: list[bytes] = []
    keys = [b"%d" % number for number in range(3 * PORTION + 1)]
    takeover = Takeover(list(keys), shown.append)
    takeover.first(b"7")
    takeover.first(b"7")
    assert shown == [b"7"]
    pauses = 0
    for _ in takeover.portions():
        pauses += 1
        takeover.first(b"0")
    assert pauses == 4
    assert sorted(shown) == sorted(keys)
    takeover.first(b"new")
    assert b"new" not in shown
