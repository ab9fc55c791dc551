"""Time reaches a partition only after everything that was in its log at that time (R4)."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaProducer

from tests.work.harness import Kafka, Toy, assert_exactly_once, load

Toys = Callable[..., Toy]


def now() -> int:
    """Return milliseconds UTC."""
    return int(time.time() * 1000)


def fired(kafka: Kafka, source: str) -> dict[bytes | None, dict[str, Any]]:
    """Return the firings by key; a key that fired twice fails the test."""
    found = [out for out in kafka.read(f"out-{source}") if out.value["kind"] == "fired"]
    by_key = {out.key: out.value for out in found}
    assert len(by_key) == len(found), "a timer fired twice"
    return by_key


def test_a_backlog_fires_no_timer_that_a_later_event_cancels(
    kafka: Kafka, toys: Toys, source: str
) -> None:
    """R4; fact 13: the ticks wait while the backlog is worked off, however long that takes."""
    past = now() - 60_000
    timers = [(b"%d" % n, {"n": n, "due": past + n}) for n in range(8)]
    cancels = [(b"%d" % n, {"n": 10_000 + n, "cancel": True}) for n in range(4)]
    events = timers + load(4_000, keys=50, first=100) + cancels
    kafka.send(source, events)
    # 4,000 events at 1 ms are 4 s of backlog, in which 40 ticks would come.
    toy = toys(source, micros_per_event=1_000, app={"max_records_per_unit": 100})
    toy.until_done()
    assert toy.stop() == 0
    assert set(fired(kafka, source)) == {b"4", b"5", b"6", b"7"}
    assert_exactly_once(kafka, source, events)


def test_an_event_behind_an_open_transaction_holds_the_ticks_back(
    kafka: Kafka, toys: Toys, source: str
) -> None:
    """R4; fact 13: the end is the high watermark; what nobody may read yet is in the log."""
    toy = toys(source)
    toy.until_ready()
    due = now() + 1_500
    kafka.send(source, [(b"%d" % n, {"n": n, "due": due}) for n in range(4)])

    async def cancel_late() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=source)
        await producer.start()
        async with producer.transaction():
            await producer.send_and_wait(source, b'{"n":9,"cancel":true}', key=b"0", partition=0)
            await asyncio.sleep(4)
        await producer.stop()

    asyncio.run(cancel_late())
    toy.until(lambda r: r["records"] == 5)
    toy.until_done()
    assert toy.stop() == 0
    assert set(fired(kafka, source)) == {b"1", b"2", b"3"}


def test_markers_and_aborted_records_at_the_end_of_the_log_hold_nothing_back(
    kafka: Kafka, toys: Toys, source: str
) -> None:
    """Facts 5, 10, 13: aborted records are not read, and the position passes what is no record."""

    async def send() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=source)
        await producer.start()
        for value, end in (
            (b'{"n":1,"due":1000}', producer.commit_transaction),
            (b'{"n":2,"cancel":true}', producer.abort_transaction),
        ):
            await producer.begin_transaction()
            await producer.send_and_wait(source, value, key=b"0", partition=0)
            await end()
        await producer.stop()

    asyncio.run(send())
    toy = toys(source)
    toy.until_done()
    toy.until(lambda r: r["ticks"] > 20)
    assert toy.stop() == 0
    assert set(fired(kafka, source)) == {b"0"}
    assert kafka.committed(source, source)[0] >= 2


def test_constant_load_does_not_starve_the_ticks(kafka: Kafka, toys: Toys, source: str) -> None:
    """R4: an asked pair is kept until the position passes it, so a tick comes though lag stays."""
    toy = toys(source, micros_per_event=300, app={"max_records_per_unit": 50})
    toy.until_ready()
    due = now() + 2_000
    kafka.send(source, [(b"%d" % n, {"n": n, "due": due}) for n in range(4)])
    over = threading.Event()

    def feed() -> None:
        at = 100
        while not over.is_set():
            kafka.send(source, load(500, keys=20, first=at))
            at += 500
            time.sleep(0.1)

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        toy.until(lambda r: r["lag"] > 500 and now() > due)
        before = toy.report()["ticks"]
        toy.until(lambda r: r["ticks"] >= before + 4 and r["lag"] > 0)
    finally:
        over.set()
        feeder.join()
    toy.until_done()
    assert toy.stop() == 0
    assert set(fired(kafka, source)) == {b"0", b"1", b"2", b"3"}


def test_timers_survive_a_kill_and_fire_once(kafka: Kafka, toys: Toys, source: str) -> None:
    """R8; fact 4: the heap is rebuilt from the rows before the first tick."""
    due = now() + 6_000
    kafka.send(source, [(b"%d" % n, {"n": n, "due": due if n % 2 else 1}) for n in range(40)])
    toy = toys(source)
    toy.until_done(40)
    toy.kill()
    toy = toys(source)
    toy.until_ready()
    while now() < due:
        time.sleep(0.05)
    before = toy.report()["ticks"]
    toy.until(lambda r: r["ticks"] > before + 12)
    assert toy.stop() == 0
    found = fired(kafka, source)
    assert len(found) == 40
    assert all(one["at"] >= one["due"] for one in found.values())
