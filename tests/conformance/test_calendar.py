"""Every business-time case that others wrote, in process and through the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.cli.main import sla
from streams.policies.questions import Questions
from tests.conformance.calendar import Case, expected, forward, question


@pytest.fixture(scope="module")
def cases(shared: Path) -> list[Case]:
    """Read the cases; some are said to be there."""
    text = (shared / "conformance" / "calendar_cases.json").read_text(encoding="utf-8")
    cases = forward(json.loads(text))
    assert len(cases) > 250
    return cases


def test_every_case_agrees_in_process(cases: list[Case]) -> None:
    """R22-R25: 283 cases of eleven code bases."""
    questions = Questions()
    answers = {
        case["id"]: json.loads(questions.answer(json.dumps(question(case)))) for case in cases
    }
    assert answers == {case["id"]: expected(case) for case in cases}


def test_every_case_agrees_through_one_batch(cases: list[Case]) -> None:
    """R22-R25: a line in, a line out, in order."""
    lines = "\n".join(json.dumps(question(case)) for case in cases)
    result = CliRunner().invoke(sla, ["schedule", "--batch"], input=lines)
    assert result.exit_code == 0
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert answers == [expected(case) for case in cases]
