"""Mappings: what they say, and what is said of a wrong one."""

from __future__ import annotations

import pytest

from streams.history.mapping import (
    SnapshotMapping,
    TicketMapping,
    load_mapping,
    parse_mapping,
    shipped_mappings,
)
from streams.process.problem import BadFile, Problem

GOOD = """\
source: /x
rows: snapshots
ticket: number
updated: updated_at
attributes: {status: state}
"""


def problems(text: str) -> list[Problem]:
    """Parse a mapping that must be wrong."""
    with pytest.raises(BadFile) as caught:
        parse_mapping(text, "mine.yaml")
    return caught.value.problems


NAMES = [
    "freshdesk",
    "freshdesk-conversations",
    "freshdesk-json",
    "jira",
    "jira-csv",
    "servicenow",
    "servicenow-audit",
    "servicenow-incidents",
    "tickets",
    "zammad",
    "zammad-history",
    "zendesk",
    "zendesk-audits",
    "zendesk-csv",
]


@pytest.mark.parametrize("name", shipped_mappings())
def test_every_shipped_mapping_is_sound(name: str) -> None:
    """What ships works."""
    assert load_mapping(name).columns()


def test_the_shipped_mappings_are_those_that_the_docs_name() -> None:
    """A mapping left out of the package would be missed here."""
    assert shipped_mappings() == NAMES
    assert isinstance(load_mapping("servicenow"), SnapshotMapping)
    assert isinstance(load_mapping("tickets"), TicketMapping)


def test_the_final_values_of_the_log_are_not_mapped() -> None:
    """They stand on every row; a stream must not read them early."""
    final = {"resolved_at", "closed_at", "resolved_by", "closed_code", "made_sla"}
    assert not final & set(load_mapping("servicenow").columns())


def test_a_good_mapping_is_taken() -> None:
    """The text that the other tests break is sound."""
    assert parse_mapping(GOOD).columns() == ["number", "updated_at", "state"]


@pytest.mark.parametrize(
    ("text", "line", "field", "what", "fix"),
    [
        (GOOD + "tikcet: a\n", 6, "tikcet", "not a key", "did you mean `ticket`?"),
        (GOOD + "ties: no\n", 6, "ties", "is not allowed", "use 'spread' or 'keep'"),
        (GOOD + "time:\n  zone: Mars/X\n", 7, "time.zone", "'Mars/X' is not an IANA", "Europe/"),
        (GOOD + "time: {zone: ''}\n", 6, "time.zone", "'' is not an IANA", "Europe/Paris"),
        (GOOD + "time: {formats: [Y-m]}\n", 6, "time.formats", "'Y-m' is no time", "%d/%m/%Y"),
        (GOOD + "file: {encoding: utf-9}\n", 6, "file.encoding", "'utf-9' is not", "cp1252"),
        (GOOD + "file: {delimeter: x}\n", 6, "file.delimeter", "not a key", "`delimiter`"),
        (GOOD + "file: {delimiter: xx}\n", 6, "file.delimiter", "'xx' cannot be", "at most 1"),
        (GOOD + "file: a\n", 6, "file", "not a block", "key: value"),
        (GOOD + "at_creation: {prio: x}\n", 1, "", "names 'prio'", "add it to attributes"),
        (GOOD + "author: robot\n", 6, "author", "'robot' is not allowed", "'customer'"),
        (GOOD + "messages: [{author: agent}]\n", 6, "messages.0", "needs one of", "name a status"),
        (GOOD + "ticket: a\n", 6, "", "a second time", "keep one"),
        (GOOD.replace("ticket: number\n", ""), 1, "ticket", "is missing", "add `ticket: <column>`"),
        (GOOD.replace("{status: state}", "{author: x}"), 5, "attributes", "'author' is", "another"),
        (GOOD.replace("{status: state}", "{}"), 1, "", "is empty", "map at least `status`"),
        (GOOD.replace("snapshots", "lines"), 1, "", "rows is 'lines'", "tickets or events"),
        (GOOD.replace("rows: snapshots\n", ""), 1, "", "`rows` is missing", "say `rows:"),
        (GOOD.replace("snapshots", "tickets"), 4, "updated", "not a key", "use one of"),
        ("source: [", 1, "", "is not YAML", "indentation"),
        ("source: \x00", 1, "", "is not YAML", "control codes"),
        ("", 1, "", "not a block of keys", "`key: value`"),
        ("- a", 1, "", "not a block of keys", "`key: value`"),
    ],
)
def test_a_wrong_mapping_is_told_by_line_field_value_and_fix(
    text: str, line: int, field: str, what: str, fix: str
) -> None:
    """Whoever reads the error can act at once."""
    found = problems(text)
    assert any(
        (one.line, one.field) == (line, field) and what in one.what and fix in one.fix
        for one in found
    ), found


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    """Nobody mends a file one error at a time."""
    found = problems(GOOD + "one: a\ntime: {zone: x}\ntwo: b\n")
    assert [one.line for one in found] == [6, 7, 8]


def test_an_error_names_the_file_and_the_line() -> None:
    """So that an editor can jump there."""
    with pytest.raises(BadFile, match=r"^mine\.yaml:6: ties: 'x' is not allowed; use "):
        parse_mapping(GOOD + "ties: x\n", "mine.yaml")


def test_a_mapping_that_is_not_there_names_those_that_are() -> None:
    """A misspelt name is answered with the right ones."""
    with pytest.raises(BadFile, match=r"servicenau: cannot be read .*servicenow, .*tickets, "):
        load_mapping("servicenau")


def test_status_of_a_whole_ticket_cannot_be_mapped() -> None:
    """It would be the final status, known at the creation."""
    text = "source: /x\nrows: tickets\nticket: id\ncreated: c\nattributes: {status: s}\n"
    [found] = problems(text)
    assert "the final status on the creation" in found.what


def test_keys_are_text_whatever_they_look_like() -> None:
    """Statuses are words of others: -100, yes and 1 need no quotes."""
    text = GOOD.replace("state}", "{column: state, values: {-100: Unknown, yes: Open, 1: New}}}")
    values = parse_mapping(text).attributes["status"].values
    assert values == {"-100": "Unknown", "yes": "Open", "1": "New"}
