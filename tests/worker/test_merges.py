"""R20 on a real broker: tickets of different partitions, whatever partitioner put them there."""

from __future__ import annotations

import json
import random
import zlib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from streams.history.replay import replay
from streams.policies import load_file
from streams.wire.sla_events import event as as_event
from streams.wire.ticket_events import decode
from streams.worker.clock import wall
from tests.scenario import read_all
from tests.worker.rig import PARTITIONS, Rig
from tests.worker.test_end_to_end import cloudevent

Standing = Counter[tuple[Any, ...]]


def crc(key: bytes | None) -> int:
    """Partition as librdkafka does by default, which is not as Kafka's own clients do."""
    return zlib.crc32(key or b"") % PARTITIONS


def net(said: list[dict[str, Any]]) -> Standing:
    """What stands after everything taken back is gone; every id at most once (R8)."""
    ids = Counter(event["id"] for event in said)
    assert max(ids.values(), default=1) == 1, ids.most_common(3)
    back = {event["data"]["retracts"] for event in said if "retracts" in event["data"]}
    assert back <= set(ids)
    fields = ("kind", "metric", "cycle", "deadline", "elapsed_seconds", "outcome", "reason")
    return Counter(
        (event["subject"], event["type"], event["time"], *(event["data"].get(f) for f in fields))
        for event in said
        if event["id"] not in back and "retracts" not in event["data"]
    )


def expected(events: list[dict[str, Any]], rig: Rig) -> Standing:
    """Ask the replay what must stand in the end."""
    known = [decode(orjson.dumps(event), keyed=False) for event in events]
    given = [event for event in known if event is not None]
    done = replay(given, load_file(rig.policies), until=wall())
    return net([as_event(fact, 0) for _, fact in done.facts])


def publish(rig: Rig, events: list[dict[str, Any]]) -> None:
    """Produce ticket events as a client of librdkafka would."""
    records = [(event["subject"].encode(), json.dumps(event).encode()) for event in events]
    rig.send(records, partition=crc)


def absorbed(rig: Rig) -> list[dict[str, Any]]:
    """Read what the worker has told survivors."""
    told = [json.loads(record.value or b"") for record in rig.read(rig.names.ticket_events)]
    return [event for event in told if event["type"] == "ticket.absorbed"]


def more_than(count: int, rig: Rig) -> Callable[[], bool]:
    """Ask whether survivors have been told of more than so many records."""
    return lambda: len(absorbed(rig)) > count


def test_every_scenario_of_several_tickets_holds_in_the_end(rig: Rig) -> None:
    """What passes between partitions takes its time; what stands afterwards is the same."""
    scenarios = [scenario for scenario in read_all() if len(scenario.tickets) > 1]
    events = [event for scenario in scenarios for event in scenario.events]
    wanted = expected(events, rig)
    assert wanted
    publish(rig, events)
    rig.start()
    rig.until(lambda: net(rig.facts()) == wanted, "all said")
    told = absorbed(rig)
    assert set(Counter(event["id"] for event in told).values()) == {PARTITIONS}
    assert rig.read(rig.names.dead_letters) == []
    assert rig.stop() == 0


def test_a_kill_between_the_merge_and_the_survivor_loses_and_doubles_nothing(rig: Rig) -> None:
    """R8, R20: the word to the survivor is part of the commit, like everything that is said."""
    dice = random.Random(3)
    at = datetime.now(UTC) - timedelta(hours=3)
    events: list[dict[str, Any]] = []
    rig.start()
    for batch in range(4):
        born: list[dict[str, Any]] = []
        for number in range(60):
            one, two = f"a{batch}-{number}", f"b{batch}-{number}"
            later = at + timedelta(minutes=dice.randrange(1, 50))
            merge = later + timedelta(minutes=dice.randrange(1, 50))
            born += [
                cloudevent(one, 0, "created", at, tier="talk"),
                cloudevent(two, 0, "created", later, tier="talk"),
                cloudevent(one, 1, "merged", merge, into=two),
                cloudevent(two, 1, "message", merge + timedelta(minutes=5), author="agent"),
            ]
        publish(rig, born)
        events += born
        rig.until(more_than(60 * batch * PARTITIONS, rig), "some handed on")
        rig.kill()
        rig.start()
    wanted = expected(events, rig)
    rig.until(lambda: net(rig.facts()) == wanted, "all said")
    told = absorbed(rig)
    assert Counter(event["id"] for event in told) == {event["id"]: PARTITIONS for event in told}
    assert len(told) == 240 * PARTITIONS
    assert rig.stop() == 0
