"""Rows that earlier releases wrote stay readable, and mean what they meant.

`golden/rows-v<N>.ndjson` holds rows of a state version, each with what is said of its ticket from
then on when time passes. A file is never changed: a new state version adds one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.policies import load_file
from streams.sla.engine import Engine
from streams.sla.ticket import Forgotten
from streams.wire import row

FOLDER = Path(__file__).parent / "golden"
SETS = [load_file(path) for path in sorted(FOLDER.glob("policies*.yaml"))]
ENGINE = Engine(SETS[-1], {policies.version: policies for policies in SETS})
LATER = 2_000_000_000_000
FILES = sorted(FOLDER.glob("rows-v*.ndjson"))
GOLDEN = [orjson.loads(line) for file in FILES for line in file.read_bytes().splitlines()]


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["title"])
def test_a_row_of_an_earlier_release_means_what_it_meant(golden: dict[str, Any]) -> None:
    """R8: the same facts, the same ids, at the same instants."""
    ticket = row.decode(orjson.dumps(golden["row"]), ENGINE)
    if isinstance(ticket, Forgotten):
        assert golden["says"] == []
        return
    assert ticket.due == golden["row"]["due"]
    assert row.decode(row.encode(ticket), ENGINE) == ticket
    facts = ENGINE.settle(ticket, LATER)
    assert [f"{fact.time} {fact.id}" for fact in facts] == golden["says"]


def test_there_are_golden_rows_of_every_state_version() -> None:
    """A version without any could break unnoticed."""
    versions = {golden["row"]["v"] for golden in GOLDEN}
    assert versions == set(range(1, row.STATE_VERSION + 1))
    assert len(FILES) == row.STATE_VERSION
