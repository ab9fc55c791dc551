"""R18 on a real broker: a new policies file, and what becomes of the clocks that run."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from streams.policies import load_file
from streams.sla.engine import Engine
from streams.sla.ticket import Ticket
from streams.wire.sla_events import event as as_event
from streams.wire.ticket_events import decode
from streams.worker.clock import wall
from streams.worker.versions import Shelf, agree, read
from tests.worker.rig import Rig
from tests.worker.test_end_to_end import cloudevent, without_detection

DEAF = str(Path(__file__).with_name("deaf.py"))
SCHEDULES = 'schedules: {always: 24x7, am: {time_zone: UTC, hours: {mon-sun: ["00:00-12:00"]}}}'
OLD = f"""
version: 1
{SCHEDULES}
policies:
  - name: p
    schedule: always
    targets: {{first_response: {{default: 40h}}, total_resolution: {{default: 90h}}}}
"""
NEW = f"""
version: 1
{SCHEDULES}
policies:
  - name: p
    schedule: am
    targets:
      first_response: {{default: 24h}}
      total_resolution: {{default: 90h}}
      requester_wait: {{default: 200h}}
    warnings: [{{at: 10%}}]
"""


class Change:
    """An installation whose policies change, and the events that it was told."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig = rig
        self.old, self.new = folder / "old.yaml", folder / "new.yaml"
        self.old.write_text(OLD)
        self.new.write_text(NEW)
        self.versions = [load_file(self.old).version, load_file(self.new).version]
        self.events: list[dict[str, Any]] = []
        rig.policies = self.old

    def publish(self, name: str, count: int) -> None:
        """Publish tickets of up to 60 hours of age: new, answered, waiting, solved, reopened."""
        now = datetime.now(UTC)
        events = []
        for number in range(count):
            ticket = f"{name}{number}"
            born = now - timedelta(hours=number % 60, minutes=30)
            events.append(cloudevent(ticket, 0, "created", born, status="new"))
            steps: list[dict[str, Any]] = [{}, {"status": "pending"}, {"status": "solved"}]
            for step, change in enumerate(steps[: number % 4], 1):
                when = born + timedelta(minutes=5 * step)
                if change:
                    events.append(cloudevent(ticket, step, "changed", when, **change))
                else:
                    events.append(cloudevent(ticket, step, "message", when, author="agent"))
        self.tell(events)

    def tell(self, events: list[dict[str, Any]]) -> None:
        """Publish events, and remember them."""
        self.rig.publish(events)
        self.events += events

    def shelf(self) -> Shelf:
        """Read the topic of the policies."""
        shelf = Shelf()
        client = {"bootstrap_servers": self.rig.broker}
        asyncio.run(read(client, self.rig.names.policies, shelf.put))
        return shelf

    def expected(self) -> dict[str, dict[str, Any]]:
        """Fold what was published with the adoptions of the topic, up to now."""
        shelf = self.shelf()
        engine = Engine(load_file(self.old), shelf.sets, shelf.adoptions)
        tickets: dict[str, Ticket] = {}
        facts = []
        for told in self.events:
            event = decode(orjson.dumps(told), keyed=False)
            assert event is not None
            tickets[event.ticket], said = engine.apply(tickets.get(event.ticket), event)
            facts += said
        until = wall()
        for ticket in tickets.values():
            facts += engine.settle(ticket, until)
        return {fact.id: without_detection(as_event(fact, 0)) for fact in facts}

    def settle(self, number: int = -1) -> dict[str, dict[str, Any]]:
        """Wait until what was said is what a pure engine says; give it. Nothing comes twice."""

        def agreed() -> bool:
            return self.said() == self.expected()

        self.rig.until(agreed, "said what a pure engine says", number)
        counts = Counter(event["id"] for event in self.rig.facts())
        assert {id_: n for id_, n in counts.items() if n > 1} == {}
        return self.said()

    def said(self) -> dict[str, dict[str, Any]]:
        """Give what was said, by id."""
        return {event["id"]: without_detection(event) for event in self.rig.facts()}

    def metric(self, name: str, number: int = -1, **labels: str) -> float | None:
        """Give a metric of a worker."""
        said = ",".join(f'{label}="{value}"' for label, value in labels.items())
        head = f"{name}{{{said}}} " if said else f"{name} "
        found = [line for line in self.rig.http("/metrics", number)[1].splitlines()
                 if line.startswith(head)]  # fmt: skip
        return float(found[0].rsplit(" ", 1)[1]) if found else None

    def holds(self, version: str, number: int = -1) -> bool:
        """Say whether a worker holds new tickets to a version."""
        return self.metric("sla_policy_info", number, version=version) == 1


@pytest.fixture
def change(rig_with: Callable[..., Rig], tmp_path: Path) -> Change:
    """Make an installation."""
    return Change(rig_with(tmp_path / "old.yaml"), tmp_path)


def versions_of(facts: dict[str, dict[str, Any]], prefix: str) -> set[str]:
    """Give the versions that the facts of some tickets name."""
    return {
        fact["data"]["policy_version"]
        for fact in facts.values()
        if fact["subject"].startswith(prefix)
    }


@pytest.mark.parametrize("flag", [None, "from-now", "from-start"])
def test_a_restart_with_a_new_file_does_to_open_clocks_what_the_operator_asks(
    change: Change, flag: str | None
) -> None:
    """R18: kept, or applied from now or from the start; a pure engine says the very same."""
    rig, (old, new) = change.rig, change.versions
    change.publish("a", 60)
    rig.start()
    before = change.settle()
    assert versions_of(before, "a") == {old}
    assert rig.stop() == 0
    rig.policies = change.new
    rig.start(*(("--open-clocks", flag) if flag else ()))
    assert change.holds(new)
    assert change.metric("sla_policy_file_differs") == 0
    change.publish("b", 8)
    after = change.settle()
    assert before.items() <= after.items()
    changed = {id_: fact for id_, fact in after.items() if id_ not in before}
    reasons = {fact["type"] for fact in changed.values()
               if fact["data"].get("reason") == "policies_changed"}  # fmt: skip
    if flag is None:
        assert versions_of(changed, "a") == set()
        assert "open clocks keep their version" in rig.log()
    else:
        assert "sla.retargeted" in reasons
        assert versions_of(changed, "a") == {new}
        # Of 40 h round the clock at most 24 h are mornings: from the start, that is in time.
        assert ("sla.breached" in reasons) == (flag == "from-now")
    adoptions = [(one.version, one.since) for one in change.shelf().adoptions]
    since = {None: None, "from-now": "now", "from-start": "start"}[flag]
    assert adoptions == [(old, None), (new, since)]
    assert rig.stop() == 0
    # A start with what holds already, however it asks, adopts nothing more.
    rig.start(*(("--open-clocks", flag) if flag else ()))
    assert len(change.shelf().adoptions) == 2
    assert change.settle().keys() == after.keys()


def asked(change: Change, *flags: str) -> dict[str, Any]:
    """Preview the new file over the installation."""
    rig = change.rig
    where = ["--broker", rig.broker, "--app-id", rig.app_id, "--topic-prefix", rig.prefix]
    command = [sys.executable, "-m", "streams", "policies", "preview", str(change.new)]
    done = subprocess.run([*command, *where, *flags, "--json"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_a_preview_says_what_the_restart_then_does(change: Change) -> None:
    """R18: read from the workers' topics, with a worker and without one; nothing is written."""
    rig, (old, new) = change.rig, change.versions
    change.publish("a", 60)
    rig.start()
    before = change.settle()
    live = asked(change)
    assert rig.stop() == 0
    told = asked(change)
    assert (told["replaces"], told["version"]) == (old, new)
    assert [one.version for one in change.shelf().adoptions] == [old]
    assert live["open_clocks"].keys() == told["open_clocks"].keys()
    way = told["open_clocks"]["from-now"]
    rig.policies = change.new
    rig.start("--open-clocks", "from-now")
    after = change.settle()
    said = Counter(fact["type"] for id_, fact in after.items() if id_ not in before)
    tallied = {name: sum(one[name] for one in way["clocks"])
               for name in ("breached_at_once", "warned_at_once", "new", "lost")}  # fmt: skip
    assert way["tickets"] == 45
    assert tallied == {
        "breached_at_once": said["sla.breached"],
        "warned_at_once": said["sla.breach_imminent"],
        "new": said["sla.started"],
        "lost": 0,
    }
    assert said["sla.breached"] > 0
    # What has been applied is previewed as such, and so is an installation that is not there.
    assert asked(change, "--open-clocks", "from-now")["open_clocks"]["from-now"]["changes"] == []
    where = ["--broker", rig.broker, "--app-id", "nobody"]
    command = [sys.executable, "-m", "streams", "policies", "preview", str(change.new), *where]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "topic nobody-tickets-changelog does not exist" in done.stderr


def test_an_old_worker_learns_what_a_new_one_adopts_and_takes_over_from_it(
    change: Change,
) -> None:
    """R18: a rolling restart, and a kill -9 in the middle of it."""
    rig, (old, new) = change.rig, change.versions
    change.publish("a", 60)
    rig.start()
    change.settle()
    assert change.holds(old, 0)
    rig.policies = change.new
    rig.start("--open-clocks", "from-now")
    rig.until(lambda: change.holds(new, 0), "learned by the old one", 0)
    assert change.metric("sla_policy_file_differs", 0) == 1
    assert f"this worker's file is version {old}" in rig.log(0)
    change.publish("b", 60)
    facts = change.settle()
    assert "sla.retargeted" in {fact["type"] for fact in facts.values()}
    rig.kill(1)
    change.publish("c", 60)
    rig.until(lambda: rig.http("/readyz", 0)[0] == 200, "ready again", 0)
    change.settle(0)
    # The old file started again: the last start wins, and says so.
    rig.stop(0)
    rig.policies = change.old
    rig.start()
    assert f"policies version {old} had been replaced by {new}" in rig.log()
    assert change.holds(old)
    change.tell([cloudevent("d", 0, "created", datetime.now(UTC), status="new")])
    assert versions_of(change.settle(), "d") == {old}


def test_rows_that_come_faster_than_their_version_are_read(change: Change) -> None:
    """R18: a takeover reads the topic first, whether or not the worker has heard of the version."""
    rig, (_, new) = change.rig, change.versions
    rig.start(program=(DEAF,))
    rig.policies = change.new
    rig.start("--open-clocks", "from-start")
    change.publish("a", 60)
    rig.until(lambda: new in versions_of(change.said(), "a"), "said under the new version")
    rig.kill(1)
    rig.until(lambda: change.holds(new, 0), "learned at the takeover", 0)
    rig.until(lambda: rig.http("/readyz", 0)[0] == 200, "ready again", 0)
    rig.until(lambda: (change.metric("sla_open_tickets", 0) or 0) >= 30, "all taken over", 0)
    change.tell([cloudevent("b", 0, "created", datetime.now(UTC), status="new")])
    rig.until(lambda: versions_of(change.said(), "b") == {new}, "said under the new version", 0)
    assert rig.workers[0].poll() is None


def test_a_kill_between_adoption_and_application_loses_and_doubles_nothing(
    change: Change,
) -> None:
    """R8, R18: adopted by a worker that died; applied in part by one that is killed; then whole."""
    rig = change.rig
    change.publish("a", 3_000)
    rig.start()
    change.settle()
    assert rig.stop() == 0
    rig.policies = change.new
    client = {"bootstrap_servers": rig.broker}
    asyncio.run(agree(load_file(change.new), "now", wall, client, rig.names.policies))
    adopted = change.shelf().adoptions[-1]

    def applied() -> int:
        return sum(fact["type"] == "sla.retargeted" for fact in rig.facts())

    parts = [0]
    for _ in range(2):
        # A tick takes a portion of each partition's tickets, and the next one is far enough away.
        flags = ("--open-clocks", "from-now", "--tick-interval", "5")
        rig.start(*flags, wait=False, program=("-m", "tests.worker.calm"))
        rig.until(lambda seen=parts[-1]: applied() > seen, "applied to some")
        rig.kill()
        parts.append(applied())
    rig.start("--open-clocks", "from-now")
    change.settle()
    parts.append(applied())
    assert parts == sorted(set(parts)), "each of the three was to apply a part"
    assert change.shelf().adoptions[-1] == adopted


def test_what_a_stranger_writes_to_the_topic_is_passed_over(change: Change) -> None:
    """R18: logged, and the worker goes on to the next record."""
    rig, (_, new) = change.rig, change.versions
    rig.start()
    adoption = {"at": "2026-01-01T00:00:00.000Z", "version": new, "since": "now"}
    records = [
        (b"garbage", b"\xff\x00"),
        (b"adopted:x", b"{}"),
        (b"", b"{}"),
        (b"adopted:early", json.dumps(adoption).encode()),
        (new.encode(), orjson.dumps(load_file(change.new).document)),
    ]

    async def send() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=rig.broker)
        await producer.start()
        for key, value in records:
            await producer.send_and_wait(rig.names.policies, value, key, partition=0)
        await producer.stop()

    asyncio.run(send())
    rig.until(lambda: f"version {new} adopted" in rig.log(), "the last ones read")
    assert rig.log().count("is passed over: ") == 3
    change.publish("a", 8)
    change.settle()
    rig.stop()
    rig.start()
    change.settle()
