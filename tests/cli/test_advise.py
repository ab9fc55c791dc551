"""`sla advise`: what it prints, what it writes, and how it ends where there is nothing to say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from streams.cli.main import sla
from streams.wire.instant import show
from tests.conftest import ROOT
from tests.insight.history import DAY, HOUR, MINUTE, START
from tests.ticket_event import ticket_event

DATA = ROOT / "streams" / "demo_data"
POLICIES = """
schedules:
  office: {time_zone: Europe/Paris, hours: {mon-fri: ["09:00-17:00"]}}
policies:
  - name: "it, all"
    schedule: office
    objective: 90%
    targets: {first_response: {default: 1h}, total_resolution: {default: 1bd}}
"""


@pytest.fixture
def sample(tmp_path: Path) -> str:
    """Import the sample as the demo does."""
    path = tmp_path / "events.ndjson"
    sample = str(DATA / "incidents-sample.csv.gz")
    done = CliRunner().invoke(sla, ["import", "-m", str(DATA / "mapping.yaml"), sample])
    path.write_text(done.stdout, "utf-8")
    return str(path)


@pytest.fixture
def policies(tmp_path: Path) -> str:
    """Write a policies file."""
    path = tmp_path / "policies.yaml"
    path.write_text(POLICIES, "utf-8")
    return str(path)


def run(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(sla, ["advise", *arguments])


def write(path: Path, *events: dict[str, Any]) -> str:
    """Write ticket events; give the file's name."""
    path.write_bytes(b"".join(orjson.dumps(event) + b"\n" for event in events))
    return str(path)


def created(ticket: str, at: int, **attributes: str) -> dict[str, Any]:
    """Make the creation of a ticket."""
    data = {"author": "customer", "public": True, **attributes}
    return ticket_event(ticket, "c", "created", at, data)


def answered(ticket: str, at: int) -> dict[str, Any]:
    """Make an answer."""
    data = {"author": "agent", "public": True}
    return ticket_event(ticket, "a", "message", at, data)


def lines(done: Result) -> list[str]:
    """Give what was printed, with single spaces."""
    assert done.exit_code == 0, done.output
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


def test_a_history_is_told_by_segment_with_a_promise_for_each(sample: str) -> None:
    """R32: times with bounds, proposals, what they would have yielded, and the week."""
    done = run(
        "--policies", str(DATA / "policies.yaml"), "--by", "priority", "--least", "10", sample
    )
    told = lines(done)
    assert max(map(len, done.stdout.splitlines())) <= 120
    assert told[0].startswith("Tickets: 300; events: ")
    assert "Counted on office: mon-fri 14:00-23:00 (UTC)" in told
    assert any(
        line.startswith("total_resolution of standard, in active time of office") for line in told
    )
    assert any("3 - Moderate" in line and line.endswith(" %") for line in told)
    assert any(line.startswith("The promises that stand now: ") for line in told)
    assert any(line.startswith("The week of first_response, in hours of UTC") for line in told)
    assert sum(line.startswith("mon ") for line in done.stdout.splitlines()) == 3


def test_the_same_as_json_is_exact(sample: str) -> None:
    """R32: units in the names, shares with their bounds, what is not reached is null."""
    done = run("--policies", str(DATA / "policies.yaml"), "--by", "priority", "--json", sample)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["tickets"], told["policies_given"], told["confidence"]) == (300, True, 0.95)
    for one in told["segments"]:
        assert one["cycles"] == sum(one[f"{how}_cycles"] for how in ("ended", "open", "cancelled"))
        times = [one["within"][f"{share}_percent"]["seconds"] for share in (50, 80, 90, 95)]
        reached = [time for time in times if time is not None]
        assert reached == sorted(reached)
        if one["proposal"] is not None:
            kept = one["proposal"]["kept"]
            assert kept["low"] <= kept["value"] <= kept["high"]
            rate = one["replayed"]["rate_fraction"]
            assert rate == [
                one["replayed"]["met"],
                one["replayed"]["met"] + one["replayed"]["breached"],
            ]
    week = told["weeks"][0]
    assert len(week["hours"]) == 168
    assert sum(hour["tickets"] for hour in week["hours"]) == 300


def test_the_file_that_is_written_passes_the_checker_and_replays_to_what_was_said(
    sample: str, tmp_path: Path
) -> None:
    """R32: through the commands themselves, from the first to the last number."""
    start = str(tmp_path / "start.yaml")
    given = ("--policies", str(DATA / "policies.yaml"), "--objective", "75%", "--least", "60")
    done = run(*given, "--by", "priority", "--write", start, "--json", sample)
    told = json.loads(done.stdout)
    assert f"{start}: a policies file to start from" in done.stderr
    checked = CliRunner().invoke(sla, ["policies", "check", start])
    assert checked.exit_code == 0, checked.output
    replayed = CliRunner().invoke(
        sla, ["replay", "--policies", start, "--summary", "--json", sample]
    )
    compliance = json.loads(replayed.stdout)["compliance"]
    for metric in ("first_response", "total_resolution"):
        said = [one["replayed"] for one in told["segments"] if one["metric"] == metric]
        counted = [one for one in compliance if one["metric"] == metric]
        for name in ("met", "breached"):
            assert sum(one[name] for one in said if one) == sum(one[name] for one in counted) > 0
    text = Path(start).read_text("utf-8")
    for one in told["segments"]:
        if one["replayed"] is not None:
            met, breached = one["replayed"]["met"], one["replayed"]["breached"]
            assert f"# replayed: {met:,} met, {breached:,} breached" in " ".join(text.split())


def test_without_a_policies_file_it_says_on_what_it_counts(tmp_path: Path) -> None:
    """R32: around the clock, and of words that no category knows."""
    events = [
        created("t1", START, status="Neu"),
        answered("t1", START + MINUTE),
    ]
    told = " ".join(lines(run(write(tmp_path / "e", *events))))
    assert "Counted 24 hours a day, 7 days a week, as no policies file was given" in told
    assert "Status words that no category knows, which count as open: Neu" in told


def test_one_ticket_is_too_few_and_says_so(tmp_path: Path, policies: str) -> None:
    """R32: no traceback, no promise, and how many it would take."""
    events = write(tmp_path / "e", created("t1", START), answered("t1", START + 10 * HOUR))
    told = " ".join(lines(run("--policies", policies, events)))
    assert "too few to prove 90%: 1 cycle, where 35 that all keep a promise would do." in told


def test_open_tickets_alone_have_no_time_that_is_reached(tmp_path: Path, policies: str) -> None:
    """R32: all censored: nothing is known but that it takes longer."""
    events = [created(f"t{n}", START + n * HOUR) for n in range(40)]
    done = run(
        "--policies", policies, "--until", show(START + 3 * DAY), write(tmp_path / "e", *events)
    )
    told = lines(done)
    assert any(line.startswith("all 40 40 0 not reached not reached") for line in told)
    assert any("was kept by 0.0 %" in line for line in told)


@pytest.mark.parametrize("until", ["2026-03-01T00:00:00Z", None])
def test_where_nothing_has_happened_yet_there_is_nothing_to_learn(
    tmp_path: Path, until: str | None
) -> None:
    """Tickets of the future, or none at all: words, and an end in good order."""
    events = write(tmp_path / "e", *([created("t1", START)] if until else []))
    given = ["--until", until] if until else []
    told = lines(run(*given, events))
    assert told[0].startswith("Tickets: 0; events: 0")
    assert "No cycle has started, so there is nothing to learn from." in told
    assert json.loads(run(*given, "--json", events).stdout)["segments"] == []
    done = run(*given, "--write", str(tmp_path / "start.yaml"), events)
    assert (done.exit_code, "no policies file to write" in done.stderr) == (1, True)
    assert not (tmp_path / "start.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--objective", "100"), 2, "'100' is no objective; write more than 0% and below 100%"),
        (("--objective", "often"), 2, "'often' is no objective"),
        (("--target", "1d"), 2, "a day of 24 hours and a business day are two different promises"),
        (("--by", "tier,tier"), 2, "write each attribute once"),
        (("--schedule", "night"), 1, "--schedule night: no such schedule; there is 24x7"),
        (("--policies", "nowhere.yaml"), 1, "no such file"),
        (("--by", "tags"), 1, "'tags' holds lists, which make no segments; leave it out of --by"),
        (("--objective", "75", "--write", "no/where"), 1, "no/where: no such file or directory"),
    ],
)
def test_what_was_wrong_is_told_with_the_fix(
    tmp_path: Path, arguments: tuple[str, ...], status: int, said: str
) -> None:
    """Field, value and fix; no traceback."""
    tagged = created("t0", START)
    tagged["data"]["tags"] = ["a", "b"]
    events = [tagged]
    for number in range(80):
        events += [created(f"t{number}", START), answered(f"t{number}", START + MINUTE)]
    done = run(*arguments, write(tmp_path / "e", *events[:1], *events[3:]))
    assert done.exit_code == status, done.output
    assert said in done.stderr
    assert "Traceback" not in done.output


def test_lines_that_are_no_events_are_told(tmp_path: Path) -> None:
    """The rest goes on; where there is no rest, that is the end."""
    path = tmp_path / "e"
    path.write_bytes(b"{}\n" + orjson.dumps(created("t1", START)) + b"\n")
    done = run(str(path))
    assert done.exit_code == 0
    assert f"{path}:1: " in done.stderr
    path.write_bytes(b"{}\n")
    assert run(str(path)).exit_code == 1
    assert run(str(tmp_path / "none")).exit_code == 1


def test_standard_input_is_read_twice_and_says_the_same(tmp_path: Path, sample: str) -> None:
    """R32: measured, then replayed under what is proposed, by as many processes as you like."""
    given = ("--policies", str(DATA / "policies.yaml"), "--objective", "75", "--json")
    by_name = run(*given, "--jobs", "1", sample)
    text = Path(sample).read_text("utf-8")
    piped = CliRunner().invoke(sla, ["advise", *given, "--jobs", "2", "-"], input=text)
    assert piped.exit_code == 0, piped.output
    assert piped.stdout == by_name.stdout
    assert any(one["replayed"] for one in json.loads(piped.stdout)["segments"])


def test_what_is_left_out_is_told_once(tmp_path: Path, sample: str) -> None:
    """The history is folded twice, and the same line is wrong both times."""
    path = tmp_path / "e"
    path.write_text("{}\n" + Path(sample).read_text("utf-8"), "utf-8")
    done = run("--policies", str(DATA / "policies.yaml"), "--objective", "75", str(path))
    assert done.exit_code == 0
    assert done.stderr.count(f"{path}:1: ") == 1


def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No traceback, and the fix."""
    for name in [name for name in sys.modules if name.startswith("streams.insight")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "scipy", None)
    done = run(write(tmp_path / "e", created("t1", START)))
    assert done.exit_code == 1
    assert 'sla advise needs scipy: pip install "sla-streams[insight]"' in done.stderr


def test_help_needs_no_scipy() -> None:
    """`sla --help` and `sla advise --help` are instant: scipy takes a second, and may be absent."""
    code = (
        "import sys\nfrom streams.cli.main import sla\n"
        "for words in (['--help'], ['advise', '--help']):\n"
        "    try: sla(words)\n"
        "    except SystemExit as end: assert not end.code\n"
        "assert not {'scipy', 'numpy', 'matplotlib'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert "Example: sla advise --policies" in done.stdout
