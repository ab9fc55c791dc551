"""docs/advise.md shows what the command prints of the real log."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.cli.main import sla
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "advise.md").read_text("utf-8")


@pytest.mark.slow
def test_the_run_is_what_the_command_prints(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R32: the import and the advice on the page, word by word."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "120")
    importing, advising = (
        shlex.split(line)
        for line in re.findall(r"^\$ sla (import .*|advise .*--until.*)$", TEXT, re.MULTILINE)
    )
    *importing, log, arrow, name = importing
    assert arrow == ">"
    done = CliRunner().invoke(sla, [*importing, str(shared / "data" / log)])
    assert done.exit_code == 0, done.output
    events = tmp_path / name
    events.write_text(done.stdout, "utf-8")
    assert advising.pop() == name
    done = CliRunner().invoke(sla, [*advising, str(events)])
    printed = "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())
    (block,) = re.findall(r"```text\n(.*?)```", TEXT, re.DOTALL)
    assert printed == block
    assert len(block.splitlines()) > 60
