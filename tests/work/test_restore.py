"""What a worker knows when it begins: the rows, and where to go on."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable

from aiokafka import AIOKafkaProducer

from tests.work.harness import Kafka, Toy, assert_exactly_once, load

Toys = Callable[..., Toy]


def test_a_restore_ends_on_a_changelog_that_ends_in_markers(
    kafka: Kafka, toys: Toys, source: str
) -> None:
    """Facts 4, 5: the last offsets are markers and aborted records; position passes them."""
    events = load(400, keys=40)
    kafka.send(source, events)
    toy = toys(source)
    toy.until_done(400)
    assert toy.stop() == 0

    async def abort() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id="stranger")
        await producer.start()
        await producer.begin_transaction()
        row = json.dumps({"count": 1_000_000, "due": None}).encode()
        for key in range(40):
            await producer.send_and_wait(
                f"{source}-counts-changelog", row, key=b"%d" % key, partition=key % 4
            )
        await producer.abort_transaction()
        await producer.stop()

    asyncio.run(abort())
    more = load(400, keys=40, first=400)
    kafka.send(source, more)
    toy = toys(source)
    toy.until_done(400)
    assert toy.report()["restored"] >= 40
    assert toy.stop() == 0
    assert_exactly_once(kafka, source, events + more)


def test_a_log_cut_off_beyond_the_committed_position_is_fatal_with_words(
    kafka: Kafka, toys: Toys, source: str
) -> None:
    """Fact 6: what retention deleted before it was applied is a gap, and what to do is said."""
    kafka.send(source, load(400, keys=40))
    toy = toys(source)
    toy.until_done(400)
    assert toy.stop() == 0
    kafka.send(source, load(400, keys=40, first=400))
    kafka.delete_before(source, 150)
    toy = toys(source)
    assert toy.wait(30) == 70
    assert "the log begins at 150: 50 offsets are missing" in toy.log
    assert "longer retention" in toy.log


def test_a_row_is_written_once_a_commit_however_often_it_changed(
    kafka: Kafka, toys: Toys, source: str
) -> None:
    """Fact 2: the commit writes the changelog, coalesced."""
    kafka.send(source, load(2_000, keys=4))
    toy = toys(source, app={"commit_interval": 1.0})
    toy.until_done(2_000)
    assert toy.stop() == 0
    assert len(kafka.read(f"{source}-counts-changelog")) < 40


def test_what_is_needed_beside_the_rows_is_read_before_they_are_rebuilt(
    kafka: Kafka, toys: Toys, source: str
) -> None:
    """Fact 4: after the fence, so that it is not older than any row; once an acquisition."""
    kafka.send(source, load(40, keys=40))
    toy = toys(source)
    toy.until_done(40)
    assert toy.stop() == 0
    told = re.findall(r"^(acquired|restored) ?\d* ?\d*$", toy.log, re.MULTILINE)
    assert told == ["acquired", *["restored"] * 4]
