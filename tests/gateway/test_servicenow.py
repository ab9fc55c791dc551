"""ServiceNow's records, sent by a Business Rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.gateway.adapters.servicenow import ADAPTER
from streams.gateway.hook import Happening, Hook, Unmappable
from streams.gateway.signature import Shared
from streams.gateway.words import Words
from streams.wire.instant import parse

SAMPLES = {
    one["name"]: one["body"]
    for one in orjson.loads((Path(__file__).parent / "samples" / "servicenow.json").read_bytes())
}
GROUP = "8a4dde73c6112278017a6a4baf547aa7"


def read(body: Any) -> list[Happening]:
    """Give what happened."""
    return list(ADAPTER.events(Hook(orjson.dumps(body)), Words(ADAPTER.words)))


def test_what_the_table_api_really_writes_is_read(shared: Path) -> None:
    """The example of its documents: the fifth version of an incident."""
    path = shared / "payloads" / "servicenow_table_api_example_2.json"
    (one,) = read(json.loads(path.read_bytes()))
    assert (one.type, one.ticket) == ("ticket.changed", "INC0000046")
    assert one.time == parse("2015-11-01T22:37:27Z")
    assert one.data["status"] == "new"
    assert (one.data["priority"], one.data["team"], one.data["assignee"]) == ("normal", GROUP, None)


def test_the_first_version_is_the_creation_at_the_time_it_was_opened() -> None:
    """As an import of the same history has it."""
    (created,) = read(SAMPLES["inserted"])
    assert (created.type, created.time) == ("ticket.created", parse("2026-03-27T15:00:00Z"))
    assert created.data["status"] == "new"
    assert (created.data["author"], created.data["channel"]) == ("customer", "phone")


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("commented", "open", {"author": "agent", "public": True}),
        ("on hold, with a note", "on_hold", {"author": "agent", "public": False}),
        ("resolved", "solved", None),
        ("canceled, all values", "closed", None),
    ],
)
def test_a_version_tells_how_it_stands_and_what_was_written(
    name: str, status: str, said: dict[str, Any] | None
) -> None:
    """Values plain, as links, or with what is displayed."""
    stands, *messages = read(SAMPLES[name])
    assert stands.data["status"] == status
    assert [one.data for one in messages] == ([] if said is None else [said])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sys_updated_on", "27/03/2026 15:00"),
        ("sys_mod_count", "-1"),
        ("number", "46"),
        ("state", ""),
        ("comment_by", "Kim"),
    ],
)
def test_a_column_that_cannot_be_read_is_named(name: str, value: str) -> None:
    """With its value and the fix."""
    body = json.loads(json.dumps(SAMPLES["commented"]))
    body["result"] |= {name: value} if name != "comment_by" else {}
    body |= {name: value} if name == "comment_by" else {}
    body["result"]["incident_state"] = body["result"]["state"]
    with pytest.raises(Unmappable, match=f"{name}: "):
        read(body)


def test_it_signs_nothing_so_a_shared_secret_must_do() -> None:
    """In a header that its Business Rule sends."""
    assert ADAPTER.scheme == Shared()
