"""Writes what the examples of docs/import.md print into it: `python -m tests.docs.imports`.

A file is a block of code below its name, a command a block of console with one line; the block of
text below that is made anew, the rest of the page is left. What `jq` does there is done here.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path
from tempfile import TemporaryDirectory

from click.testing import CliRunner

from streams.cli.main import sla

PAGE = Path(__file__).parents[2] / "docs" / "import.md"
FILE = re.compile(r"^`([\w.]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUN = re.compile(
    r"^(```console\n\$ sla (?P<command>import [^|\n]+) \| jq [^\n]+\n```\n\n)```text\n.*?^```$",
    re.MULTILINE | re.DOTALL,
)


def fill(page: str) -> str:
    """Give the page with the output of every example made anew."""
    here = Path.cwd()
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            for name, content in FILE.findall(page):
                Path(name).write_text(content, "utf-8")
            return RUN.sub(_made, page)
        finally:
            os.chdir(here)


def _made(match: re.Match[str]) -> str:
    done = CliRunner().invoke(sla, shlex.split(match["command"]))
    assert done.exit_code == 0, done.output
    events = map(json.loads, done.stdout.splitlines())
    short = [[event["type"], event["time"], event["data"]] for event in events]
    lines = [json.dumps(event, separators=(",", ":")) for event in short]
    return "\n".join([f"{match[1]}```text", *lines, f"{done.stderr}```"])


if __name__ == "__main__":
    PAGE.write_text(fill(PAGE.read_text("utf-8")), "utf-8")
