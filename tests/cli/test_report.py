"""`sla report`: what it needs, what it reads, and what it says where something is wrong."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from click.testing import CliRunner, Result

from streams.cli.main import sla
from tests.report.histories import History, demo_events, demo_policies, written
from tests.ticket_event import ticket_event


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """The demo's sample."""
    folder = tmp_path_factory.mktemp("demo")
    return History(demo_events(folder / "events.ndjson"), demo_policies(folder / "policies.yaml"))


def run(*arguments: object) -> Result:
    """Run the command."""
    return CliRunner().invoke(sla, ["report", *map(str, arguments)])


@pytest.mark.parametrize(
    ("more", "status", "said"),
    [
        ([], 2, "-o FILE, or --json"),
        (["--json", "--zone", "Paris"], 2, "--zone Paris: not a time zone"),
        (["--json", "--broker", "127.0.0.1:1"], 2, "name files of ticket events, or with --broker"),
        (["-o", "/nowhere/report.html"], 1, "name a file that can be written"),
        (["--json", "--until", "yesterday"], 2, "RFC 3339"),
        (["--json", "--lang", "de"], 2, "'de' is not one of"),
    ],
)
def test_what_is_wrong_is_told_with_its_fix(
    more: list[str], status: int, said: str, history: History
) -> None:
    """No traceback."""
    result = run(*history.options, *more)
    assert (result.exit_code, result.stdout) == (status, "")
    assert said in " ".join(result.stderr.split())


def test_a_file_that_holds_no_event_is_no_report(history: History, tmp_path: Path) -> None:
    """Nor is one that is not there, or policies with a fault."""
    wrong = tmp_path / "wrong.ndjson"
    wrong.write_text("hello\n{}\n", "utf-8")
    policies = history.policies
    nothing = run(wrong, "--policies", policies, "--json")
    assert "none of the lines is a ticket event" in nothing.stderr
    absent = run(tmp_path / "absent.ndjson", "--policies", policies, "--json")
    assert (absent.exit_code, "name a file of ticket events" in absent.stderr) == (1, True)
    fault = run(history.events, "--policies", wrong, "--json")
    assert (fault.exit_code, fault.stdout) == (1, "")


def test_what_could_not_be_read_is_told_on_the_page_and_in_words(
    history: History, tmp_path: Path
) -> None:
    """With its place; the rest went on."""
    lines = history.events.read_text("utf-8").splitlines()[:50]
    events = tmp_path / "some.ndjson"
    events.write_text("\n".join([*lines, "{]", *lines[:2]]) + "\n", "utf-8")
    page = tmp_path / "report.html"
    result = run(events, "--policies", history.policies, "--json", "-o", page, "--lang", "en")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["read"]["rejected"]) == (0, 1)
    assert told["read"]["rejects"][0]["where"] == f"{events}:51"
    assert "1 records rejected" in result.stderr
    assert "1 record could not be read" in page.read_text("utf-8").replace(
        '<data data-key="read.rejected" value="1">1</data>', "1"
    )


def test_days_and_hours_are_in_the_zone_that_is_asked_for(history: History) -> None:
    """By default in that of most policies."""
    assert history.numbers()["period"]["zone"] == "UTC"
    told = history.numbers("--zone", "Asia/Kolkata", "--worst", "2", "--segment", "channel")
    assert told["period"]["zone"] == "Asia/Kolkata"
    again = history.recount()
    moved = type(again)([], again.events, again.policies, again.until, "Asia/Kolkata")
    came, _ = moved.week("sla")
    for day in range(7):
        assert told["week"]["arrivals"][day] == [came[day, hour] for hour in range(24)]
    assert len(told["worst"]) == 2
    assert {one["attribute"] for one in told["promises"][0]["segments"]} == {"channel"}


def test_other_commands_do_not_wait_for_what_draws() -> None:
    """Neither does `--help` of this one."""
    code = (
        "import sys; from click.testing import CliRunner; from streams.cli.main import sla\n"
        "for name in ('replay', 'report', 'gaming'):\n"
        "    assert CliRunner().invoke(sla, [name, '--help']).exit_code == 0\n"
        "print(sorted({'matplotlib', 'jinja2', 'markupsafe', 'scipy', 'numpy'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert told.stdout.strip() == "[]"


async def _publish(broker: str, topic: str, events: list[dict[str, Any]]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 3, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=broker)
    await producer.start()
    for event in events:
        key = event["subject"].encode()
        await producer.send(topic, json.dumps(event).encode(), key=key)
    await producer.send(topic, b"{]", key=b"x", partition=1)
    await producer.stop()

    # What was not committed has not happened.
    producer = AIOKafkaProducer(bootstrap_servers=broker, transactional_id=topic)
    await producer.start()
    await producer.begin_transaction()
    late = ticket_event("never", 1, "created", "2016-05-02T15:00:00Z", {})
    await producer.send_and_wait(topic, json.dumps(late).encode(), key=b"never")
    await producer.abort_transaction()
    await producer.stop()


def test_a_topic_is_read_as_files_are(broker: str, history: History, tmp_path: Path) -> None:
    """What is committed, up to now; what cannot be read by partition and offset."""
    prefix = f"report-{uuid4().hex}-"
    events = [json.loads(line) for line in history.events.read_text("utf-8").splitlines()]
    # What a worker tells a survivor goes to every partition, and is worked out anew here.
    told = {"origin": "other", "waiting_since": {}, "hands": {}}
    absorbed = ticket_event("INC-none", 1, "absorbed", "2016-05-02T15:00:00Z", told)
    asyncio.run(_publish(broker, f"{prefix}ticket-events", [*events, absorbed]))
    until = max(event["time"] for event in events)
    where = ["--broker", broker, "--topic-prefix", prefix, "--policies", history.policies]
    result = run(*where, "--until", until, "--json")
    assert result.exit_code == 0, result.stderr
    found, wanted = json.loads(result.stdout), history.numbers()
    assert found["read"]["rejected"] == 1
    assert found["read"]["rejects"][0]["where"].startswith(f"{prefix}ticket-events[1]:")
    assert found["read"]["lines"] == len(events) + 2
    del found["read"], wanted["read"]
    assert found == wanted

    now = run(*where, "--json")
    assert json.loads(now.stdout)["period"]["until"] > "2026"
    other = ["--broker", broker, "--topic-prefix", "x", "--policies", history.policies]
    absent = run(*other, "--json")
    assert (absent.exit_code, "topic xticket-events: is not there" in absent.stderr) == (1, True)


def test_no_broker_is_told_in_words(history: History) -> None:
    """Status 1, no traceback."""
    result = run("--broker", "127.0.0.1:1", "--policies", history.policies, "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "127.0.0.1:1" in result.stderr


def test_a_merge_in_the_middle_of_a_history_makes_no_ticket(tmp_path: Path) -> None:
    """R20: the survivor's own events are reported on, the merged ticket is cancelled."""
    created = {"status": "New", "priority": "3 - Moderate", "author": "customer"}
    events = [
        ticket_event("1", 1, "created", "2016-05-02T15:00:00Z", created),
        ticket_event("2", 1, "created", "2016-05-02T15:00:00Z", created),
        ticket_event("2", 2, "merged", "2016-05-02T16:00:00Z", {"into": "1"}),
        ticket_event("3", 1, "merged", "2016-05-02T16:00:00Z", {"into": "4"}),
    ]
    policies = demo_policies(tmp_path / "policies.yaml")
    told = History(written(tmp_path / "events.ndjson", events), policies).numbers()
    assert told["read"]["tickets"] == 3
    assert [(one["open"], one["cancelled"]) for one in told["promises"]] == [(1, 1)] * 3
