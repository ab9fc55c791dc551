"""The AsyncAPI document names every topic, every message and every schema."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from streams import __version__
from streams.wire import topics
from tests.schemas.shelf import FOLDER, TYPES

DOCUMENT = yaml.safe_load((FOLDER / "asyncapi.yaml").read_text(encoding="utf-8"))
CHANNELS = {channel["address"]: channel for channel in DOCUMENT["channels"].values()}


def refs(part: object) -> Iterator[str]:
    """Find every $ref."""
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for inner in part.values():
            yield from refs(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from refs(inner)


def follow(ref: str) -> Any:
    """Find what a $ref names, inside the document or beside it."""
    file, _, pointer = ref.partition("#")
    if file:
        return json.loads((FOLDER / file).read_text(encoding="utf-8"))
    found: Any = DOCUMENT
    for step in pointer.strip("/").split("/"):
        found = found[step]
    return found


@pytest.mark.parametrize("ref", sorted(set(refs(DOCUMENT))))
def test_every_reference_leads_somewhere(ref: str) -> None:
    """A KeyError or a missing file here is a broken link."""
    assert follow(ref)


def test_every_schema_stands_in_the_document() -> None:
    """No orphan."""
    named = {ref for ref in refs(DOCUMENT) if ref.startswith("./")}
    assert named == {f"./{kind}/schema.json" for kind in TYPES}


def test_every_message_is_sent_or_received_on_a_channel() -> None:
    """And is called by its type."""
    messages = DOCUMENT["components"]["messages"]
    on_channels = [name for channel in CHANNELS.values() for name in channel["messages"]]
    assert sorted(on_channels) == sorted(messages) == TYPES
    assert all(message["name"] == name for name, message in messages.items())


def test_every_message_is_keyed_by_ticket() -> None:
    """One ticket, one partition; a notice goes to no topic."""
    messages = DOCUMENT["components"]["messages"]
    for message in [one for name, one in messages.items() if name != "notice"]:
        [trait] = [follow(trait["$ref"]) for trait in message["traits"]]
        assert "ticket's id" in trait["bindings"]["kafka"]["key"]["description"]


def test_the_channels_are_the_topics_that_the_outside_touches() -> None:
    """By name, and compacted or not, as `sla topics create` makes them."""
    outside = {topics.TICKET_EVENTS, topics.SLA_EVENTS, topics.SLA_STATUS, topics.DEAD_LETTERS}
    assert set(CHANNELS) == {*outside, None}, "a notice's address is the operator's"
    for topic in topics.of("any"):
        if topic.name in outside:
            kafka = CHANNELS[topic.name]["bindings"]["kafka"]
            assert kafka["topic"] == topic.name
            assert kafka["topicConfiguration"]["cleanup.policy"] == [
                topic.settings["cleanup.policy"]
            ]


def test_every_channel_has_an_operation() -> None:
    """Received: ticket events. Sent: all else."""
    done = {
        follow(operation["channel"]["$ref"])["address"]: operation["action"]
        for operation in DOCUMENT["operations"].values()
    }
    assert done == {address: "receive" if address == topics.TICKET_EVENTS else "send"
                    for address in CHANNELS}  # fmt: skip


def test_the_document_is_of_this_version() -> None:
    """A release that forgets the document is told."""
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert DOCUMENT["info"]["version"] == __version__


def test_the_document_validates_by_the_official_schema() -> None:
    """Name the unpacked npm package @asyncapi/specs with SLA_ASYNCAPI_SPECS to run this."""
    folder = os.environ.get("SLA_ASYNCAPI_SPECS")
    if folder is None:
        pytest.skip("no AsyncAPI schemas; name the npm package @asyncapi/specs, unpacked, with"
                    " SLA_ASYNCAPI_SPECS")  # fmt: skip
    schema = json.loads((Path(folder) / "schemas" / "3.0.0.json").read_text(encoding="utf-8"))
    validator = Draft7Validator(schema)
    assert [error.message for error in validator.iter_errors(DOCUMENT)] == []
    broken = {**DOCUMENT, "operations": {"x": {"action": "publish", "channel": {"$ref": "#"}}}}
    assert list(validator.iter_errors(broken)), "a check that cannot fail is a defect"
