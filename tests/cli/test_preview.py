"""`sla policies preview`, from files; tests/worker/test_policies_changed.py asks a broker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from streams.cli.main import sla
from streams.policies import load_file
from tests.ticket_event import ticket_event

POLICIES = """
version: 1
policies:
  - name: p
    schedule: 24x7
    match: {tier: [gold, tin]}
    targets: {first_response: {default: 4h}, total_resolution: {default: 8h}}
    pause: {statuses: [pending]}
"""
TIGHT = POLICIES.replace("4h", "2h").replace("[gold, tin]", "[gold]")
LOUD = POLICIES.replace("8h}", "8h}, requester_wait: {default: 90m}")
LOUD += "    warnings: [{at: 10%}]\n"


def run(*arguments: str, **env: str) -> Result:
    """Run the command."""
    return CliRunner(env=env).invoke(sla, ["policies", "preview", *arguments])


def event(ticket: str, number: int, time: str, type_: str = "created", **data: Any) -> str:
    """Write an event."""
    return json.dumps(ticket_event(ticket, number, type_, f"2026-03-23T{time}Z", data))


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Write policies and a day of events."""
    lines = [
        event("early", 0, "09:00:00", tier="gold"),
        event("later", 0, "11:30:00", tier="gold"),
        event("tin", 0, "11:00:00", tier="tin"),
        event("held", 0, "11:00:00", tier="gold", status="pending"),
        event("none", 0, "11:00:00", tier="paper"),
        event("done", 0, "08:00:00", tier="gold"),
        event("done", 1, "08:30:00", "changed", status="solved"),
        event("late", 0, "12:00:00", tier="gold"),
        "not an event",
    ]
    content = {
        "old": POLICIES,
        "tight": TIGHT,
        "loud": LOUD,
        "events": "\n".join(lines),
        "bad": "policys: []",
    }
    found = {}
    for name, text in content.items():
        path = tmp_path / f"{name}.yaml"
        path.write_text(text, "utf-8")
        found[name] = str(path)
    return found


def asked(files: dict[str, str], new: str, *more: str) -> Result:
    """Preview a file over the day's events."""
    where = ("--events", files["events"], "--current", files["old"])
    return run(files[new], *where, *more)


def test_both_ways_are_told_with_numbers_and_the_tickets_most_concerned(
    files: dict[str, str],
) -> None:
    """R18: for one who decides whether to apply it, and how."""
    done = asked(files, "tight", "--limit", "3")
    assert done.exit_code == 0
    versions = [load_file(files[name]).version for name in ("tight", "old")]
    said = " ".join(done.stdout.split())
    assert f"version {versions[0]}, in place of {versions[1]}, adopted at 2026-03-23T12:00" in said
    first, _, second = done.stdout.partition("Counted again from their start (--open-clocks")
    assert "Applied from now on (--open-clocks from-now)" in first
    for part in (first, second):
        text = " ".join(part.split())
        assert "6 tickets are not closed; no policy matches 2 of them, 1 as it is" in text
        # open, same, earlier, later, lost, ended, new, breached, warned
        assert "p sla first_response 5 - 4 - 1 - - 1 -" in text
        assert "p sla total_resolution 5 4 - - 1 - - - -" in text
        assert "2026-03-23 13:00 2026-03-23 12:00 earlier, breached at once" in text
        assert text.index("early ") < text.index("tin ")
        assert "no promise any more" in text
        assert "3 clocks more change" in text
    assert "1 records rejected; the rest went on" in done.stderr


def test_one_way_and_no_tickets(files: dict[str, str]) -> None:
    """Only what is asked for."""
    done = asked(files, "tight", "--open-clocks", "from-start", "--limit", "0")
    assert "from-now" not in done.stdout
    assert "what happens" not in done.stdout
    assert "6 clocks more change" in done.stdout


def test_json_has_everything(files: dict[str, str]) -> None:
    """For whoever goes on with it: each clock that changes, before and after."""
    done = asked(files, "loud", "--json", "--until", "2026-03-23T11:59:00Z")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told["version"] == load_file(files["loud"]).version
    assert told["replaces"] == load_file(files["old"]).version
    ways = told["open_clocks"]
    assert list(ways) == ["from-now", "from-start"]
    one = ways["from-now"]
    assert (one["at"], one["tickets"]) == ("2026-03-23T11:59:00.000Z", 5)
    assert one["unmatched"] == {"before": 1, "after": 1}
    (wait,) = (clock for clock in one["clocks"] if clock["metric"] == "requester_wait")
    assert (wait["open"], wait["new"], wait["breached_at_once"]) == (0, 4, 1)
    changes = {(change["ticket"], change["metric"]): change for change in one["changes"]}
    early = changes["early", "first_response"]
    assert (early["effect"], early["warned_at_once"]) == ("same", ["10%"])
    assert early["before"]["remaining_seconds"] == early["after"]["remaining_seconds"] == 3660
    held = changes["held", "requester_wait"]
    assert held["before"] is None
    assert (held["after"]["state"], held["after"]["deadline"]) == ("paused", None)


def test_a_version_that_changes_nothing(files: dict[str, str], tmp_path: Path) -> None:
    """R18: the same file, or the same promises in other words."""
    done = asked(files, "old")
    assert "It is the version that holds already." in done.stdout
    assert done.stdout.count("Nobody would notice.") == 2
    other = tmp_path / "other.yaml"
    other.write_text(POLICIES + "    objective: 50%\n", "utf-8")
    files["other"] = str(other)
    assert asked(files, "other").stdout.count("Nobody would notice.") == 2


def test_paused_clocks_and_new_promises_are_shown(files: dict[str, str]) -> None:
    """R15: what is left, where there is no deadline."""
    done = asked(files, "loud", "--limit", "50", "--open-clocks", "from-now")
    said = " ".join(done.stdout.split())
    assert "paused, 1h 30m left promised" in said
    assert "as before, warned at once (10%)" in said
    none = run(files["loud"], "--events", files["events"], "--current", files["tight"],
               "--until", "2026-03-23T08:45:00Z")  # fmt: skip
    assert "No clock is open." in none.stdout


@pytest.mark.parametrize(
    "flags",
    [
        ("--events", "x"),
        ("--current", "x"),
        ("--open-clocks", "keep"),
        ("more.ndjson",),
    ],
)
def test_what_does_not_go_together_is_a_mistake_of_usage(
    files: dict[str, str], flags: tuple[str, ...]
) -> None:
    """Exit status 2."""
    assert run(files["tight"], *flags).exit_code == 2


def test_what_cannot_be_read_is_said_in_words(files: dict[str, str]) -> None:
    """Exit status 1, no traceback."""
    for done in (
        asked(files, "bad"),
        run(files["tight"], "--events", "nowhere", "--current", files["old"]),
        run(files["tight"], "--events", files["events"], "--current", files["bad"]),
        run(files["tight"], "--broker", "127.0.0.1:1"),
        asked(files, "tight", "--until", "2020-01-01T00:00:00Z"),
    ):
        assert done.exit_code == 1
        assert "Error: " in done.stderr
        assert done.stdout == ""


def test_the_workers_setting_is_not_taken_for_the_question(files: dict[str, str]) -> None:
    """SLA_OPEN_CLOCKS=keep is set for workers, where this is run beside them."""
    where = ("--events", files["events"], "--current", files["old"])
    done = run(files["tight"], *where, SLA_OPEN_CLOCKS="keep")
    assert done.exit_code == 0
    assert "from-now" in done.stdout
