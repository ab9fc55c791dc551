"""`sla policies`: check and schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.cli.main import sla
from streams.policies import load_document, load_file, schema

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "policies.yaml"


def run(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(sla, ["policies", *arguments])


def test_a_sound_file_is_summed_up_on_stdout() -> None:
    """Exit status 0: policies in order, schedules, version."""
    result = run("check", str(EXAMPLE))
    assert result.exit_code == 0
    assert result.stderr == ""
    assert load_file(EXAMPLE).version in result.stdout
    names = [line.split()[1] for line in result.stdout.splitlines() if line.startswith("  ")]
    assert names == ["premium:", "premium-inside:", "night-watch:", "standard:"]
    assert "schedule office: Europe/Paris" in result.stdout


def test_faults_are_lines_on_stderr_and_status_1(tmp_path: Path) -> None:
    """All of them, notes included, each with its line."""
    file = tmp_path / "p.yaml"
    file.write_text("policies:\n  - {name: a, schedul: 24x7, targets: {agent_work: {high: 1d}}}\n")
    result = run("check", str(file))
    assert result.exit_code == 1
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert all(line.startswith(f"{file}:2: ") for line in lines[:-1])
    assert "did you mean schedule?" in result.stderr
    assert lines[-1] == f"Error: {file}: 3 errors"


def test_notes_alone_leave_the_status_0(tmp_path: Path) -> None:
    """They are words on stderr."""
    file = tmp_path / "p.yaml"
    file.write_text("policies: [{name: a, schedule: 24x7, targets: {agent_work: {high: 1h}}}]\n")
    result = run("check", str(file))
    assert result.exit_code == 0
    assert ":1: note: policies[0].targets.agent_work: " in result.stderr
    assert result.stdout.startswith("OK: ")


def test_a_missing_file_is_a_failed_job() -> None:
    """Not a traceback."""
    result = run("check", "none.yaml")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: none.yaml:1: no such file")


def test_the_normal_form_can_be_printed_and_loaded() -> None:
    """R18: what a worker stores."""
    result = run("check", "--json", str(EXAMPLE))
    assert load_document(json.loads(result.stdout)) == load_file(EXAMPLE)


def test_the_schema_is_printed() -> None:
    """For editors."""
    result = run("schema")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == schema()


@pytest.mark.parametrize("command", [[], ["check"], ["preview"], ["schema"]])
def test_every_help_has_an_example(command: list[str]) -> None:
    """House rule."""
    assert "Example: sla policies" in run(*command, "--help").stdout
