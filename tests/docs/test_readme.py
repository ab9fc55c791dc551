"""README.md shows what the commands print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.cli.main import sla
from tests.conftest import ROOT

TEXT = (ROOT / "README.md").read_text("utf-8")
CUT = "[…]\n"


def command(part: str) -> list[str]:
    """Find the one command with these words in it; give its arguments."""
    (line,) = re.findall(rf"^\$ sla (.*{re.escape(part)}.*)$", TEXT, flags=re.MULTILINE)
    return shlex.split(line)


def test_the_numbers_are_what_the_commands_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The import and the summary, word by word, as far as the page shows it."""
    monkeypatch.chdir(ROOT)
    *importing, arrow, name = command("import --mapping")
    assert arrow == ">"
    done = CliRunner().invoke(sla, importing)
    assert done.exit_code == 0, done.output
    events = tmp_path / name
    events.write_text(done.stdout, "utf-8")
    *replaying, last = command("--summary")
    assert last == name
    done = CliRunner().invoke(sla, [*replaying, str(events)])
    printed = "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())
    (block,) = (text for text in re.findall(r"```text\n(.*?)```", TEXT, re.DOTALL) if CUT in text)
    shown = block.removesuffix(CUT)
    assert len(shown.splitlines()) > 20
    assert printed.startswith(shown)
