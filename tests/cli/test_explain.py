"""`sla explain`: from files and from a worker."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from streams.cli.explained import amount, show_ticket
from streams.cli.main import sla
from streams.desk.http import serve
from streams.desk.ticket import ticket as shown
from streams.sla.events import Changed, Messaged, Since
from tests.desk.test_http import created
from tests.scenario import instant
from tests.sla.test_versions import CREATED, engine, promised, told
from tests.worker.looked_at import HOUR, START, LookedAt

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = str(ROOT / "examples" / "policies.yaml")


def run(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(sla, ["explain", *arguments])


def line(number: int, type_: str, time: str, **data: Any) -> str:
    """Write an event of ticket 4711."""
    event = {"specversion": "1.0", "id": str(number), "source": "/desk", "subject": "4711"}
    return json.dumps({**event, "type": f"ticket.{type_}", "time": time, "data": data})


@pytest.fixture
def events(tmp_path: Path) -> str:
    """Write a file of events: a pause over a weekend and the change of clocks; one is a copy."""
    path = tmp_path / "events.ndjson"
    lines = [
        line(4, "changed", "2026-03-30T12:00:00Z", status="open"),
        line(1, "created", "2026-03-26T15:40:00Z", status="open", priority="high"),
        line(2, "message", "2026-03-27T08:20:00Z", author="agent"),
        line(3, "changed", "2026-03-27T08:21:00Z", status="pending"),
        line(3, "changed", "2026-03-27T08:21:00Z", status="pending"),
    ]
    path.write_text("\n".join(lines), "utf-8")
    return str(path)


def folded(events: str, *more: str) -> Result:
    """Explain 4711 from the file."""
    return run("4711", "--events", events, "--policies", EXAMPLE, *more)


def test_it_tells_events_windows_and_their_sum(events: str) -> None:
    """R33, R24: in words, in the schedule's time and in UTC."""
    result = folded(events, "--until", "2026-03-31T08:00:00Z")
    assert result.exit_code == 0, result.output
    words = [" ".join(text.split()) for text in result.stdout.splitlines()]
    for expected in (
        "Ticket 4711 as of Tue 31 Mar 2026 08:00 UTC",
        "total resolution · standard (sla)",
        "running: 6h 41m of 24h used, 17h 19m left",
        "Fri 27 Mar 2026 09:21 CET paused: status pending",
        "Mon 30 Mar 2026 14:00 CEST resumed: status open → deadline Thu 02 Apr 2026 11:19 CEST",
        "deadline Thu 02 Apr 2026 11:19 CEST (Thu 02 Apr 2026 09:19 UTC)",
        "used before Mon 30 Mar 2026 14:00 CEST 1h 41m",
        "Thu 02 Apr 2026 09:00 - 11:19 Thu 02 Apr 2026 07:00 - 09:19 UTC 2h 19m 24h",
        "= the target 22h 19m 24h",
    ):
        assert expected in words, result.stdout
    assert "promise: 3bd on office (Europe/Paris), fixed at the start" in result.stdout


def test_json_is_what_the_worker_shows(events: str) -> None:
    """Interfaces: the same object as /tickets/{id}; data on stdout alone."""
    result = folded(events, "--json")
    told = json.loads(result.stdout)
    assert (told["ticket"], told["as_of"]) == ("4711", "2026-03-30T12:00:00.000Z")
    assert [event["type"] for event in told["events"]] == [
        "ticket.created",
        "ticket.message",
        "ticket.changed",
        "ticket.changed",
    ]
    assert {clock["metric"] for clock in told["clocks"]} == {"first_response", "total_resolution"}


def test_long_sums_are_cut_in_the_middle_unless_all_is_asked_for(events: str) -> None:
    """R33: nothing is hidden, and the sum goes on over the gap."""
    short = folded(events, "--until", "2026-05-29T08:00:00Z")
    assert "windows more, see them with --all" in short.stdout
    whole = folded(events, "--until", "2026-05-29T08:00:00Z", "--all")
    assert "--all" not in whole.stdout
    assert len(whole.stdout.splitlines()) > len(short.stdout.splitlines())
    assert "a former deadline Tue 31 Mar 2026 16:40 CEST" in whole.stdout


def test_every_event_of_a_long_history_is_kept(tmp_path: Path) -> None:
    """R33: from files there is no limit as in a worker's row, gzipped or not, one file or two."""
    lines = [line(0, "created", "2026-03-25T00:00:00Z", tier="premium", channel="email")]
    lines += [
        line(n, "changed", f"2026-03-25T{n // 30:02}:{n % 30 * 2:02}:00Z", status=status)
        for n, status in zip(range(1, 300), ["pending", "open"] * 150, strict=False)
    ]
    first, second = tmp_path / "a.ndjson.gz", tmp_path / "b.ndjson"
    first.write_bytes(gzip.compress("\n".join(lines[:100]).encode()))
    second.write_text("\n".join(lines[100:]), "utf-8")
    result = run("4711", "--events", str(first), str(second), "--policies", EXAMPLE, "--json")
    told = json.loads(result.stdout)
    assert told["events_since"] is None
    assert len(told["events"]) == 300
    (total,) = [one["explanation"] for one in told["clocks"] if one["metric"] == "total_resolution"]
    assert len(total["segments"]) == 300
    assert total["elapsed_seconds"] == 150 * 120


async def test_a_worker_tells_the_same_words() -> None:
    """Interfaces: from a worker; 404 comes in the worker's own words."""
    worker = LookedAt()
    worker.hear(
        created("47/11 é", note="\x1b[2J"),
        Changed("47/11 é", START + HOUR, 2, {"status": "pending", "x": "\x1b[2J"}),
    )
    worker.reach(START + 2 * HOUR)
    async with serve(worker, "127.0.0.1", 0) as url:
        told = await asyncio.to_thread(run, "47/11 é", "--url", url)
        unknown = await asyncio.to_thread(run, "4712", "--url", f"{url}/")
        other = await asyncio.to_thread(run, "4712", "--url", f"{url}/metrics")
    assert told.exit_code == 0, told.output
    assert "paused: 1h of 4h used, 3h left; no deadline while paused" in told.stdout
    assert "breached, the deadline passed: Wed 25 Mar 2026 09:30 UTC" in told.stdout
    assert "\x1b" not in told.stdout
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert "ticket '4712' is not known here" in unknown.stderr
    assert other.exit_code == 1


async def test_a_worker_that_asks_for_a_token_is_given_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Interfaces: by flag or SLA_HTTP_TOKEN; without it the worker's own words say what to do."""
    worker = LookedAt()
    worker.hear(created("4711"))
    async with serve(worker, "127.0.0.1", 0, "secret") as url:
        refused = await asyncio.to_thread(run, "4711", "--url", url)
        let_in = await asyncio.to_thread(run, "4711", "--url", url, "--token", "secret")
        monkeypatch.setenv("SLA_HTTP_TOKEN", "secret")
        known = await asyncio.to_thread(run, "4711", "--url", url)
    assert refused.exit_code == 1
    assert "SLA_HTTP_TOKEN" in refused.stderr
    assert let_in.exit_code == known.exit_code == 0, let_in.output


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["4711", "--events", "{}", "--policies", EXAMPLE, "--until", "x"], 2, "RFC 3339"),
        (["4711", "--events", "{}"], 2, "with --events say --policies FILE"),
        (["4711", "--events", "{}", "--policies", EXAMPLE, "--url", "http://x"], 2, "no --url"),
        (["4711", "--policies", EXAMPLE], 2, "go with --events"),
        (["4711", "4712"], 2, "one ticket at a time"),
        (["4711", "--url", "127.0.0.1:6066"], 2, "write it like http://127.0.0.1:6066"),
        ([], 2, "Missing argument 'TICKET'"),
        (["4712", "--events", "{}", "--policies", EXAMPLE], 1, "ids there: 4711"),
        (["4711", "--events", EXAMPLE, "--policies", EXAMPLE], 1, "no line is a ticket event"),
        (["4711", "--events", "none.ndjson", "--policies", EXAMPLE], 1, "No such file"),
        (["4711", "--events", "{}", "--policies", "none.yaml"], 1, "none.yaml"),
        (
            ["4711", "--events", "{}", "--policies", EXAMPLE, "--until", "2026-01-01T00:00:00Z"],
            1,
            "begins later, at 2026-03-26T15:40:00.000Z",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_words(
    events: str, arguments: list[str], status: int, words: str
) -> None:
    """Interfaces: exits 0, 1 (failed), 2 (usage); the field, the value and the fix."""
    result = run(*(events if argument == "{}" else argument for argument in arguments))
    assert result.exit_code == status, result.output
    assert words in result.stderr
    assert result.stdout == ""


def test_where_nobody_listens_it_is_said_in_words() -> None:
    """Style: never a traceback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    result = run("4711", "--url", url)
    assert result.exit_code == 1
    assert f"--url {url}: no answer" in result.stderr


def test_a_ticket_without_a_clock_is_said_to_be_so(tmp_path: Path) -> None:
    """R19: not guessed."""
    path = tmp_path / "e.ndjson"
    path.write_text(line(1, "created", "2026-03-26T15:40:00Z", author="agent"), "utf-8")
    policies = tmp_path / "p.yaml"
    policies.write_text(
        "version: 1\npolicies: [{name: p, kind: sla, match: {tier: x}, schedule: 24x7,"
        " targets: {first_response: {default: 1h}}}]",
        "utf-8",
    )
    result = run("4711", "--events", str(path), "--policies", str(policies))
    assert result.exit_code == 0, result.output
    assert "No clock: no policy matches" in result.stdout


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0"), (3600, "1h"), (3661.25, "1h 1m 1s 250ms"), (0.001, "1ms"), (360_000, "100h")],
)
def test_an_amount_is_said_exactly(seconds: float, words: str) -> None:
    """R33, R5: nothing is rounded."""
    assert amount(seconds) == words


def test_help_has_an_example() -> None:
    """Interfaces: every command has one."""
    assert "Example: sla explain" in run("--help").stdout


def test_the_page_shows_what_the_command_prints() -> None:
    """R33: docs/explain.md has a real example."""
    page = (ROOT / "docs" / "explain.md").read_text("utf-8")
    command = page.split("$ sla explain ", 1)[1].split("\n", 1)[0].split()
    shown = page.split("```text\n", 1)[1].split("```", 1)[0]
    result = run(*(str(ROOT / word) if word.startswith("examples/") else word for word in command))
    assert "\n".join(text.rstrip() for text in result.stdout.splitlines()) + "\n" == shown


@pytest.mark.parametrize("since", ["now", "start"])
def test_a_version_that_was_applied_to_a_clock_is_told(
    since: Since, capsys: pytest.CaptureFixture[str]
) -> None:
    """R18, R33: which version, how it was applied, and what it made of the clock."""
    rules = engine(promised("new", first_response=2), since)
    one, _ = told(rules, CREATED, Messaged("t", instant("Mon", None, "11:00"), 1, "agent"))
    show_ticket(shown(one, one.reached, rules), whole=False)
    said = " ".join(capsys.readouterr().out.split())
    assert (
        "retargeted (another version of the policies was applied): policies version new, " in said
    )
    assert f"policies version new, applied from {'now' if since == 'now' else 'the start'}" in said
