"""A partition that is taken over: what is rebuilt from its rows is what the former owner had."""

from __future__ import annotations

import pytest

from streams.wire import row
from streams.worker.board import Board
from streams.worker.meter import CAUSES
from streams.worker.processor import Processor
from tests.sla.test_versions import TEN
from tests.worker.test_processor_versions import NINE, Held

HOUR = 3_600_000


def clocks(held: Held) -> list[object]:
    """Give what the board shows, by ticket."""
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
