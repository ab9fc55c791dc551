"""Histories of any length, folded: the same as in memory, however they are shared out."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.cli.summary_json import as_object
from streams.history.fold import Portions, fold
from streams.history.reading import Reading, UnreadableFile, read
from streams.history.replay import Replayed, replay
from streams.history.summary import Numbers, summarize
from streams.history.transcript import Transcript
from streams.sla.events import TicketEvent
from streams.sla.policy import PolicySet
from streams.wire.sla_events import encode
from tests.history.logs import logs, long, written
from tests.sla.test_properties import POLICIES

OTHERS = replace(POLICIES, version="others", policies=POLICIES.policies[1:])
WAYS = {
    "at once": Portions(),
    "in buckets": Portions(0, 1_000),
    "in one bucket that is shared out again": Portions(0, 100),
}


class Ids:
    """Gathers facts' ids by policy set."""

    def __init__(self, promises: Sequence[PolicySet], until: int) -> None:
        self.until = until
        self.ids: list[set[str]] = [set() for _ in promises]

    def add(self, told: tuple[Replayed, ...]) -> None:
        """Take in a ticket."""
        for ids, one in zip(self.ids, told, strict=True):
            ids.update(fact.id for _, fact in one.facts)

    def merge(self, other: Ids) -> None:
        """Take over those of other tickets."""
        for ids, more in zip(self.ids, other.ids, strict=True):
            assert not ids & more
            ids.update(more)


def in_memory(names: Sequence[str], *, arrival: bool) -> list[bytes]:
    """Give the lines that the replay in memory would write."""
    done = replay(read(names, Reading()), POLICIES, arrival=arrival)
    return [encode(fact, at) + b"\n" for at, fact in done.facts]


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=60, deadline=None)
@given(logs(), st.sampled_from(["time", "arrival"]))
def test_what_is_said_does_not_depend_on_how_tickets_are_shared_out(
    way: str, log: list[TicketEvent], order: str
) -> None:
    """R1, R7, R8, R20: the same lines in the same order, and the same numbers."""
    arrival = order == "arrival"
    with TemporaryDirectory() as folder:
        name = written(Path(folder) / "events", log)
        make = partial(Transcript, folder=Path(folder) / "runs", arrival=arrival, run=5_000)
        how = {"arrival": arrival, "jobs": 1, "portions": WAYS[way]}
        said = fold([name], [POLICIES], make, **how)
        assert list(said.gathering.lines()) == in_memory([name], arrival=arrival)
        done = fold([name], [POLICIES], Numbers, **how)
        told = replay(read([name], Reading()), POLICIES, arrival=arrival)
        counts = done.until, done.tickets, done.events, done.unmatched, done.gathering.facts
        assert counts == (told.until, told.tickets, told.events, (told.unmatched,), len(told.facts))
        numbers = done.gathering.summary(tickets=done.tickets, unmatched=done.unmatched[0])
        expected = summarize(told, POLICIES)
        assert numbers == expected
        assert json.dumps(as_object(numbers)) == json.dumps(as_object(expected))


def test_processes_say_the_same(tmp_path: Path) -> None:
    """Several files, zipped and not, in buckets and processes: byte for byte what memory says."""
    log = long(300)
    names = [
        written(tmp_path / f"events-{at}", log[at : at + 500]) for at in range(0, len(log), 500)
    ]
    zipped = tmp_path / "events.gz"
    zipped.write_bytes(gzip.compress(Path(names[1]).read_bytes()))
    names[1] = str(zipped)
    expected = in_memory(names, arrival=False)
    make = partial(Transcript, folder=tmp_path / "runs", run=50_000)
    for portions in (Portions(0, 20_000), Portions(100_000, 8 << 20)):
        done = fold(names, [POLICIES], make, jobs=2, portions=portions)
        assert list(done.gathering.lines()) == expected
    done = fold(names, [POLICIES], Numbers, jobs=2, portions=Portions(0, 20_000))
    numbers = done.gathering.summary(tickets=done.tickets, unmatched=done.unmatched[0])
    assert numbers == summarize(replay(read(names, Reading()), POLICIES), POLICIES)
    assert list((tmp_path / "runs").iterdir()) == []


def test_each_ticket_is_folded_under_each_policy_set(tmp_path: Path) -> None:
    """R19: the same tickets, other promises."""
    log = long(20)
    name = written(tmp_path / "events", log)
    for portions in WAYS.values():
        done = fold([name], [POLICIES, OTHERS], Ids, jobs=1, portions=portions)
        for ids, promised in zip(done.gathering.ids, (POLICIES, OTHERS), strict=True):
            assert ids == {fact.id for _, fact in replay(log, promised).facts}
        free, vip_too = done.unmatched
        assert 0 < free < vip_too
        assert done.until == done.gathering.until == max(event.time for event in log)


def test_what_a_merge_hands_on_may_differ_between_policy_sets(tmp_path: Path) -> None:
    """R20: where a status counts as solved, no wait is left; whoever has nothing else is there."""
    lines = [
        '"a","time":"2026-03-02T09:00:00Z","type":"ticket.created","data":{"status":"parked"}',
        '"a","time":"2026-03-02T10:00:00Z","type":"ticket.merged","data":{"into":"b"}',
        '"b","time":"2026-03-02T12:00:00Z","type":"ticket.created","data":{}',
    ]
    path = tmp_path / "events"
    path.write_text(
        "".join(
            f'{{"specversion":"1.0","source":"/t","id":"{number}","subject":{rest}}}\n'
            for number, rest in enumerate(lines)
        ),
        "utf-8",
    )
    closing = replace(POLICIES, statuses={"parked": "solved"})
    told: list[tuple[str, tuple[int, ...]]] = []

    class Kept(Ids):
        def add(self, one: tuple[Replayed, ...]) -> None:
            told.append((one[0].id, tuple(len(side.events) for side in one)))

    fold([str(path)], [POLICIES, closing], Kept, until=1_772_445_600_000)
    assert told == [("a", (2, 2)), ("b", (1, 0))]


@pytest.mark.parametrize("way", WAYS)
def test_lines_that_cannot_be_read_have_their_place_and_reason(tmp_path: Path, way: str) -> None:
    """The rest goes on; the first ones are named, in the order in which they stand."""
    names = [written(tmp_path / f"events{number}", long(3, number)) for number in (1, 2)]
    for name in names:
        whole = Path(name).read_bytes().splitlines(keepends=True)
        Path(name).write_bytes(b"".join([*whole[:2], b"\n", b"nothing\n", *whole[2:], b"{}"]))
    done = fold(names, [POLICIES], Ids, jobs=1, portions=WAYS[way])
    last = len(long(3, 1)) + 3, len(long(3, 2)) + 3
    places = [line.split(": ")[:2] for line in done.rejected.lines]
    assert places == [
        [f"{names[0]}:4", "not_json"],
        [f"{names[0]}:{last[0]}", "not_a_cloudevent"],
        [f"{names[1]}:4", "not_json"],
        [f"{names[1]}:{last[1]}", "not_a_cloudevent"],
    ]
    assert (done.rejected.count, done.lines - done.known) == (4, 4)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With the fix."""
    with pytest.raises(UnreadableFile, match=r"nowhere: No such file .*; name a file"):
        fold([str(tmp_path / "nowhere")], [POLICIES], Ids)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_file_that_breaks_off_is_named(tmp_path: Path, jobs: int) -> None:
    """A truncated gzip: nothing is told as if it were all."""
    data = gzip.compress(Path(written(tmp_path / "events", long(200))).read_bytes())
    path = tmp_path / "broken.gz"
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(UnreadableFile, match=r"broken.gz: breaks off after line \d+: .*; fetch"):
        fold([str(path)], [POLICIES], Ids, jobs=jobs, portions=Portions(0, 10_000))
