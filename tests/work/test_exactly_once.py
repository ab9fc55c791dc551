"""Crashes of every kind change nothing for a reader of committed data (R8)."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from streams.work.partition import RECORD_OVERHEAD
from tests.work.harness import Kafka, Toy, assert_exactly_once, load

Toys = Callable[..., Toy]


@pytest.mark.parametrize("seed", [1, 2])
def test_kills_at_any_moment_neither_lose_nor_double(
    kafka: Kafka, toys: Toys, source: str, seed: int
) -> None:
    """R8; facts 3, 4, 6: the next owner resumes from the last commit, and from nothing else."""
    chance = random.Random(seed)
    events = load(40_000, keys=1_000)
    kafka.send(source, events)
    for _ in range(3):
        toy = toys(source, micros_per_event=100)  # however fast the machine, there is work left
        toy.until(lambda r: r["records"] > 0)
        time.sleep(chance.uniform(0, 0.35))
        toy.kill()
    toy = toys(source)
    toy.until_done()
    assert toy.stop() == 0
    assert_exactly_once(kafka, source, events)


def test_a_kill_inside_an_open_transaction_leaves_nothing_of_it(
    kafka: Kafka, toys: Toys, source: str
) -> None:
    """R8; facts 3, 4: the open transaction is aborted before the next owner reads anything."""
    events = load(4_000, keys=100)
    kafka.send(source, events)
    for owner in range(2):
        toy = toys(source, app={"hold_transaction": 30.0})
        toy.until(lambda r: r["records"] >= 500)
        time.sleep(0.5)  # the commit interval is 0.1: the transaction is open and full
        assert (toy.report()["aborted"] > 0, toy.report()["fenced"]) == (owner > 0, 4 * owner)
        toy.kill()
    toy = toys(source)
    toy.until_done()
    assert (toy.report()["aborted"] > 0, toy.report()["fenced"]) == (True, 4)
    assert toy.stop() == 0
    assert_exactly_once(kafka, source, events)
    written = kafka.read(f"out-{source}", "read_uncommitted")
    assert len(written) > len(events), "no transaction was open when the workers were killed"


def test_sigterm_under_load_commits_and_repeats_nothing(
    kafka: Kafka, toys: Toys, source: str
) -> None:
    """R8; fact 9: what was applied is committed, the group is left, the exit code is 0."""
    events = load(40_000, keys=1_000)
    kafka.send(source, events)
    done = 0
    for interval in (0.1, 60.0):  # the second one commits nothing before it is asked to stop
        toy = toys(source, app={"commit_interval": interval}, micros_per_event=100)
        toy.until(lambda r: r["records"] > 3_000)
        assert toy.stop() == 0
        assert "LeaveGroup request succeeded" in toy.log
        assert sum(kafka.committed(source, source).values()) > done + 3_000
        done = sum(kafka.committed(source, source).values())
    toy = toys(source)
    toy.until_done()
    assert (toy.report()["aborted"], toy.report()["fenced"]) == (0, 4)
    assert toy.stop() == 0
    assert_exactly_once(kafka, source, events)
    assert len(kafka.read(f"out-{source}", "read_uncommitted")) == len(events)


def test_workers_that_join_and_leave_in_mid_load_change_nothing(
    kafka: Kafka, toys: Toys, source: str
) -> None:
    """R8; facts 4, 6: partitions come and go with their rows, positions and producers."""
    with _trickle(kafka, source) as events:
        first = toys(source)
        first.until(lambda r: r["records"] > 500)
        second = toys(source)
        second.until(lambda r: r["parts"] and r["records"] > 200)
        assert len(first.report()["parts"]) < 4
        assert second.stop() == 0
        first.until(lambda r: len(r["parts"]) == 4)
        third = toys(source)
        third.until(lambda r: r["parts"] and r["records"] > 200)
        third.kill()
    first.until(lambda r: len(r["parts"]) == 4 and r["lag"] == 0)
    assert first.stop() == 0
    assert_exactly_once(kafka, source, events)


def test_a_worker_that_slept_through_its_session_is_fenced(
    kafka: Kafka, toys: Toys, source: str
) -> None:
    """R8; facts 3, 8: the sleeper wakes with work of its own, may not commit it, ends with 70."""
    with _trickle(kafka, source) as events:
        sleeper = toys(source)
        sleeper.until(lambda r: r["records"] > 1_000)
        sleeper.signal(signal.SIGSTOP)
        heir = toys(source)
        heir.until(lambda r: len(r["parts"]) == 4 and r["records"] > 500)
        sleeper.signal(signal.SIGCONT)
        assert sleeper.wait() == 70
        assert "fenced: another worker has taken over" in sleeper.log
    heir.until_done()
    assert heir.stop() == 0
    assert_exactly_once(kafka, source, events)


def test_a_static_member_restarts_without_disturbing_the_others(
    kafka: Kafka, toys: Toys, source: str
) -> None:
    """R8; fact 15: killed or stopped, it has its partitions back, and nobody was rebalanced."""
    events = load(20_000, keys=400)
    kafka.send(source, events)
    one, other = (
        toys(source, app={"instance_id": name, "session_timeout": 10.0})
        for name in ("one", "other")
    )
    one.until(lambda r: len(r["parts"]) == 2)
    other.until(lambda r: len(r["parts"]) == 2)
    before = other.report()["rebalances"], one.report()["parts"]
    for end in (Toy.kill, Toy.stop):
        end(one)
        one = toys(source, app={"instance_id": "one", "session_timeout": 10.0})
        one.until(lambda r: len(r["parts"]) == 2)
        assert (other.report()["rebalances"], one.report()["parts"]) == before
    one.until_done()
    other.until_done()
    assert (one.stop(), other.stop()) == (0, 0)
    assert_exactly_once(kafka, source, events)


def test_an_exception_in_a_unit_ends_the_process_and_loses_nothing(
    kafka: Kafka, toys: Toys, source: str
) -> None:
    """R8; facts 1, 8: half a unit is not committed; mended code goes on where it was."""
    events = load(5_000, keys=100)
    kafka.send(source, events)
    broken = toys(source, raise_at=3_210)
    assert broken.wait(40) == 70
    assert "the toy stumbles over 3210" in broken.log
    assert "Traceback" in broken.log
    mended = toys(source)
    mended.until_done()
    assert mended.stop() == 0
    assert_exactly_once(kafka, source, events)


def test_headers_timestamps_and_partitions_pass_through(
    kafka: Kafka, toys: Toys, source: str
) -> None:
    """Fact 7: outputs go to the partition of their unit, with what the handler gave them."""
    kafka.send(source, load(8, keys=4))
    toy = toys(source)
    toy.until(lambda r: r["records"] == 8)
    assert toy.stop() == 0
    read = kafka.read(source)
    echoes = kafka.read(f"out-{source}")
    assert {(e.partition, e.key, e.timestamp, e.headers) for e in echoes} == {
        (e.partition, e.key, e.timestamp, (("h", b"1"),)) for e in read
    }


def test_the_largest_record_passes_and_a_larger_one_is_dealt_with_in_the_unit(
    kafka: Kafka, toys: Toys, source: str
) -> None:
    """Fact 8: emit takes what the broker takes; what it refuses does not become a crash loop."""
    largest = 1_000_000 - len(b"0") - RECORD_OVERHEAD
    sizes = [largest, largest + 1, 600_000, 600_000, 600_000]
    events = [(b"0", {"n": n, "pad": size}) for n, size in enumerate(sizes)]
    kafka.send(source, events)
    toy = toys(source)
    toy.until_done(len(events))
    assert toy.stop() == 0
    kinds = [out.value["kind"] for out in kafka.read(f"out-{source}")]
    assert kinds == ["pad", "echo", "dead", "echo", *["pad", "echo"] * 3]


@contextmanager
def _trickle(kafka: Kafka, topic: str) -> Iterator[list[tuple[bytes, Any]]]:
    """Send events in small portions as long as the block runs; give those sent."""
    sent: list[tuple[bytes, Any]] = []
    enough = threading.Event()

    def send() -> None:
        while not enough.is_set():
            portion = load(1_000, keys=400, first=len(sent))
            kafka.send(topic, portion)
            sent.extend(portion)
            enough.wait(0.3)

    feeder = threading.Thread(target=send)
    feeder.start()
    try:
        yield sent
    finally:
        enough.set()
        feeder.join()
