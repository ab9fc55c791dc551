"""Every schema is sound, every example says what it claims, nothing stands alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from streams.sla.facts import TYPES as FACTS
from streams.sla.policy import METRICS
from streams.wire import dead_letter
from streams.wire.ticket_events import REASONS
from tests.schemas.shelf import FOLDER, INVALID, TYPES, VALID, errors, name, read

TICKET_EVENTS = {
    f"ticket.{kind}" for kind in ("created", "message", "changed", "merged", "deleted", "absorbed")
}
SLA_EVENTS = {f"sla.{fact}" for fact in FACTS}


def test_there_is_a_schema_for_every_type_and_no_other() -> None:
    """What the engine can say is what the schemas describe."""
    assert set(TYPES) == TICKET_EVENTS | SLA_EVENTS | {"sla-status", "dead-letter", "notice"}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*/*.json")), ids=lambda path: path.parent.name)
def test_every_schema_is_valid_and_says_what_it_is(path: Path) -> None:
    """JSON Schema 2020-12, with a title."""
    schema = read(path)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"]


def test_every_file_is_a_schema_or_an_example_of_one() -> None:
    """No orphan: what no test reads, nobody keeps true."""
    known = {FOLDER / "asyncapi.yaml", FOLDER / "README.md", *VALID, *INVALID}
    known |= {FOLDER / kind / "schema.json" for kind in TYPES} | set(FOLDER.glob("common/*.json"))
    assert {path for path in FOLDER.rglob("*") if path.is_file()} == known
    assert {path.parents[2].name for path in [*VALID, *INVALID]} <= set(TYPES)


@pytest.mark.parametrize("kind", TYPES)
def test_every_schema_has_examples_of_both_kinds(kind: str) -> None:
    """A schema that refuses nothing describes nothing."""
    assert any(path.parents[2].name == kind for path in VALID)
    assert any(path.parents[2].name == kind for path in INVALID)


@pytest.mark.parametrize("path", VALID, ids=name)
def test_every_valid_example_validates(path: Path) -> None:
    """And is an example of its own type."""
    kind, example = path.parents[2].name, read(path)
    assert errors(kind, example) == []
    assert example.get("type", kind) == kind


@pytest.mark.parametrize("path", INVALID, ids=name)
def test_every_invalid_example_fails_for_the_reason_that_it_states_and_no_other(path: Path) -> None:
    """It is one mistake away from a valid one."""
    stated = read(path)
    assert stated["why"].endswith(".")
    kind = path.parents[2].name
    assert errors(kind, stated["example"]) == [(stated["at"], stated["keyword"])]


@pytest.mark.parametrize("kind", sorted(SLA_EVENTS))
def test_an_event_of_another_type_does_not_validate(kind: str) -> None:
    """Schemas tell types apart."""
    other = next(path for path in VALID if path.parents[2].name == kind)
    wrong = {**read(other), "type": "sla.other"}
    assert ("/type", "const") in errors(kind, wrong)


def test_closed_sets_are_those_of_the_program() -> None:
    """A word added in one place is missed in the other."""
    common = read(FOLDER / "common" / "sla-event.json")["$defs"]
    assert common["metric"]["enum"] == list(METRICS)
    assert common["type"]["enum"] == [f"sla.{fact}" for fact in FACTS]
    headers = read(FOLDER / "dead-letter" / "schema.json")["properties"]
    reasons = headers[f"{dead_letter.PREFIX}exception.class.name"]["enum"]
    assert reasons == list(REASONS)


def test_the_headers_of_a_dead_letter_validate_for_every_reason() -> None:
    """R8 of the shell: nothing is thrown away without its reason and origin."""
    for reason, words in REASONS.items():
        headers = dead_letter.headers(
            [("own", b"kept")],
            topic="ticket-events", partition=0, offset=1, reason=reason, message=words,
        )  # fmt: skip
        assert errors("dead-letter", {key: value.decode() for key, value in headers}) == []
