"""The machine's clock jumps by hours, and a clock that runs over a night of the time change.

libfaketime shows the worker another time of day than the machine has, changed while it runs; the
broker and the test keep the machine's. What must wait for its time is judged by the time shown.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.wire.topics import EVER
from tests.ticket_event import cloudevent
from tests.worker.rig import Rig
from tests.worker.test_end_to_end import expected, without_detection

LIBRARIES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib*/faketime/libfaketimeMT.so.1")
HOURS = """
version: 1
schedules: {always: 24x7}
policies:
  - name: hours
    schedule: always
    targets: {first_response: {default: 1h}, total_resolution: {default: 3h}}
    warnings: [{at: 50%, notify: [assignee]}]
"""
NIGHT = """
version: 1
schedules:
  nights:
    time_zone: Europe/Berlin
    hours: {sat: ["00:00-06:00"], sun: ["00:00-06:00"]}
policies:
  - {name: night, schedule: nights, targets: {first_response: {default: 4h}}}
"""


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have workers started from now on see another time; give how to change it."""
    found = [path for pattern in LIBRARIES for path in Path("/").glob(pattern[1:])]
    if not found:
        if os.environ.get("SLA_REQUIRE_FAKETIME"):
            pytest.fail("SLA_REQUIRE_FAKETIME is set, and there is no libfaketime")
        pytest.skip("no libfaketime (Debian's package faketime) to shift a worker's clock with")
    offset = tmp_path / "offset"

    def show(what: str) -> None:
        new = offset.with_suffix(".new")
        new.write_text(f"{what}\n")
        new.replace(offset)

    show("+0")
    monkeypatch.setenv("LD_PRELOAD", str(found[0]))
    monkeypatch.setenv("FAKETIME_TIMESTAMP_FILE", str(offset))
    monkeypatch.setenv("FAKETIME_CACHE_DURATION", "1")
    monkeypatch.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")
    return show


@pytest.fixture
def rig_of(broker: str, tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    """Make a rig over policies."""
    made: list[Rig] = []

    def make(policies: str, **settings: str) -> Rig:
        path = tmp_path / "policies.yaml"
        path.write_text(policies)
        made.append(Rig(broker, "clock", tmp_path, path, settings))
        return made[-1]

    yield make
    for rig in made:
        rig.close()


def clock(rig: Rig) -> datetime:
    """Give the time that the worker's partitions have reached, the least of them."""
    lines = rig.http("/metrics")[1].splitlines()
    reached = [line for line in lines if line.startswith("sla_reached_timestamp_seconds{")]
    times = [float(line.split()[-1]) for line in reached]
    return datetime.fromtimestamp(min(times, default=0.0), UTC)


def sees(rig: Rig) -> datetime:
    """Give the time that the worker's own clock shows."""
    return datetime.fromisoformat(orjson.loads(rig.http("/api/list")[1])["as_of"])


def said_once(rig: Rig, events: list[dict[str, object]], until: datetime) -> None:
    """Hold that what was due by a time was said once, none of it before its time (R3, R8)."""
    wanted = expected(events, rig.policies, round(until.timestamp() * 1000))
    rig.until(lambda: len(rig.facts()) >= len(wanted), "all said")
    said = rig.facts()
    assert {id_: n for id_, n in Counter(one["id"] for one in said).items() if n > 1} == {}
    assert {one["id"]: without_detection(one) for one in said} == {
        id_: without_detection(one) for id_, one in wanted.items()
    }
    for one in said:
        if one["type"] in ("sla.breached", "sla.breach_imminent"):
            assert one["data"]["detected_at"] >= one["time"]


def test_a_clock_that_jumps_forward_and_back_says_nothing_early_and_nothing_twice(
    rig_of: Callable[..., Rig], shown: Callable[[str], None]
) -> None:
    """R3, R8: two hours on, four back, four on again: ticks go with it, and repeat nothing."""
    rig = rig_of(HOURS, **EVER)  # or the brokers would refuse what is dated in the future
    rig.start()
    first = datetime.now(UTC)
    events = [cloudevent(f"a{n}", 0, "created", first, status="new") for n in range(20)]
    rig.publish(events)
    rig.until(lambda: len(rig.facts()) == 40, "started")
    assert {one["type"] for one in rig.facts()} == {"sla.started"}

    shown("+2h")
    ahead = first + timedelta(hours=2)
    rig.until(lambda: clock(rig) >= ahead, "ahead")
    said_once(rig, events, ahead)

    shown("-2h")
    rig.until(lambda: sees(rig) < first, "back")
    second = datetime.now(UTC)
    later = [cloudevent(f"b{n}", 0, "created", second, status="new") for n in range(20)]
    rig.publish(later)
    rig.until(lambda: len([one for one in rig.facts() if one["subject"][0] == "b"]) >= 40, "told")
    assert {one["type"] for one in rig.facts() if one["subject"][0] == "b"} == {"sla.started"}
    rig.until(lambda: clock(rig) < first, "ticks at the time that it is now")

    shown("+2h")
    rig.until(lambda: clock(rig) >= second + timedelta(hours=2), "ahead again")
    said_once(rig, events + later, second + timedelta(hours=2))
    assert rig.stop() == 0


def test_a_clock_that_was_ahead_and_is_set_right_fires_in_time_and_takes_back_what_was_false(
    rig_of: Callable[..., Rig], shown: Callable[[str], None]
) -> None:
    """R3, R7: breaches said too early stay where nobody answered; new timers do not wait."""
    rig = rig_of(HOURS.replace("{default: 1h}", "{urgent: 2s, default: 1h}"), **EVER)
    rig.start()
    first = datetime.now(UTC)
    old = [cloudevent(f"a{n}", 0, "created", first, status="new") for n in range(4)]
    rig.publish(old)
    rig.until(lambda: len(rig.facts()) == 8, "started")
    shown("+2h")
    rig.until(lambda: len(told(rig, "a", "breached")) == 4, "breached by a clock that is wrong")

    shown("+0")
    rig.until(lambda: "the clock was set back by" in rig.log(), "told of")
    now = datetime.now(UTC)
    rig.publish([cloudevent("a0", 1, "message", now, author="agent")])
    urgent = [cloudevent(f"b{n}", 0, "created", now, priority="urgent") for n in range(8)]
    rig.publish(urgent)
    rig.until(lambda: len(told(rig, "b", "breached")) == 8, "new timers are fired")
    rig.until(lambda: bool(told(rig, "a", "fulfilled")), "answered")
    assert sees(rig) < first + timedelta(hours=1), "it fired because its time had come again"
    assert [one["subject"] for one in told(rig, "a", "breach_retracted")] == ["a0"]
    assert [one["data"]["outcome"] for one in told(rig, "a", "fulfilled")] == ["met"]
    assert max(Counter(one["id"] for one in rig.facts()).values()) == 1
    assert rig.http("/readyz")[0] == 200
    assert rig.stop() == 0


def told(rig: Rig, tickets: str, type_: str) -> list[dict[str, Any]]:
    """Give the facts of a type about the tickets whose names begin so."""
    said = rig.facts()
    return [f for f in said if f["subject"].startswith(tickets) and f["type"] == f"sla.{type_}"]


def test_a_clock_hours_ahead_of_the_brokers_ends_the_worker_in_words_before_it_says_anything(
    rig_of: Callable[..., Rig], shown: Callable[[str], None]
) -> None:
    """R8: no breach is said that is none yet; with the clock set right, the work goes on."""
    rig = rig_of(HOURS)
    worker = rig.start()
    opened = datetime.now(UTC) - timedelta(minutes=45)
    events = [cloudevent(f"a{n}", 0, "created", opened, status="new") for n in range(20)]
    rig.publish(events)
    rig.until(lambda: len(rig.facts()) == 60, "started and warned")
    shown("+2h")
    assert worker.wait(60) == 70
    assert "by the brokers' clock it comes from the future" in rig.log()
    assert len(rig.facts()) == 60
    shown("+0")
    rig.start()
    rig.until(lambda: clock(rig) >= opened + timedelta(minutes=45), "at work")
    said_once(rig, events, datetime.now(UTC))
    assert rig.stop() == 0


def test_a_first_start_under_a_clock_hours_ahead_is_refused_in_words(
    rig_of: Callable[..., Rig], shown: Callable[[str], None]
) -> None:
    """Not even the policies can be published: exit status 1, the topic, no traceback."""
    rig = rig_of(HOURS)
    shown("+2h")
    assert rig.start(wait=False).wait(60) == 1
    assert f"topic {rig.names.policies} could not be read or written" in rig.log()
    assert "InvalidTimestamp" in rig.log()
    assert "Traceback" not in rig.log()


@pytest.mark.long
def test_a_clock_that_is_slewed_is_followed(
    rig_of: Callable[..., Rig], shown: Callable[[str], None], seed: int
) -> None:
    """R3, R8: time that runs half, twice and sixty times as fast is time all the same."""
    rig = rig_of(HOURS, **EVER)
    rig.start()
    first = datetime.now(UTC)
    events = [cloudevent(f"a{n}", 0, "created", first, status="new") for n in range(20)]
    rig.publish(events)
    for speed in ("+0 x0.5", "+0 x2", "+0 x60"):
        shown(speed)
        seen = clock(rig)
        rig.until(lambda seen=seen: clock(rig) > seen + timedelta(seconds=2), speed)
    rig.until(lambda: clock(rig) > first + timedelta(hours=1), "an hour later", seconds=150)
    said_once(rig, events, first + timedelta(hours=1, minutes=1))
    assert rig.stop() == 0


def test_a_worker_lives_through_the_night_of_the_time_change_on_its_own_clock(
    rig_of: Callable[..., Rig],
) -> None:
    """R22: four hours of a night that has one more: the deadline is an hour earlier by the wall."""
    rig = rig_of(NIGHT)
    opened = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)  # Sunday, 00:30 in Berlin, summer time
    events = [cloudevent(f"n{n}", 0, "created", opened, status="new") for n in range(20)]
    rig.publish(events)
    rig.start("--clock-start", "2026-10-24T23:00:00Z", "--clock-rate", "1800")
    rig.until(lambda: len(rig.facts()) >= 40, "all said")
    breaches = [one for one in rig.facts() if one["type"] == "sla.breached"]
    # 03:30 by the wall, for the hour from 02:00 to 03:00 comes twice.
    assert {one["time"] for one in breaches} == {"2026-10-25T02:30:00.000Z"}
    said_once(rig, events, datetime(2026, 10, 25, 5, tzinfo=UTC))
    assert rig.stop() == 0
