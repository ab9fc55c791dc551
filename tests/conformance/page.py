"""docs/conformance.md: what agrees with other systems, what differs and why.

Written by `python -m tests.conformance.page > docs/conformance.md` from the scenarios and from
`differences.json`, which a test holds against what `sla replay` says.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from tests.conformance.calendar import forward
from tests.conformance.scenarios import known
from tests.conformance.system import Case
from tests.conformance.systems import SYSTEMS
from tests.conformance.verdicts import compared, tables

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "conformance.md"

READ_AS = {
    "convention": "shows a deadline at the end of a window as the next opening; R25: ours is the "
    "earliest instant",
    "rounding": "counts whole minutes; R5: ours rounds nothing, so ours is cut to minutes",
    "exact_alternative": "rounds to a minute; R5: compared with the exact instant that the "
    "scenario names beside it",
}
"""What a scenario says of how its numbers are written, by the key that says so."""

INTRO = """\
# Conformance

Cases that others wrote, from the test suites and documents of other systems, run through this
product by `make test`. This page is written by
`python -m tests.conformance.page > docs/conformance.md`; a test holds it, and fails both where a
difference appears that is not listed and where a listed one is gone.

- **Business time**: {questions} questions of eleven code bases, by `sla schedule --batch`. All
  agree.
- **Tickets**: {scenarios} scenarios of eight systems, by `sla replay`. {agree} agree in every field
  that is compared, {differ} differ in at least one. {fields} fields are compared, {differing}
  differ, {out} are left out.

A scenario becomes a policies file and ticket events, translated by its system and never by its id:
below stands what each system means and how that is said here. Fields that the scenarios mark as
not checked independently are compared like all others.
"""


def markdown(shared: Path) -> str:
    """Write the page."""
    cases = known(shared)
    calendar = shared / "conformance" / "calendar_cases.json"
    told = tables()
    differ = {entry["scenario"] for entry in told["differs"]}
    fields = [len(compared(case)) for case in cases]
    intro = INTRO.format(
        questions=len(forward(json.loads(calendar.read_text(encoding="utf-8")))),
        scenarios=len(cases),
        agree=len(cases) - len(differ),
        differ=len(differ),
        fields=sum(fields),
        differing=len(told["differs"]),
        out=sum(len(case["expected"]) for case in cases) - sum(fields),
    )
    parts = (_systems(cases, differ), _differs(), _left_out(), _read_as(cases), _meanings())
    return "\n".join([intro, *("\n".join(part) + "\n" for part in parts)])


def _systems(cases: list[Case], differ: set[str]) -> Iterator[str]:
    scenarios = Counter(case["system"] for case in cases)
    agreeing = Counter(case["system"] for case in cases if case["id"] not in differ)
    yield from ("| system | scenarios | agree | differ |", "|---|---|---|---|")
    for system, count in sorted(scenarios.items()):
        agree = agreeing[system]
        yield f"| {system} | {count} | {agree} | {count - agree} |"


def _differs() -> Iterator[str]:
    yield from ("## What differs, and the rule that says why", "")
    yield from ("| scenario | field | theirs | ours | rule | why |", "|---|---|---|---|---|---|")
    for _, group in groupby(tables()["differs"], key=lambda entry: entry["scenario"]):
        entries = list(group)
        for entry in entries:
            why = entry["why"] if entry is entries[0] else ""
            cells = [entry[name] for name in ("scenario", "field", "theirs", "ours", "rule")]
            yield f"| {' | '.join([cells[0], *map(_code, cells[1:4]), cells[4], why]).strip()} |"


def _left_out() -> Iterator[str]:
    yield from ("## What is left out", "", "| system | field | why |", "|---|---|---|")
    for entry in tables()["left_out"]:
        yield f"| {entry['system']} | {_code(entry['field'])} | {entry['why']} |"


def _read_as(cases: list[Case]) -> Iterator[str]:
    yield from ("## Numbers read as the scenario writes them", "", "| scenario | it |", "|---|---|")
    for case in cases:
        yield from (f"| {case['id']} | {what} |" for key, what in READ_AS.items() if key in case)


def _meanings() -> Iterator[str]:
    yield "## What each system means"
    for name, system in SYSTEMS.items():
        text = inspect.getdoc(system) or ""
        title, _, body = text.partition("\n\n")
        clocks = ", ".join(
            f"{theirs} → {' and '.join(_code(' '.join(clock)) for clock in own)}"
            for theirs, own in system.clocks.items()
        )
        yield from ("", f"### {title.rstrip('.')} (`{name}`)", "", body, "", f"Clocks: {clocks}.")


def _code(text: str) -> str:
    return f"`{text.strip(chr(34))}`"


if __name__ == "__main__":
    sys.stdout.write(markdown(Path(os.environ.get("SLA_SHARED", ROOT.parent / "shared"))))
