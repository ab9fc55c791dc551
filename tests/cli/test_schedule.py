"""`sla schedule`: questions one by one, and by the batch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.cli.main import sla

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = str(ROOT / "examples" / "policies.yaml")
FRIDAY = "2026-03-27T15:00:00Z"
UTC_OFFICE = {"time_zone": "UTC", "hours": {"mon-fri": "09:00-17:00"}}


def run(*arguments: str, text: str | None = None) -> Result:
    """Run the command."""
    return CliRunner().invoke(sla, ["schedule", *arguments], input=text)


def answers(*questions: object) -> list[dict[str, object]]:
    """Ask by the batch."""
    lines = [q if isinstance(q, str) else json.dumps(q) for q in questions]
    result = run("--batch", text="\n".join(lines))
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def asked(**more: object) -> dict[str, object]:
    """Make a question that can be answered, with what is given in its place."""
    question = {"schedule": UTC_OFFICE, "op": "deadline", "start": FRIDAY, "seconds": 3600}
    return {**question, **more}


def test_a_batch_answers_line_by_line_in_order() -> None:
    """The face that the interfaces name, both operations, and blank lines between."""
    assert answers(
        asked(),
        "",
        asked(schedule="24x7", seconds=0.5),
        asked(op="elapsed", end="2026-03-30T10:00:00+01:00"),
        asked(op="elapsed", end="2026-03-27T15:00:00.250Z"),
        asked(op="elapsed", end="2020-01-01T00:00:00Z"),
        asked(seconds=10800),
        asked(seconds=0),
        {"schedule": UTC_OFFICE, "op": "deadline", "start": FRIDAY, "duration": "2bd"},
        {"schedule": UTC_OFFICE, "op": "deadline", "start": FRIDAY, "duration": "90m"},
        {"schedule": UTC_OFFICE, "op": "deadline", "start": FRIDAY, "duration": "end of 1bd"},
    ) == [
        {"deadline": "2026-03-27T16:00:00Z"},
        {"deadline": "2026-03-27T15:00:00.500Z"},
        {"elapsed_seconds": 7200},
        {"elapsed_seconds": 0.25},
        {"elapsed_seconds": 0},
        {"deadline": "2026-03-30T10:00:00Z"},
        {"deadline": FRIDAY},
        {"deadline": "2026-03-31T15:00:00Z"},
        {"deadline": "2026-03-27T16:30:00Z"},
        {"deadline": "2026-03-30T17:00:00Z"},
    ]


def test_holidays_of_a_batch_may_be_a_plain_list_of_dates() -> None:
    """As well as a mapping; any key but the hours may be absent."""
    off = UTC_OFFICE | {"holidays": ["2026-03-30"]}
    named = UTC_OFFICE | {"holidays": {"country": "DE", "subdivision": "BY"}}
    closed = UTC_OFFICE | {"exceptions": [{"date": "2026-03-30", "closed": ["09:00-12:00"]}]}
    assert answers(*(asked(schedule=s, seconds=10800) for s in (off, named, closed))) == [
        {"deadline": "2026-03-31T10:00:00Z"},
        {"deadline": "2026-03-30T10:00:00Z"},
        {"deadline": "2026-03-30T13:00:00Z"},
    ]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("x", "not JSON"),
        ("[]", "not a JSON object"),
        ("[" * 100_000, "nested too deeply"),
        ('{"seconds": NaN}', "NaN is no number"),
        (f'{{"seconds": {"9" * 5000}}}', "not JSON"),
        ({}, "op: missing; fix: write one of deadline, elapsed"),
        (asked(op="deadlin"), 'op: value "deadlin": not a question; fix: did you mean deadline?'),
        (asked(op=["elapsed"]), "op: value"),
        ({"op": "deadline"}, "schedule: missing"),
        (asked(schedule=None), "schedule"),
        (asked(schedule=7), "not a mapping"),
        (asked(schedule="24/7"), "24x7"),
        (asked(schedule={}), "schedule.hours: never opens"),
        (asked(schedule={"hours": {"mon": "x"}}), "schedule.hours.mon: value"),
        (asked(schedule={"timezone": "UTC"}), "unknown key; fix: did you mean time_zone?"),
        (asked(schedule=UTC_OFFICE | {"time_zone": "Mars"}), 'value "Mars": not a time zone'),
        (asked(start=None), "start: missing"),
        (asked(start=5), "start: value 5: not an instant"),
        (asked(start="2026-03-27T15:00:00"), "not an instant"),
        (asked(seconds=None), "seconds: missing"),
        (asked(seconds="3600"), 'fix: write "seconds": 3600'),
        (asked(seconds=True), "not a number of seconds"),
        (asked(seconds=-1), "seconds: value -1: not an amount"),
        (asked(seconds=0.0001), "finer than a millisecond"),
        (asked(seconds=1e300), "not an amount"),
        (asked(seconds=10**12), "do not fit before the year 9999"),
        (asked(schedule="24x7", seconds=10**13), "outside the years 1 to 9999"),
        ({"schedule": "24x7", "op": "deadline", "start": FRIDAY, "duration": "1d"}, "duration: "),
        ({"schedule": "24x7", "op": "deadline", "start": FRIDAY, "duration": 1}, "duration: "),
        (asked(op="elapsed"), "end: missing"),
        ({"schedule": UTC_OFFICE, "op": "elapsed", "start": "0001-01-01T00:00:00Z",
          "end": FRIDAY}, "outside the years"),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_answered_is_answered_with_the_reason(
    question: object, words: str
) -> None:
    """Field, value and fix, and the lines after it are answered as well."""
    error, after = answers(question, asked())
    assert list(error) == ["error"]
    assert words in str(error["error"])
    assert after == {"deadline": "2026-03-27T16:00:00Z"}


def test_bytes_that_are_not_utf8_are_answered_too() -> None:
    """The batch goes on."""
    result = CliRunner().invoke(sla, ["schedule", "--batch"], input=b'{"op": "\xff"}\n')
    assert json.loads(result.stdout) == {"error": "not UTF-8; fix: send UTF-8"}


def test_a_batch_reads_a_file(tmp_path: Path) -> None:
    """Or says that it cannot."""
    file = tmp_path / "questions.ndjson"
    file.write_text(json.dumps(asked()) + "\n")
    assert run("--batch", str(file)).stdout == '{"deadline": "2026-03-27T16:00:00Z"}\n'
    missing = run("--batch", str(tmp_path / "no"))
    assert missing.exit_code == 1
    assert "fix: name a file" in missing.stderr


def test_a_batch_answers_each_line_before_the_next_is_asked() -> None:
    """So that a program can hold a conversation with it."""
    with subprocess.Popen(
        [sys.executable, "-m", "streams", "schedule", "--batch", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, cwd=ROOT,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(2):
            process.stdin.write(json.dumps(asked()) + "\n")
            assert process.stdout.readline() == '{"deadline": "2026-03-27T16:00:00Z"}\n'


def test_deadline_and_elapsed_answer_on_stdout(tmp_path: Path) -> None:
    """R24, R25: from a file of one schedule, from a policies file, from 24x7."""
    office = ("--policies", EXAMPLE, "--name", "office", "--start", FRIDAY)
    assert run("deadline", *office, "--duration", "2bd").stdout == "2026-03-31T14:00:00Z\n"
    assert run("deadline", *office, "--duration", "end of 0bd").stdout == "2026-03-27T16:00:00Z\n"
    assert run("deadline", *office, "--seconds", "3600").stdout == "2026-03-27T16:00:00Z\n"
    assert run("elapsed", *office, "--end", "2026-03-30T10:00:00Z").stdout == "14400\n"
    file = tmp_path / "s.yaml"
    file.write_text("time_zone: UTC\nhours: {mon-fri: ['09:00-17:00']}\n")
    one = ("--schedule", str(file), "--start", FRIDAY)
    assert run("deadline", *one, "--seconds", "10800.5").stdout == "2026-03-30T10:00:00.500Z\n"
    file.write_text(
        "schedules: {only: {time_zone: UTC, hours: {mon-fri: 09:00-17:00}}}\n"
        "policies: [{name: a, schedule: only, targets: {agent_work: {default: 1h}}}]\n"
    )
    only = ("--policies", str(file), "--start", FRIDAY)
    assert run("deadline", *only, "--duration", "1h").stdout == "2026-03-27T16:00:00Z\n"
    always = ("--schedule", "24x7", "--start", FRIDAY)
    assert run("deadline", *always, "--duration", "1h").stdout == "2026-03-27T16:00:00Z\n"


def test_show_prints_the_coming_hours_in_local_time() -> None:
    """R33: with what makes a day another than its week has it."""
    office = ("--policies", EXAMPLE, "--name", "office", "--days", "8")
    shown = run("show", *office, "--start", "2026-12-24T12:00:00Z").stdout
    assert "Europe/Paris" in shown
    lines = {line.split()[1]: line for line in shown.splitlines() if "2026-12-" in line}
    assert len(lines) == 8
    assert "holiday" in lines["2026-12-24"]
    assert "09:00-12:30, 13:30-18:00" in lines["2026-12-29"]
    assert "09:00-12:00" in lines["2026-12-31"]
    assert "exception" in lines["2026-12-31"]
    nights = run("show", "--policies", EXAMPLE, "--name", "nights", "--days", "3").stdout
    assert nights.count("(+1d)") >= 1
    assert "00:00-24:00" in run("show", "--schedule", "24x7", "--start", FRIDAY).stdout


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ([], 2, "Usage"),
        (["deadline", "--start", FRIDAY, "--seconds", "1"], 2, "say which schedule"),
        (["deadline", "--schedule", "24x7", "--start", FRIDAY], 2, "say how long"),
        (["deadline", "--schedule", "24x7", "--start", "now", "--seconds", "1"], 2, "RFC 3339"),
        (["deadline", "--schedule", "24x7", "--start", FRIDAY, "--seconds", "x"], 2, "a number"),
        (["deadline", "--schedule", "24x7", "--start", FRIDAY, "--duration", "1d"], 2, "24h"),
        (["deadline", "--schedule", "24x7", "--start", FRIDAY, "--seconds", "1e13"], 1, "years"),
        (["elapsed", "--schedule", "none.yaml", "--start", FRIDAY, "--end", FRIDAY], 1, "no such"),
        (["show", "--policies", EXAMPLE], 1, "fix: write one of office, nights"),
        (["show", "--policies", EXAMPLE, "--name", "offis"], 1, "did you mean office?"),
        (["show", "--schedule", "24x7", "--start", "9999-12-30T00:00:00Z"], 1, "calendar"),
        (["elapsed", "--policies", EXAMPLE, "--name", "office",
          "--start", "0001-02-01T00:00:00Z", "--end", FRIDAY], 1, "outside the years"),
        (["--batch", "-", "show"], 2, "not the command show"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_said_on_stderr(arguments: list[str], status: int, words: str) -> None:
    """Exit status 1 for a failed job, 2 for a wrong call; nothing on stdout."""
    result = run(*arguments)
    assert result.exit_code == status
    assert result.stdout == ""
    assert words in result.stderr


@pytest.mark.parametrize("command", [[], ["deadline"], ["elapsed"], ["show"]])
def test_every_help_has_an_example(command: list[str]) -> None:
    """House rule."""
    assert "Example: sla schedule" in run(*command, "--help").stdout
