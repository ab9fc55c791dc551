"""docs/publishing.md: what it shows is run as it stands."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from streams.process.reader import records
from streams.wire.ticket_events import decode
from streams.wire.topics import Names
from streams.worker import preflight
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "publishing.md").read_text("utf-8")
ADDRESS = "127.0.0.1:9092"


@pytest.fixture
def names(broker: str) -> Names:
    """Make topics of their own."""
    names = Names.prefixed(f"publishing-{os.urandom(3).hex()}.")
    client = {"bootstrap_servers": broker}
    asyncio.run(preflight.create(client, "publishing", partitions=12, names=names))
    return names


def here(text: str, broker: str, names: Names) -> str:
    """Put the broker and the topic of this test in the place of those on the page."""
    assert ADDRESS in text
    assert "ticket-events" in text
    return text.replace(ADDRESS, broker).replace("ticket-events", names.ticket_events)


def published(broker: str, names: Names) -> list[tuple[int, str]]:
    """Read what was published, as a worker does: partition and type."""

    async def run() -> list[tuple[int, str]]:
        client = {"bootstrap_servers": broker}
        found = [one async for one in records(client, names.ticket_events)]
        events = [decode(one.value, one.key) for one in found]
        assert None not in events
        return [
            (one.partition, type(event).__name__) for one, event in zip(found, events, strict=True)
        ]

    return asyncio.run(run())


def test_the_ten_lines_publish_what_a_worker_reads(broker: str, names: Names) -> None:
    """The block of Python, whole; it has ten lines of code."""
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len([line for line in block.splitlines() if line]) == 10
    subprocess.run([sys.executable, "-c", here(block, broker, names)], check=True)
    assert [type_ for _, type_ in published(broker, names)] == ["Created"]


def test_kcat_puts_a_ticket_where_our_own_clients_do(
    broker: str, names: Names, tmp_path: Path
) -> None:
    """The line for the shell, after the Python: one partition, or the ticket's clocks were two."""
    if not shutil.which("kcat"):
        if os.environ.get("SLA_REQUIRE_KCAT"):
            pytest.fail("SLA_REQUIRE_KCAT is set, and there is no kcat on the PATH")
        pytest.skip("no kcat on the PATH")
    (python,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    (shell,) = re.findall(r"```console\n\$ (echo.*?)```", TEXT, re.DOTALL)
    subprocess.run([sys.executable, "-c", here(python, broker, names)], check=True)
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", here(shell, broker, names)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    places = published(broker, names)
    assert [type_ for _, type_ in places] == ["Created", "Messaged"]
    assert len({place for place, _ in places}) == 1
