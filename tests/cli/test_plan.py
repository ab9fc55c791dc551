"""`sla plan`: a change of policies, reviewed."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.cli.main import sla
from tests.cli.test_replay import DATA, events

__all__ = ["events"]

CURRENT = DATA / "policies.yaml"


def run(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(sla, ["plan", *arguments])


@pytest.fixture(scope="module")
def candidate(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Write a file that promises less to some and more to others."""
    path = tmp_path_factory.mktemp("candidate") / "candidate.yaml"
    text = CURRENT.read_text("utf-8")
    changed = text.replace(
        '"2 - High": 18h, "3 - Moderate": 3bd', '"2 - High": 90h, "3 - Moderate": 2bd'
    )
    assert changed != text
    path.write_text(changed, "utf-8")
    return str(path)


def summary(policies: str, events: str) -> list[dict[str, object]]:
    """Replay alone; give the rates."""
    done = CliRunner().invoke(
        sla, ["replay", "--policies", policies, "--summary", "--json", events]
    )
    keys = "policy", "kind", "metric", "met", "breached", "rate", "rate_fraction"
    told = json.loads(done.stdout)["compliance"]
    return [{key: one[key] for key in keys} for one in told]


def test_the_columns_are_those_of_two_replays(events: str, candidate: str) -> None:
    """R26: of real tickets."""
    done = run("--current", str(CURRENT), "--candidate", candidate, "--json", events)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    for side, policies in (("current", str(CURRENT)), ("candidate", candidate)):
        shown = [
            {**{key: one[key] for key in ("policy", "kind", "metric")}, **one[side]}
            for one in told["compliance"]
        ]
        assert [one for one in shown if one["rate"] is not None] == summary(policies, events)
    assert told["won"]
    assert told["lost"]
    assert not told["empty"]


def test_the_segments_add_up_to_the_whole(events: str, candidate: str) -> None:
    """Whatever tickets are told apart by."""
    for by in ("priority", "priority,channel,team", ""):
        told = json.loads(
            run(
                *("--current", str(CURRENT), "--candidate", candidate, "--json", events),
                *("--by", by),
            ).stdout
        )
        for side in ("current", "candidate"):
            for what in ("met", "breached"):
                parts = sum(one[side][what] for one in told["segments"])
                assert parts == sum(one[side][what] for one in told["compliance"]) > 0


def test_a_review_fails_on_a_condition_that_holds(events: str, candidate: str) -> None:
    """Exit status 3, whatever else is printed; 0 where none holds."""
    both = "--current", str(CURRENT), "--candidate", candidate, events
    lost = run(*both, "--fail-if", "lost > 0", "--fail-if", "won < 0")
    assert lost.exit_code == 3
    assert "--fail-if lost > 0: it is" in lost.stderr
    assert "so it holds" in lost.stderr
    assert "--fail-if won < 0: it is" in lost.stderr
    assert "Breaches lost" in lost.stdout
    assert run(*both, "--fail-if", "lost > 100000").exit_code == 0
    told = json.loads(run(*both, "--fail-if", "lost > 0", "--json").stdout)["conditions"]
    assert [(one["condition"], one["holds"]) for one in told] == [("lost > 0", True)]


def test_a_condition_that_cannot_be_read_is_a_mistake_in_the_command(events: str) -> None:
    """Exit status 2, before anything is replayed."""
    done = run(
        *("--current", str(CURRENT), "--candidate", str(CURRENT), events),
        *("--fail-if", "compliance < 92"),
    )
    assert done.exit_code == 2
    assert "compliance is a rate; write 92%" in done.stderr


def test_the_same_policies_change_nothing(events: str) -> None:
    """In one sentence, and no table."""
    done = run("--current", str(CURRENT), "--candidate", str(CURRENT), events)
    assert done.exit_code == 0
    assert done.stdout.rstrip().endswith("Nothing would change.")
    told = json.loads(
        run("--current", str(CURRENT), "--candidate", str(CURRENT), events, "--json").stdout
    )
    assert told["empty"]
    assert (told["won"], told["lost"], told["overdue_at_once"]) == ([], [], [])


def test_tables_fit_and_name_tickets(events: str, candidate: str) -> None:
    """What differs, with the ids of tickets, as many as are asked for."""
    both = "--current", str(CURRENT), "--candidate", candidate, events
    done = run(*both, "--limit", "2")
    assert max(map(len, done.stdout.splitlines())) <= 120
    won = json.loads(run(*both, "--json").stdout)["won"]
    assert len(won) > 2
    for turn in won[:2]:
        assert turn["ticket"] in done.stdout
    assert f"{len(won) - 2:,} more; --limit N shows more, --json all of them" in done.stdout


OPEN = (
    '{"specversion":"1.0","id":"1","source":"/x","type":"ticket.created","subject":"a",'
    '"time":"2026-03-26T09:00:00Z","datacontenttype":"application/json",'
    '"data":{"priority":"3 - Moderate","status":"New","author":"customer","public":true}}\n'
)


@pytest.mark.parametrize(
    ("lines", "until", "words"),
    [
        ("", None, "No ticket had begun by the end, so there is nothing to compare."),
        (OPEN, None, "Deadlines that move"),
        (OPEN, "2026-03-25T00:00:00Z", "No ticket had begun by the end"),
        (OPEN, "2026-03-30T12:00:00Z", "Open clocks that would be in breach at once: 1"),
    ],
)
def test_small_logs_have_plain_answers(
    tmp_path: Path, candidate: str, lines: str, until: str | None, words: str
) -> None:
    """None, one that is open, one of the future: no traceback, no table of nothing."""
    file = tmp_path / "events.ndjson"
    file.write_text(lines, "utf-8")
    more = () if until is None else ("--until", until)
    done = run("--current", str(CURRENT), "--candidate", candidate, str(file), *more)
    assert done.exit_code == 0, done.output
    assert words in done.stdout


def test_a_file_that_is_no_log_is_a_failure(tmp_path: Path) -> None:
    """Rather than a plan of nothing."""
    file = tmp_path / "events.ndjson"
    file.write_text("hello\n", "utf-8")
    done = run("--current", str(CURRENT), "--candidate", str(CURRENT), str(file))
    assert done.exit_code == 1
    assert "none of the lines is a ticket event" in done.stderr


def test_the_page_shows_what_is_printed(
    events: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its commands are run as they stand there, but for the import."""
    page = (Path(__file__).parents[2] / "docs" / "plan.md").read_text("utf-8")
    commands, printed = re.findall(r"```(?:console|text)\n(.*?)```", page, re.DOTALL)[:2]
    find, put = re.search(r"sed 's/(.*?)/(.*?)/'", commands).groups()  # type: ignore[union-attr]
    policies = CURRENT.read_text("utf-8")
    assert find in policies
    monkeypatch.chdir(tmp_path)
    Path("policies.yaml").write_text(policies, "utf-8")
    Path("stricter.yaml").write_text(policies.replace(find, put), "utf-8")
    Path("events.ndjson").write_text(Path(events).read_text("utf-8"), "utf-8")
    command = shlex.split(commands.splitlines()[-1].removeprefix("$ sla "))
    assert command[0] == "plan"
    told = CliRunner().invoke(sla, command).stdout
    assert [line.rstrip() for line in told.splitlines()] == printed.rstrip().splitlines()
