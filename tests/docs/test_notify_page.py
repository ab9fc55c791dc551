"""docs/notify.md and the example: what they name is there, and what is there they name."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import get_args

import click
import pytest
from prometheus_client import CollectorRegistry

from streams.cli.main import sla
from streams.notify.channels.known import Known
from streams.notify.file import open_file
from streams.notify.metrics import Metrics
from streams.notify.route import Match, Route
from streams.notify.template import NAMES
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "notify.md").read_text("utf-8")
EXAMPLE = ROOT / "examples" / "notify.yaml"
KINDS = get_args(get_args(Known)[0])


def test_the_example_is_a_file_that_is_read_and_has_each_channel() -> None:
    """As it stands."""
    file = open_file(EXAMPLE)
    assert {type(one) for one in file.channels.values()} == set(KINDS)
    readme = (ROOT / "README.md").read_text("utf-8")
    for name in ("SLACK_HOOK", "TEAMS_HOOK", "PAGERDUTY_KEY", "HOOK_SECRET", "SMTP_PASSWORD"):
        assert name in readme
        assert name in EXAMPLE.read_text("utf-8")


def test_the_yaml_of_the_page_is_a_file_too(tmp_path: Path) -> None:
    """As it stands."""
    (path := tmp_path / "notify.yaml").write_text(PAGE.split("```yaml\n")[1].split("```")[0])
    assert open_file(path).routes[0].name == "breaches"


def test_the_commands_of_the_page_and_of_the_readme_are_commands() -> None:
    """Taken apart by our own parser, `--since 7d` and all."""
    readme = (ROOT / "README.md").read_text("utf-8")
    lines = re.findall(r"^\$ sla (notify .*)$", PAGE + readme, re.MULTILINE)
    assert len(lines) >= 5
    for line in lines:
        name, *flags = shlex.split(line, comments=True)
        command = sla.get_command(click.Context(sla), name)
        assert command is not None
        told = command.make_context(name, flags).params
        assert told["config"] == Path("examples/notify.yaml")
        assert told["since"] in {None, 7 * 86_400_000}


@pytest.mark.parametrize("text", ["remember: 30d", "remember: 12h"])
def test_lengths_of_the_page_are_lengths(text: str, tmp_path: Path) -> None:
    """Days too."""
    (path := tmp_path / "notify.yaml").write_text(f"version: 1\n{text}\n")
    assert open_file(path).remember in {30 * 86_400_000, 43_200_000}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__module__.rpartition(".")[2])
def test_each_channel_has_a_row_with_all_its_settings(kind: type) -> None:
    """By the name that the file gives it."""
    (name,) = get_args(kind.model_fields["type"].annotation)  # type: ignore[attr-defined]
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
    for setting in set(kind.model_fields) - {"type", "base"}:  # type: ignore[attr-defined]
        assert f"`{setting}`" in row, setting


def test_all_that_a_route_and_a_template_may_name_is_told() -> None:
    """And every metric."""
    for name in [*Route.model_fields, *Match.model_fields, *NAMES]:
        assert f"`{name}`" in PAGE or name == "name", name
    registry = CollectorRegistry()
    Metrics(registry)
    for metric in registry.collect():
        assert metric.name in PAGE
