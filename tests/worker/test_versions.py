"""The topic of the policies: what is on it, and when a worker adopts its file's version."""

from __future__ import annotations

import logging
from dataclasses import replace

import orjson
import pytest
from aiokafka.structs import ConsumerRecord

from streams.policies import load
from streams.sla.engine import Engine
from streams.sla.events import Since
from streams.sla.policy import PolicySet
from streams.sla.versions import Adoption
from streams.wire import adoption as wire
from streams.worker.versions import Shelf, wanted


def policies(hours: int) -> PolicySet:
    """Give a set that promises a first response."""
    promise = f"{{name: p, schedule: 24x7, targets: {{first_response: {{default: {hours}h}}}}}}"
    return load(f"version: 1\npolicies: [{promise}]\n")


ONE, TWO = policies(1), policies(2)


def record(key: bytes | None, value: bytes | None, offset: int = 0) -> ConsumerRecord:
    """Make a record of the topic."""
    return ConsumerRecord("sla-policies", 0, offset, 0, 0, key, value, None, 0, 0, ())


def of_set(promised: PolicySet) -> ConsumerRecord:
    """Make the record of a policy set."""
    return record(promised.version.encode(), orjson.dumps(promised.document))


def of_adoption(adoption: Adoption) -> ConsumerRecord:
    """Make the record of an adoption."""
    return record(wire.key(adoption), wire.encode(adoption))


# -- the rule

KEPT, NOW, START = Adoption(5, "a"), Adoption(6, "a", "now"), Adoption(7, "a", "start")
OTHER, AGAIN = Adoption(8, "b", "start"), Adoption(9, "a")


@pytest.mark.parametrize(
    ("adoptions", "since", "adopted"),
    [
        # The first one, and that of another version, whatever is asked.
        ([], None, True),
        ([], "start", True),
        ([OTHER], None, True),
        ([OTHER], "now", True),
        ([START, OTHER], None, True),
        # Of the same version only what asks for more.
        ([KEPT], None, False),
        ([KEPT], "now", True),
        ([KEPT], "start", True),
        ([NOW], None, False),
        ([NOW], "now", False),
        ([NOW], "start", True),
        ([START], "start", False),
        ([START], "now", False),
        ([KEPT, NOW], "now", False),
        ([NOW, START, replace(KEPT, at=9)], "start", False),
        # What was adopted before another version came between does not count.
        ([START, OTHER, AGAIN], "now", True),
        ([START, OTHER, AGAIN], None, False),
    ],
)
def test_a_worker_adopts_what_is_new_or_asks_for_more(
    adoptions: list[Adoption],
    since: Since | None,
    adopted: bool,  # noqa: FBT001
) -> None:
    """R18: the operator applies a version once, however many workers start with it."""
    found = wanted(adoptions, "a", since, 100)
    assert found == (Adoption(100, "a", since) if adopted else None)


def test_an_adoption_comes_after_the_last_whatever_the_clock_says() -> None:
    """R18: two at one instant would have no order."""
    assert wanted([OTHER], "a", None, 3) == Adoption(9, "a")
    assert wanted([OTHER], "a", None, 8) == Adoption(9, "a")
    assert wanted([], "a", None, 3) == Adoption(3, "a")


# -- what is on the topic


def test_sets_and_adoptions_are_known_once() -> None:
    """R18: whoever reads the topic again learns nothing new."""
    shelf, adoption = Shelf(), Adoption(5, ONE.version, "now")
    assert shelf.put(of_set(ONE)) == []
    assert shelf.put(of_adoption(adoption)) == [adoption]
    assert shelf.put(of_set(ONE)) == shelf.put(of_adoption(adoption)) == []
    assert shelf.sets == {ONE.version: ONE}
    assert shelf.adoptions == [adoption]


def test_adoptions_are_in_the_order_of_their_instants_and_else_of_the_topic() -> None:
    """R18: every worker has the same order."""
    shelf = Shelf()
    for promised in (ONE, TWO):
        shelf.put(of_set(promised))
    late, early, same = Adoption(9, ONE.version), Adoption(4, TWO.version), Adoption(9, TWO.version)
    for adoption in (late, early, same):
        shelf.put(of_adoption(adoption))
    assert shelf.adoptions == [early, late, same]
    versions = Engine(ONE, shelf.sets, shelf.adoptions).versions
    assert list(versions.adoptions) == shelf.adoptions
    assert versions.current == TWO


def test_an_adoption_waits_for_its_set() -> None:
    """R18: a record that came before, or was written anew after a compaction."""
    shelf, adoption = Shelf(), Adoption(5, TWO.version, "now")
    shelf.put(of_set(ONE))
    assert shelf.put(of_adoption(adoption)) == shelf.put(of_adoption(adoption)) == []
    assert (shelf.adoptions, shelf.waiting) == ([], [adoption])
    assert shelf.put(of_set(TWO)) == [adoption]
    assert (shelf.adoptions, shelf.waiting) == ([adoption], [])


def test_a_topic_of_sets_alone_goes_on_working() -> None:
    """R18: as earlier releases wrote it; the first adoption holds from the beginning of time."""
    shelf = Shelf()
    for promised in (ONE, TWO):
        shelf.put(of_set(promised))
    adoption = wanted(shelf.adoptions, TWO.version, None, 1_000)
    assert adoption == Adoption(1_000, TWO.version)
    assert Engine(TWO, shelf.sets, [adoption]).versions.at(5) == (TWO.version, -1)


def test_a_set_is_known_by_the_version_that_rows_name() -> None:
    """R18: also where a newer release writes the same file in another normal form."""
    shelf = Shelf()
    shelf.put(record(b"as-it-was", orjson.dumps(ONE.document)))
    assert shelf.sets == {"as-it-was": replace(ONE, version="as-it-was")}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (b"90a6d1c3b7e5", b"{not json"),
        (b"90a6d1c3b7e5", b"\xff\xfe"),
        (b"90a6d1c3b7e5", b"[]"),
        (b"90a6d1c3b7e5", b"7"),
        (b"90a6d1c3b7e5", b"null"),
        (b"90a6d1c3b7e5", b"{}"),
        (b"90a6d1c3b7e5", b'{"version": 99, "policies": []}'),
        (b"90a6d1c3b7e5", b'{"policies": [{"name": 7}]}'),
        (b"\xff\xfe", orjson.dumps(ONE.document)),
        (b"", orjson.dumps(ONE.document)),
        (None, orjson.dumps(ONE.document)),
        (None, b"hello"),
        (b"adopted:", b"{}"),
        (b"adopted:x:y", b"\xff"),
        (b"adopted:x:y", b'{"at": "soon", "version": "v", "since": null}'),
        (b"adopted:x:y", b'{"at": "2026-03-27T12:00:00Z", "version": 1, "since": null}'),
    ],
)
def test_what_cannot_be_read_is_told_once_and_passed_over(
    key: bytes | None, value: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """A stranger's record must not stop the workers, nor fill their logs."""
    shelf = Shelf()
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            assert shelf.put(record(key, value, offset=7)) == []
    assert (shelf.sets, shelf.adoptions, shelf.waiting) == ({}, [], [])
    (told,) = caplog.messages
    assert told.startswith("sla-policies at offset 7: key ")
    assert "is passed over: " in told


def test_a_tombstone_forgets_nothing() -> None:
    """R18: rows may name the version still."""
    shelf = Shelf()
    shelf.put(of_set(ONE))
    shelf.put(record(ONE.version.encode(), None))
    assert shelf.sets == {ONE.version: ONE}
