"""Every ticket scenario that others wrote, through `sla replay`, field by field."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.sla.instant import format_instant, parse_instant
from tests.conformance.page import PAGE, ROOT, markdown
from tests.conformance.reading import Reading
from tests.conformance.scenarios import document, known, ticket_events
from tests.conformance.system import Case
from tests.conformance.verdicts import Difference, compared, differences, left_out, show, tables


@pytest.fixture(scope="module")
def cases(shared: Path) -> list[Case]:
    """Read the scenarios; some are said to be there."""
    known_ = known(shared)
    assert len(known_) > 50
    return known_


def test_scenarios_agree_or_are_listed_as_different(
    cases: list[Case], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """R1-R33: nothing differs unlisted, and nothing is listed that agrees."""
    found = [difference for case in cases for difference in differences(case, tmp_path)]
    differ = {difference.scenario for difference in found}
    with capsys.disabled():
        agree = len(cases) - len(differ)
        sys.stdout.write(f"\n{agree} of {len(cases)} scenarios agree, {len(differ)} differ ")
    assert found == [Difference.of(entry) for entry in tables()["differs"]]


def test_a_field_is_left_out_only_where_a_scenario_has_it(cases: list[Case]) -> None:
    """What is left out is as little as is listed."""
    fields = {(case["system"], field) for case in cases for field in case["expected"]}
    assert left_out() <= fields
    assert all(compared(case) for case in cases), "a scenario without a field proves nothing"


def test_a_wrong_answer_would_be_noticed(cases: list[Case], tmp_path: Path) -> None:
    """Each field that is compared is really compared: were theirs another, it would differ."""
    for case in cases:
        # The pause that a scenario assumes is a premise: another one would be replayed.
        for field in set(compared(case)) - {"assumed_paused_s", "resolution_due_before"}:
            wrong = _another(case["expected"][field])
            told = {**case, "expected": {**case["expected"], field: wrong}}
            found = {(d.field, d.theirs) for d in differences(told, tmp_path)}
            assert (field, show(wrong)) in found, case["id"]


def _another(value: Any) -> Any:
    """Make a value that the scenario does not have: more than a minute away, for some round."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 121
    if isinstance(value, str) and value[:4].isdecimal():
        return format_instant(parse_instant(value) + 121_000)
    return "another"


def test_every_listed_difference_names_a_rule_of_the_contract(shared: Path) -> None:
    """A difference without a rule would be a defect."""
    semantics = (shared / "spec" / "semantics.md").read_text(encoding="utf-8")
    for entry in tables()["differs"]:
        assert f"**{entry['rule']} " in semantics
        assert entry["why"]


def test_the_page_is_the_table(shared: Path) -> None:
    """Style: docs/conformance.md is written by `python -m tests.conformance.page`."""
    assert PAGE.read_text(encoding="utf-8") == markdown(shared)


def test_all_scenarios_in_one_file_and_one_process_say_the_same(
    cases: list[Case], tmp_path: Path
) -> None:
    """R8, R19: seventy tickets under a hundred policies in one log are each as if alone."""
    policies, events = tmp_path / "all.yaml", tmp_path / "all.ndjson"
    policies.write_text(json.dumps(_joined(cases)), encoding="utf-8")
    with events.open("w", encoding="utf-8") as log:
        for case in cases:
            for event in ticket_events(case):
                log.write(json.dumps({**event, "data": _of(case, event["data"])}) + "\n")
    command = [sys.executable, "-m", "streams", "replay", "--policies", str(policies), str(events)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    together = [json.loads(line) for line in done.stdout.splitlines()]
    for case in cases:
        alone = Reading(case, tmp_path)
        same = [_core(fact) for fact in _before(together, case["id"], alone.until)]
        assert same == [_core(fact) for fact in _before(alone.facts, case["id"], alone.until)]


def _joined(cases: list[Case]) -> dict[str, Any]:
    """Put all scenarios' policies into one file, each for its own ticket."""
    joined: dict[str, Any] = {"version": 1, "statuses": {}, "schedules": {}, "policies": []}
    for case in cases:
        own = document(case)
        for category, words in own["statuses"].items():
            held = joined["statuses"].setdefault(category, [])
            held += [name for name in words if name not in held]
        joined["schedules"][case["id"]] = own["schedules"]["theirs"]
        for policy in own["policies"]:
            match, name = _of(case, policy["match"]), f"{case['id']} {policy['name']}"
            joined["policies"].append(
                {**policy, "name": name, "match": match, "schedule": case["id"]}
            )
    return joined


def _of(case: Case, data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "scenario": case["id"]}


def _before(facts: list[dict[str, Any]], ticket: str, until: int) -> Iterator[dict[str, Any]]:
    """Give a ticket's facts from before an instant: at the instant itself not all is said yet."""
    for fact in facts:
        if fact["subject"] == ticket and parse_instant(fact["time"]) < until:
            yield fact


def _core(fact: dict[str, Any]) -> dict[str, Any]:
    """Leave out what names the file, and when a fact was seen."""
    named = ("policy", "policy_version", "schedule", "attributes", "detected_at")
    return {**fact, "data": {k: v for k, v in fact["data"].items() if k not in named}}
