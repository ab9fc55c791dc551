"""The exports of each product, through import and replay: what was promised, and what came of it.

The samples were made by hand from the documented columns; see `exports/README.md`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.cli.main import sla
from streams.history.mapping import shipped_mappings

EXPORTS = Path(__file__).parent / "exports"
POLICIES = """\
version: 1
statuses:
  pending: [pending, Waiting for customer, On Hold, pending reminder]
  solved: [solved, resolved]
  closed: [closed]
policies:
  - name: desk
    match: {}
    schedule: 24x7
    targets:
      first_response: {default: 1h}
      next_response: {default: 1h}
      total_resolution: {high: 4h, 2 - High: 4h, 3 high: 4h, "2": 4h, default: 8h}
    pause: {statuses: [pending], metrics: [total_resolution]}
"""
ANSWERS = [
    "1 first_response met 09:40",
    "2 first_response breached 11:00",
    "3 first_response breached 12:00",
]
SOLUTIONS = [
    "1 total_resolution met 12:30",
    "2 total_resolution breached 18:00",
    "3 total_resolution breached 19:00",
]
FOURTH = ["4 first_response met 12:10"]
HISTORY = [
    "1 first_response met 09:40",
    "1 next_response breached 12:00",
    "1 total_resolution met 14:00",
    "2 first_response breached 11:00",
]
UNPAUSED = [*HISTORY[:2], "1 total_resolution breached 13:00", HISTORY[3]]
UNANSWERED = ["1 total_resolution met 14:00"]


def exported(name: str) -> Path:
    """Find the sample of a mapping."""
    (found,) = EXPORTS.glob(f"{name}.*")
    return found


def imported(folder: Path, name: str, zone: str, *more: str) -> tuple[Path, str]:
    """Import a sample by its shipped mapping, in its zone; give the events and the words."""
    events = folder / f"{name}-events.ndjson"
    files = more or (str(exported(name)), "--rejects", str(folder / "bad.ndjson"))
    done = CliRunner().invoke(
        sla, ["import", "-m", name, "--zone", zone, "-o", str(events), *files]
    )
    assert done.exit_code == 0, done.output
    return events, done.stderr


def verdicts(folder: Path, until: str, *events: Path) -> list[str]:
    """Replay events; say by ticket which promises were met and breached, and when."""
    (folder / "p.yaml").write_text(POLICIES, "utf-8")
    arguments = [
        "replay",
        "--policies",
        str(folder / "p.yaml"),
        "--until",
        f"2026-03-02T{until}:00Z",
    ]
    done = CliRunner().invoke(sla, [*arguments, *(str(name) for name in events)])
    assert done.exit_code == 0, done.output
    assert "rejected" not in done.stderr
    said = []
    for fact in map(json.loads, done.stdout.splitlines()):
        data = fact["data"]
        words = {"sla.breached": "breached", "sla.fulfilled": data.get("outcome")}
        outcome = words.get(fact["type"])
        if outcome and (outcome, fact["type"]) != ("breached", "sla.fulfilled"):
            ticket = data["ticket"].lstrip("ACDEIKNS-0") or "0"
            said.append(f"{ticket} {data['metric']} {outcome} {fact['time'][11:16]}")
    return sorted(said)


@pytest.mark.parametrize(
    ("name", "zone", "until", "wanted"),
    [
        ("zendesk", "UTC", "20:00", [*ANSWERS, *SOLUTIONS, *FOURTH]),
        ("zendesk-csv", "Europe/Paris", "20:00", [*ANSWERS, *SOLUTIONS, *FOURTH]),
        ("freshdesk", "Asia/Kolkata", "20:00", [*ANSWERS, *SOLUTIONS, *FOURTH]),
        ("freshdesk-json", "UTC", "20:00", [*ANSWERS, *SOLUTIONS, *FOURTH]),
        ("jira-csv", "America/New_York", "20:00", SOLUTIONS),
        ("servicenow-incidents", "UTC", "20:00", SOLUTIONS),
        ("zammad", "UTC", "20:00", [*ANSWERS, *SOLUTIONS, *FOURTH]),
        ("zendesk-audits", "UTC", "14:30", HISTORY),
        ("freshdesk-conversations", "UTC", "14:30", UNPAUSED),
        ("jira", "UTC", "14:30", HISTORY),
        ("servicenow-audit", "UTC", "14:30", UNANSWERED),
        ("zammad-history", "UTC", "14:30", HISTORY),
    ],
)
def test_the_export_of_each_product_gives_the_verdicts_that_were_worked_out_by_hand(
    tmp_path: Path, name: str, zone: str, until: str, wanted: list[str]
) -> None:
    """R9, R10, R12, R15, R16: as far as the export can tell, and no further."""
    events, _ = imported(tmp_path, name, zone)
    promised = {line.split()[1] for line in wanted}
    said = verdicts(tmp_path, until, events)
    assert [line for line in said if line.split()[1] in promised] == sorted(wanted)


def test_every_mapping_of_a_product_has_a_sample() -> None:
    """What ships was tried."""
    own = {"servicenow", "tickets"}  # the log of a whole year, and the one to start from
    assert {path.stem for path in EXPORTS.iterdir()} - {"README"} == set(shipped_mappings()) - own


@pytest.mark.parametrize(
    ("name", "zone", "reasons", "mended"),
    [
        (
            "zendesk",
            "UTC",
            ["5: created_at is None; a row needs that time"],
            [('"created_at": null', '"created_at": "2026-03-02T09:00:00Z"')],
        ),
        (
            "zendesk-csv",
            "Europe/Paris",
            [
                "6: Created at: 'yesterday' is not a time as %Y-%m-%d %H:%M:%S or",
                "7: First reply time in minutes is 'soon'; a number is needed, 0 or more",
            ],
            [('"yesterday"', '"2026-03-02 13:00"'), ('"soon"', '"7"')],
        ),
        (
            "freshdesk",
            "Asia/Kolkata",
            [
                "6: Created time: '02:30:00' is a length of time, not a time as",
                "7: has 2 columns where the header has 25",
            ],
            [
                ('"02:30:00"', '"2026-03-02 14:30:00"'),
                (
                    '"text": "6,torn"',
                    '"text": "6,t,Open,Low,,,,,2026-03-02 14:30:00' + "," * 16 + '"',
                ),
            ],
        ),
        (
            "freshdesk-json",
            "UTC",
            ["5: created_at: '1772442000' is a number, not a time as iso8601; if it counts from"],
            [(": 1772442000", ': "2026-03-02T09:00:00Z"')],
        ),
        (
            "freshdesk-conversations",
            "UTC",
            ["3: conversations[0]: .created_at is None; a row needs that time"],
            [('"created_at": null', '"created_at": "2026-03-02T10:30:00Z"')],
        ),
        (
            "jira-csv",
            "America/New_York",
            ["5: Created: '02/Mär/26 6:00 AM' is not a time as %d/%b/%y %I:%M %p or"],
            [("M\\u00e4r", "Mar")],
        ),
        (
            "jira",
            "UTC",
            [
                "3: changelog.histories holds 0 items and changelog.total says 120: the list",
                "4: fields.comment.comments[0]: author is 'unknown'; map it to customer, agent or",
            ],
            [('"total": 120', '"total": 0'), ('"unknown"', '"customer"')],
        ),
        (
            "servicenow-incidents",
            "UTC",
            ["6: opened_at: '02-03-2026' is not a time as %Y-%m-%d %H:%M:%S or iso8601"],
            [("02-03-2026", "2026-03-02 09:00:00")],
        ),
        (
            "servicenow-audit",
            "UTC",
            ["3: audit[0]: .sys_created_on is ''; a row needs that time"],
            [('"sys_created_on": ""', '"sys_created_on": "2026-03-02 11:00:00"')],
        ),
        (
            "zammad",
            "UTC",
            ["5: is not a JSON object"],
            [('"[\\"no\\", \\"ticket\\"]"', '"{\\"id\\": 9, \\"created_at\\": \\"2026-03-02\\"}"')],
        ),
        ("zammad-history", "UTC", ["3: articles is no list; name the list"], [('"none"', "[]")]),
        (
            "zendesk-audits",
            "UTC",
            ["3: audits[1].events[0]: ..created_at: 'soon' is not a time as iso8601"],
            [('"soon"', '"2026-03-02T11:00:00Z"')],
        ),
    ],
)
def test_bad_rows_are_told_with_their_place_kept_mended_and_imported(
    tmp_path: Path, name: str, zone: str, reasons: list[str], mended: list[tuple[str, str]]
) -> None:
    """Bad rows are counted, shown and kept; what is mended goes in as if it had never been bad."""
    _, words = imported(tmp_path, name, zone)
    for reason in reasons:
        assert f"rejected {exported(name)}:{reason}" in words
    assert f"; {len(reasons)} rejected" in words
    kept = (tmp_path / "bad.ndjson").read_text("utf-8")
    assert kept.count("\n") == len(reasons)
    for wrong, right in mended:
        assert wrong in kept
        kept = kept.replace(wrong, right)
    (tmp_path / "mended.txt").write_text(kept, "utf-8")
    _, words = imported(tmp_path, name, zone, str(tmp_path / "mended.txt"))
    assert f"{len(reasons)} rows → {len(reasons)} tickets" in words
    assert "; 0 rejected" in words


@pytest.mark.parametrize("name", sorted(path.stem for path in EXPORTS.glob("*.[cjn]*")))
def test_an_export_that_is_imported_twice_says_nothing_new(tmp_path: Path, name: str) -> None:
    """R7: the same ids, so all of the second import are duplicates, which change nothing."""
    once, _ = imported(tmp_path, name, "UTC")
    events = [json.loads(line) for line in once.read_text("utf-8").splitlines()]
    twice = tmp_path / "twice.ndjson"
    imported(tmp_path, name, "UTC")[0].rename(twice)
    assert [json.loads(line) for line in twice.read_text("utf-8").splitlines()] == events
    assert len({event["id"] for event in events}) == len(events)
    imported(tmp_path, name, "UTC")
    assert verdicts(tmp_path, "20:00", once, twice) == verdicts(tmp_path, "20:00", once)
