"""Histories of any length, folded: the same as in memory, however they are shared out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from streams.history.fold import fold
from streams.history.reading import UnreadableFile
from streams.history.replay import Replayed
from streams.sla.policy import PolicySet
from tests.scenario import read
from tests.sla.numbers import POLICIES, told

OTHERS = replace(POLICIES, version="others", policies=POLICIES.policies[1:])
LINES = "Mon 09:00  created by customer: tier=premium\nMon 09:06  message by agent"


class Names:
    """Gathers facts' ids by policy set."""

    def __init__(self, promises: Sequence[PolicySet], until: int) -> None:
        self.until = until
        self.ids: list[set[str]] = [set() for _ in promises]

    def add(self, told: tuple[Replayed, ...]) -> None:
        """Take in a ticket."""
        for ids, one in zip(self.ids, told, strict=True):
            ids.update(fact.id for _, fact in one.facts)

    def merge(self, other: Names) -> None:
        """Take over those of other tickets."""
        for ids, more in zip(self.ids, other.ids, strict=True):
            assert not ids & more
            ids.update(more)


def written(path: Path, *histories: str) -> str:
    """Write histories, a ticket each, as NDJSON."""
    with path.open("wb") as file:
        for number, history in enumerate(histories):
            for event in read(f"t{number}\n{history}\nuntil Fri 17:00\n=>").events:
                file.write(orjson.dumps(event) + b"\n")
    return str(path)


def test_each_ticket_is_folded_under_each_policy_set(tmp_path: Path) -> None:
    """R19: the same tickets, other promises."""
    name = written(tmp_path / "events", LINES, LINES)
    done = fold(
        [name], [POLICIES, OTHERS], Names, until=read(f"t\n{LINES}\nuntil Fri 17:00\n=>").until
    )
    expected = {fact.id for _, fact in told(LINES, LINES).facts}
    assert done.gathering.ids[0] == expected
    assert done.gathering.ids[1] != expected
    assert (done.lines, done.known, done.tickets, done.events) == (4, 4, 2, 4)
    assert done.unmatched == (0, 2)


def test_lines_that_cannot_be_read_have_their_place_and_reason(tmp_path: Path) -> None:
    """The rest goes on."""
    name = written(tmp_path / "events", LINES)
    with Path(name).open("ab") as file:
        file.write(b"\nnothing\n")
    done = fold([name], [POLICIES], Names)
    (line,) = done.rejected.lines
    assert line.startswith(f"{name}:4: not_json: ")
    assert (done.rejected.count, done.lines, done.known) == (1, 3, 2)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With the fix."""
    with pytest.raises(UnreadableFile, match="nowhere: No such file"):
        fold([str(tmp_path / "nowhere")], [POLICIES], Names)
