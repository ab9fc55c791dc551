"""The whole path on a real broker: real worker processes, real signals, a plain consumer."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.history.replay import replay
from streams.policies import load_file
from streams.wire.sla_events import event as as_event
from streams.wire.ticket_events import decode
from streams.worker.clock import wall
from tests.scenario import FOLDER, read_all
from tests.ticket_event import cloudevent
from tests.worker.rig import Rig

SCENARIOS = [scenario for scenario in read_all() if len(scenario.tickets) == 1]
"""Those of one ticket; what passes between tickets takes its time, see test_merges."""


def expected(events: list[dict[str, Any]], policies: Path, until: int) -> dict[str, dict[str, Any]]:
    """Ask the replay what must have been said, by id."""
    known = [decode(orjson.dumps(event), keyed=False) for event in events]
    done = replay([event for event in known if event], load_file(policies), until=until)
    return {fact.id: as_event(fact, 0) for _, fact in done.facts}


def without_detection(event: dict[str, Any]) -> dict[str, Any]:
    """Leave out when it was seen, which is the one thing that differs between two runs (R3)."""
    return {**event, "data": {k: v for k, v in event["data"].items() if k != "detected_at"}}


def test_every_scenario_holds_on_a_real_broker(rig: Rig) -> None:
    """The scenarios of the core, through Kafka: what has been said when all is said."""
    policies = load_file(rig.policies)
    wanted = []
    for scenario in SCENARIOS:
        events = [decode(orjson.dumps(event), keyed=False) for event in scenario.events]
        known = [event for event in events if event is not None]
        wanted += replay(known, policies, arrival=True, until=wall()).facts
    assert wanted
    rig.publish(event for scenario in SCENARIOS for event in scenario.events)
    rig.start()
    rig.until(lambda: len(rig.facts()) >= len(wanted), "all said")
    said = {event["id"]: without_detection(event) for event in rig.facts()}
    assert said == {fact.id: without_detection(as_event(fact, 0)) for _, fact in wanted}
    assert rig.stop() == 0


def test_warnings_and_breaches_come_at_their_times_and_a_kill_loses_and_doubles_nothing(
    rig_with: Any, tmp_path: Path
) -> None:
    """R3, R8, R21: live timers, SIGKILL in mid-load, restart; the oracle is the replay."""
    policies = tmp_path / "policies.yaml"
    policies.write_text(
        """
version: 1
schedules: {always: 24x7}
policies:
  - name: quick
    schedule: always
    targets: {first_response: {default: 6s}, total_resolution: {default: 12s}}
    pause: {statuses: [pending]}
    warnings: [{at: 50%, notify: [assignee]}, {left: 1s, level: 2, notify: [lead]}]
"""
    )
    rig = rig_with(policies)
    rig.start()
    dice = random.Random(7)
    events: list[dict[str, Any]] = []
    watched: Counter[str] = Counter()
    for batch in range(30):
        now = datetime.now(UTC)
        born = [cloudevent(f"t{batch}-{n}", 0, "created", now, status="new") for n in range(100)]
        for event in list(born):
            ticket = event["subject"]
            if dice.random() < 0.5:
                later = now + timedelta(milliseconds=1)
                born.append(cloudevent(ticket, 1, "message", later, author="agent"))
            if dice.random() < 0.3:
                later = now + timedelta(milliseconds=2)
                status = dice.choice(["pending", "solved", "open"])
                born.append(cloudevent(ticket, 2, "changed", later, status=status))
        rig.publish(born)
        events += born
        if batch in (8, 14, 21):
            rig.kill()
            rig.start(wait=False)
        watched["published"] += len(born)
        time.sleep(0.2)
    rig.wait_ready()
    end = datetime.now(UTC) + timedelta(seconds=14)
    while datetime.now(UTC) < end:
        time.sleep(0.5)
    until = int(end.timestamp() * 1000)
    wanted = expected(events, policies, until)
    rig.until(lambda: len(rig.facts()) >= len(wanted), "all said", seconds=30)
    said = rig.facts()
    counts = Counter(event["id"] for event in said)
    assert {id_: n for id_, n in counts.items() if n > 1} == {}
    assert counts.keys() == wanted.keys()
    assert {e["id"]: without_detection(e) for e in said} == {
        id_: without_detection(event) for id_, event in wanted.items()
    }
    fired = [e for e in said if e["type"] in ("sla.breached", "sla.breach_imminent")]
    assert len(fired) > 3_000
    assert rig.stop() == 0
    # What fell due while a worker was up was seen within moments of its time.
    late = sorted(
        datetime.fromisoformat(e["data"]["detected_at"]) - datetime.fromisoformat(e["time"])
        for e in fired
    )
    sys.stdout.write(
        f"\n{len(said)} SLA events, {len(fired)} by timers; with three kills, half of these were "
        f"seen within {late[len(late) // 2]}, all within {late[-1]}\n"
    )
    assert late[0] >= timedelta(0)


def test_a_backlog_raises_no_false_breach(rig_with: Any, tmp_path: Path) -> None:
    """R4: replies that are in the log already are read before any deadline fires."""
    policies = tmp_path / "policies.yaml"
    policies.write_text(
        "version: 1\nschedules: {always: 24x7}\npolicies:\n"
        "  - {name: p, schedule: always, targets: {first_response: {default: 1h}}}\n"
    )
    rig = rig_with(policies)
    start = datetime.now(UTC) - timedelta(days=1)
    tickets = [f"t{n}" for n in range(3_000)]
    rig.publish(cloudevent(t, 0, "created", start) for t in tickets)
    rig.publish(
        cloudevent(t, 1, "message", start + timedelta(minutes=30), author="agent") for t in tickets
    )
    rig.start()
    rig.until(lambda: len(rig.facts()) >= 2 * len(tickets), "all said")
    assert Counter(e["type"] for e in rig.facts()) == {"sla.started": 3_000, "sla.fulfilled": 3_000}


def test_bad_records_go_to_the_dead_letters_with_their_reason_and_the_rest_goes_on(
    rig: Rig,
) -> None:
    """Nothing is lost: the very bytes, the key and the origin; the tickets around lose nothing."""
    at = datetime(2026, 3, 23, 8, tzinfo=UTC)
    good = cloudevent("good", 0, "created", at, tier="standard", priority="high")

    def changed(**fields: Any) -> bytes:
        event = {**good, **fields}
        return json.dumps({k: v for k, v in event.items() if v is not None}).encode()

    bad: dict[str, tuple[bytes | None, bytes | None]] = {
        "not_json": (b"good", b"{not json"),
        "not_a_cloudevent": (b"good", b'{"hello": "world"}'),
        "missing_field": (b"good", changed(subject=None)),
        "bad_value": (b"good", changed(time="yesterday")),
        "time_out_of_range": (b"good", changed(time="9999-12-31T23:59:59Z")),
        "key_mismatch": (b"another", changed(id="k")),
        "null_value": (b"good", None),
    }
    rig.send([(b"good", json.dumps(good).encode())])
    rig.send(bad.values())
    rig.send([(b"good", changed(id="old", time="1969-12-31T23:59:59Z"))])
    rig.send([(b"good", changed(id="u", type="ticket.sneezed"))])
    reply = cloudevent("good", 9, "message", at + timedelta(minutes=5), author="agent")
    rig.send([(b"good", json.dumps(reply).encode())])
    rig.start()
    rig.until(lambda: len(rig.read(rig.names.dead_letters)) >= len(bad) + 1, "all dead-lettered")
    letters = rig.read(rig.names.dead_letters)
    reasons = Counter()
    for letter in letters:
        headers = dict(letter.headers)
        reason = headers["__connect.errors.exception.class.name"].decode()
        reasons[reason] += 1
        assert headers["__connect.errors.topic"].decode() == rig.names.ticket_events
        assert int(headers["__connect.errors.offset"]) >= 0
        assert headers["__connect.errors.exception.message"]
        if reason != "time_out_of_range":
            assert (letter.key, letter.value) == bad[reason]
    assert reasons == {**dict.fromkeys(bad, 1), "time_out_of_range": 2}
    rig.until(lambda: any(e["type"] == "sla.fulfilled" for e in rig.facts()), "the good one told")
    assert all(e["subject"] == "good" for e in rig.facts())
    _, text = rig.http("/metrics")
    assert 'sla_dlq_records_total{reason="not_json"} 1.0' in text
    assert rig.stop() == 0


def test_a_record_too_large_is_dead_lettered_whole(rig_with: Any) -> None:
    """2 MB where the topic lets them in: no crash loop, the very bytes in the dead letters."""
    rig = rig_with(FOLDER / "policies.yaml", **{"max.message.bytes": "9000000"})
    huge = b'{"specversion": "1.0", "x": "' + b"y" * 2_000_000 + b'"}'
    rig.send([(b"huge", huge)])
    rig.start()
    rig.until(lambda: len(rig.read(rig.names.dead_letters)) == 1, "dead-lettered")
    (letter,) = rig.read(rig.names.dead_letters)
    assert letter.value == huge
    assert dict(letter.headers)["__connect.errors.exception.class.name"] == b"too_large"
    assert rig.stop() == 0


def test_the_status_topic_shows_the_open_clocks_and_a_tombstone_at_the_close(rig: Rig) -> None:
    """sla-status: what is open now, with the next deadline; nothing once nothing is open."""
    now = datetime.now(UTC) - timedelta(minutes=1)
    rig.publish(
        [
            cloudevent("s", 0, "created", now, tier="premium"),
            cloudevent("x", 0, "created", now, tier="premium"),
        ]
    )
    rig.start()
    rig.until(lambda: len(rig.read(rig.names.sla_status)) == 2, "two statuses")
    statuses = {r.key: json.loads(r.value) for r in rig.read(rig.names.sla_status)}
    status = statuses[b"s"]
    assert {clock["metric"] for clock in status["clocks"]} == {"first_response", "total_resolution"}
    due = datetime.fromisoformat(status["next_deadline"])
    assert due - now.replace(microsecond=now.microsecond // 1000 * 1000) == timedelta(hours=1)
    later = datetime.now(UTC)
    rig.publish([cloudevent("s", 1, "changed", later, status="solved")])
    rig.until(lambda: rig.read(rig.names.sla_status)[-1].value is None, "a tombstone")


def test_what_an_account_has_earned_outlives_a_kill(rig: Rig) -> None:
    """R31: an account's month commits with the facts that it counts, and is restored with them."""
    at = datetime.now(UTC) - timedelta(hours=3, minutes=30)
    told = {"account": "acme", "priority": "urgent"}
    rig.publish(cloudevent(f"c{n}", 0, "created", at, **told) for n in range(20))
    rows = f"{rig.app_id}-ledger-changelog"

    def kept() -> list[list[int]]:
        latest = {(one.partition, one.key): one.value for one in rig.read(rows)}
        return [json.loads(row)[0] for (_, key), row in latest.items() if b"account" in key]

    def shown() -> tuple[float, float]:
        lines = [line for line in rig.http("/metrics")[1].splitlines() if 'account="acme"' in line]
        breached, late = 'outcome="breached"', "sla_contract_late_credit_ratio"
        return (
            sum(float(line.split()[-1]) for line in lines if breached in line),
            sum(float(line.split()[-1]) for line in lines if line.startswith(late)),
        )

    rig.start()
    # The page shows what the worker holds, also before the commit; only the commit outlives a kill.
    rig.until(lambda: sum(Fraction(*row[2:]) for row in kept()) == 1, "all of it committed")
    assert sum(row[1] for row in kept()) == 20
    assert len(kept()) > 1, "no partition has all of it"
    assert shown() == (20, pytest.approx(1))
    rig.kill()
    rig.start()
    assert shown() == (20, pytest.approx(1))
    assert rig.stop() == 0


def sla_worker(*flags: str) -> subprocess.CompletedProcess[str]:
    """Run a worker that must end by itself."""
    command = [sys.executable, "-m", "streams", "worker", *flags]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("fault", ["missing", "partitions"])
def test_a_worker_refuses_topics_that_would_break_it(
    broker: str, tmp_path: Path, fault: str
) -> None:
    """Never ready and idle: words on stderr, exit status 1."""
    prefix = f"refuse-{fault}."

    async def make() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=broker)
        await admin.start()
        await admin.create_topics(
            [NewTopic(f"{prefix}ticket-events", 4, 1), NewTopic(f"{prefix}sla-events", 2, 1)]
        )
        await admin.close()

    if fault == "partitions":
        asyncio.run(make())
    done = sla_worker(
        *("--broker", broker, "--topic-prefix", prefix, "--http-port", "0"),
        *("--policies", str(FOLDER / "policies.yaml")),
    )
    assert done.returncode == 1
    assert "sla topics create" in done.stderr
    assert "Traceback" not in done.stderr
    if fault == "partitions":
        assert f"{prefix}sla-events has 2 partitions, {prefix}ticket-events has 4" in done.stderr


def test_a_policies_file_with_a_fault_is_refused_in_words(tmp_path: Path) -> None:
    """Exit status 1, the line and the fix, no traceback."""
    path = tmp_path / "p.yaml"
    path.write_text("version: 1\npolicys: []\n")
    done = sla_worker("--policies", str(path))
    assert done.returncode == 1
    assert "p.yaml:2" in done.stderr
    assert "Traceback" not in done.stderr


def test_dead_letters_can_be_listed_mended_and_put_back(rig: Rig, tmp_path: Path) -> None:
    """`sla dlq ls | mend | sla dlq replay`: nothing is lost."""
    at = datetime.now(UTC) - timedelta(minutes=1)
    event = cloudevent("m", 0, "created", at, tier="premium")
    rig.send([(b"m", json.dumps({**event, "time": "soon"}).encode()), (b"m", b"\xff")])
    rig.start()
    rig.until(lambda: len(rig.read(rig.names.dead_letters)) == 2, "dead-lettered")
    command = [sys.executable, "-m", "streams", "dlq"]
    where = ["--broker", rig.broker]
    listed = subprocess.run(
        [*command, "ls", *where, "--topic-prefix", rig.prefix], capture_output=True, check=True
    )
    letters = [json.loads(line) for line in listed.stdout.splitlines()]
    assert {letter["reason"] for letter in letters} == {"bad_value", "not_json"}
    (raw,) = (letter for letter in letters if letter["reason"] == "not_json")
    assert raw["value_base64"] == "/w=="
    (mended,) = (letter for letter in letters if letter["reason"] == "bad_value")
    mended["value"] = mended["value"].replace("soon", event["time"])
    file = tmp_path / "mended.ndjson"
    file.write_text(json.dumps(mended) + "\n")
    subprocess.run([*command, "replay", *where, str(file)], check=True)
    rig.until(lambda: len(rig.facts()) == 2, "told")
    assert {fact["subject"] for fact in rig.facts()} == {"m"}


def test_topics_are_made_and_checked_in_words(broker: str) -> None:
    """`sla topics create` makes what is missing, `check` says what is wrong."""
    flags = ["--broker", broker, "--topic-prefix", "made.", "--app-id", "made"]

    def topics(job: str, *more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "streams", "topics", job, *flags, *more]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    missing = topics("check")
    assert missing.returncode == 1
    assert missing.stderr.count("does not exist") == 7
    made = topics("create", "--partitions", "3")
    assert made.returncode == 0
    assert "made.sla-events" in made.stdout
    assert topics("create", "--partitions", "3").stdout == ""
    assert topics("check").returncode == 0
    nowhere = subprocess.run(
        [sys.executable, "-m", "streams", "topics", "check", "--broker", "127.0.0.1:1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert nowhere.returncode == 1
    assert "no broker answers at 127.0.0.1:1" in nowhere.stderr
    assert "Traceback" not in nowhere.stderr


def test_closed_tickets_are_let_go_and_what_comes_later_is_dead_lettered(rig: Rig) -> None:
    """The retention that the operator sets; no id is ever given twice (R8)."""
    at = datetime.now(UTC) - timedelta(days=2)
    rig.publish(
        [
            cloudevent("old", 0, "created", at, tier="premium", status="new"),
            cloudevent("old", 1, "changed", at + timedelta(minutes=5), status="solved"),
            cloudevent("open", 0, "created", at, tier="premium", status="new"),
        ]
    )
    rig.start("--forget-after", "1")
    rig.until(lambda: rig.http("/tickets/old")[0] == 404, "forgotten")
    rig.until(lambda: rig.http("/tickets/open")[0] == 200, "the open one kept")
    # The page shows what the worker holds, also before the commit; only the commit outlives a kill.
    rows = f"{rig.app_id}-tickets-changelog"
    rig.until(lambda: any(b'"f":' in (row.value or b"") for row in rig.read(rows)), "committed")
    said = len(rig.facts())
    rig.kill()
    rig.publish([cloudevent("old", 2, "changed", datetime.now(UTC), status="open")])
    rig.start("--forget-after", "1")
    rig.until(lambda: len(rig.read(rig.names.dead_letters)) == 1, "dead-lettered")
    (letter,) = rig.read(rig.names.dead_letters)
    assert dict(letter.headers)["__connect.errors.exception.class.name"] == b"ticket_forgotten"
    assert [fact for fact in rig.facts()[said:] if fact["subject"] == "old"] == []
