"""Rows → ticket events: what an export says, and nothing that it does not say yet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.history.export import Row, Unreadable
from streams.history.importer import Importer, Rejection
from streams.history.mapping import parse_mapping
from streams.wire.instant import show
from streams.wire.outgoing import TicketEvent
from streams.wire.ticket_events import decode

SNAPSHOTS = """\
source: /desk
rows: snapshots
time: {formats: ["%d/%m/%Y %H:%M"]}
file: {unknown: ["?"]}
ticket: id
created: opened
updated: at
sequence: n
attributes: {status: state, priority: prio, team: team}
at_creation: {status: New}
"""
TICKETS = """\
source: /desk
rows: tickets
ticket: id
created: c
first_response: f
solved: s
closed: z
attributes: {priority: p, tags: {column: t, split: ";"}}
"""
NAMES = ("id", "n", "opened", "at", "state", "prio", "team")


def snap(*cells: str) -> Row:
    """Make a row of a log, `08:00` for a time of one day."""
    values = [f"1/2/2016 {cell}" if cell[2:3] == ":" else cell for cell in cells]
    return Row("log.csv", 2, dict(zip(NAMES, values, strict=True)))


def run(mapping: str, rows: Iterable[Row | Unreadable]) -> tuple[list[TicketEvent], Importer]:
    """Import rows; a rejected one is a failure."""
    rejected: list[Rejection] = []
    importer = Importer(parse_mapping(mapping), rejected.append)
    events = list(importer.events(rows))
    assert not rejected
    return events, importer


def rejections(mapping: str, rows: Iterable[Row | Unreadable]) -> list[str]:
    """Import rows; answer why those rejected were."""
    told: list[Rejection] = []
    for _ in Importer(parse_mapping(mapping), told.append).events(rows):
        pass
    return [rejection.reason for rejection in told]


def brief(events: Iterable[TicketEvent]) -> list[tuple[str, str, dict[str, Any]]]:
    """Say events by type, time of day and data."""
    return [(event.type[7:], show(event.time)[11:-1], event.data) for event in events]


def test_the_first_row_makes_the_creation_and_what_changed_since() -> None:
    """The first row may be Resolved already: the status at creation is the mapping's to say."""
    events, _ = run(SNAPSHOTS, [snap("7", "3", "08:00", "09:30", "Resolved", "3", "A")])
    assert brief(events) == [
        (
            "created",
            "08:00:00.000",
            {"status": "New", "priority": "3", "team": "A", "author": "customer", "public": True},
        ),
        ("changed", "09:30:00.000", {"status": "Resolved"}),
    ]


def test_a_change_carries_only_what_changed_and_unknown_is_null() -> None:
    """ticket.changed: the attributes that changed, with their new values."""
    rows = [
        snap("7", "0", "08:00", "08:00", "New", "3", "?"),
        snap("7", "1", "08:00", "08:10", "New", "3", "A"),
        snap("7", "2", "08:00", "08:20", "New", "3", "A"),
        snap("7", "3", "08:00", "08:30", "New", "2", "?"),
    ]
    events, importer = run(SNAPSHOTS, rows)
    assert "team" not in events[0].data
    assert brief(events)[1:] == [
        ("changed", "08:10:00.000", {"team": "A"}),
        ("changed", "08:30:00.000", {"priority": "2", "team": None}),
    ]
    assert importer.tally.unchanged == 1


def test_rows_of_one_minute_keep_the_order_of_the_file() -> None:
    """R6 would put the stop before the start; a millisecond keeps what the file says."""
    rows = [
        snap("7", "0", "08:00", "08:00", "New", "3", "A"),
        snap("7", "1", "08:00", "09:00", "Active", "3", "A"),
        snap("7", "2", "08:00", "09:00", "Resolved", "3", "A"),
        snap("7", "3", "08:00", "09:00", "Active", "3", "A"),
        snap("7", "4", "08:00", "09:00", "Active", "2", "A"),
    ]
    events, importer = run(SNAPSHOTS, rows)
    times = [show(event.time)[17:23] for event in events[1:]]
    assert times == ["00.000", "00.001", "00.002", "00.002"]
    assert importer.tally.spread == 3
    kept, _ = run(SNAPSHOTS + "ties: keep\n", rows)
    assert {show(event.time)[17:23] for event in kept} == {"00.000"}


@given(st.lists(st.sampled_from(["New", "Active", "Awaiting", "Resolved", "Closed"]), max_size=8))
def test_the_engine_orders_spread_events_as_the_file_does(states: list[str]) -> None:
    """R6: sorted by time and rank, the events of one minute come out as they went in."""
    words = {"Resolved": "solved", "Closed": "closed", "Awaiting": "pending"}
    rows = [snap("7", str(n), "09:00", "09:00", s, "3", "A") for n, s in enumerate(states)]
    events, _ = run(SNAPSHOTS, rows)
    read = [decode(event.encode(), keyed=False) for event in events]
    known = [event for event in read if event is not None]
    order = sorted(known, key=lambda event: event.order(lambda s: words.get(str(s), "open")))
    assert order == known


def test_a_row_out_of_order_keeps_its_own_time_and_its_place() -> None:
    """R7: it is late, which is the engine's affair."""
    rows = [
        snap("7", "1", "08:00", "11:10", "Active", "3", "A"),
        snap("7", "1", "08:00", "09:52", "Resolved", "3", "A"),
        snap("7", "2", "08:00", "11:30", "Closed", "3", "A"),
    ]
    events, importer = run(SNAPSHOTS, rows)
    assert [show(event.time)[11:16] for event in events] == ["08:00", "11:10", "09:52", "11:30"]
    assert importer.tally.late == 1


def test_a_row_before_the_creation_is_taken_at_the_creation() -> None:
    """Else the creation would come second and set the ticket back to its first state."""
    events, importer = run(SNAPSHOTS, [snap("7", "1", "08:00", "07:10", "Active", "3", "A")])
    assert [show(event.time)[11:16] for event in events] == ["08:00", "08:00"]
    assert importer.tally.early == 1


def test_ids_are_unique_and_the_same_on_every_import() -> None:
    """R7: importing again makes duplicates, which change nothing."""
    rows = [
        snap("7", "1", "08:00", "09:00", "Active", "3", "A"),
        snap("7", "1", "08:00", "09:00", "Active", "2", "A"),
        snap("7", "2", "08:00", "09:00", "Active", "1", "A"),
        snap("7", "1", "08:00", "08:30", "Active", "3", "B"),
        snap("7", "1", "08:00", "08:30", "Active", "3", "C"),
        snap("8", "1", "08:00", "09:00", "Active", "3", "A"),
    ]
    first, _ = run(SNAPSHOTS, rows)
    again, _ = run(SNAPSHOTS, rows)
    assert [event.id for event in first] == [event.id for event in again]
    assert len({event.id for event in first}) == len(first) == 8
    without, _ = run(SNAPSHOTS.replace("sequence: n\n", ""), rows)
    assert len({event.id for event in without}) == 8


def test_rows_of_several_tickets_may_mix() -> None:
    """Each ticket is compared with its own row before, wherever that stands."""
    rows = [
        snap("7", "1", "08:00", "08:00", "New", "3", "A"),
        snap("8", "1", "08:00", "08:00", "New", "2", "B"),
        snap("7", "2", "08:00", "08:05", "New", "3", "B"),
    ]
    events, importer = run(SNAPSHOTS, rows)
    assert brief(events)[2] == ("changed", "08:05:00.000", {"team": "B"})
    assert importer.tally.tickets == 2
    [reason] = rejections(SNAPSHOTS + "grouped: true\n", rows)
    assert reason == "7 stands here again after others; set `grouped: false`"


def test_columns_that_are_not_mapped_are_never_read() -> None:
    """Final values stand on every row; what comes out must not depend on them."""
    row = snap("7", "1", "08:00", "09:00", "Active", "3", "A")
    with_final = row._replace(fields={**row.fields, "resolved_at": "1/2/2016 10:00"})
    assert run(SNAPSHOTS, [row])[0] == run(SNAPSHOTS, [with_final])[0]


def test_a_change_of_status_can_imply_a_message_just_before_it() -> None:
    """R9: whoever solves has answered, if the mapping says so."""
    mapping = SNAPSHOTS + (
        "messages:\n  - {entering: Resolved}\n  - {leaving: Waiting, author: customer}\n"
    )
    rows = [
        snap("7", "1", "08:00", "08:00", "Waiting", "3", "A"),
        snap("7", "2", "08:00", "09:00", "Resolved", "3", "A"),
    ]
    events, _ = run(mapping, rows)
    assert [(event.type, event.data.get("author")) for event in events[2:]] == [
        ("ticket.message", "agent"),
        ("ticket.message", "customer"),
        ("ticket.changed", None),
    ]
    assert len({event.id for event in events}) == 5


def test_values_may_be_mapped_and_split() -> None:
    """Columns → attributes, with value maps and lists."""
    mapping = SNAPSHOTS.replace("priority: prio", "priority: {column: prio, values: {3: low}}")
    mapping = mapping.replace("team: team", 'tags: {column: team, split: ","}')
    events, _ = run(mapping, [snap("7", "1", "08:00", "08:00", "New", "3", "a, b,")])
    assert events[0].data["priority"] == "low"
    assert events[0].data["tags"] == ["a", "b"]


def test_author_and_public_may_come_from_columns() -> None:
    """R9: a ticket that an agent opened in private does not start the first response."""
    mapping = SNAPSHOTS + (
        "author: {column: n, values: {1: agent, 2: robot}}\n"
        "public: {column: prio, values: {3: false}}\n"
    )
    events, _ = run(mapping, [snap("7", "1", "08:00", "08:00", "New", "3", "A")])
    assert (events[0].data["author"], events[0].data["public"]) == ("agent", False)
    [reason] = rejections(mapping, [snap("7", "2", "08:00", "08:00", "New", "3", "A")])
    assert reason == "author is 'robot'; map it to customer, agent or bot by `values`"
    [reason] = rejections(mapping, [snap("7", "1", "08:00", "08:00", "New", "4", "A")])
    assert reason == "public is '4'; map it to true or false by `values`"


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (("", "1", "08:00", "09:00", "New", "3", "A"), "id is ''; a row needs the id"),
        (("?", "1", "08:00", "09:00", "New", "3", "A"), "id is '?'; a row needs the id"),
        (("7", "1", "08:00", "?", "New", "3", "A"), "at is '?'; a row needs that time"),
        (("7", "1", "08:00", "soon", "New", "3", "A"), "at: 'soon' is not a time as %d/%m/%Y"),
        (("7", "1", "08:00", "1/1/1969 00:00", "New", "3", "A"), "at: '1/1/1969 00:00' is before"),
        (("7", "1", "08:00", "09:00", "New", "3", "\udce9"), "team holds bytes that are no text"),
    ],
)
def test_a_bad_row_is_rejected_with_its_reason_and_changes_nothing(
    cells: tuple[str, ...], reason: str
) -> None:
    """Bad input changes nothing and has a reason."""
    good = [
        snap("7", "2", "08:00", "10:00", "Active", "3", "A"),
        snap("7", "3", "08:00", "11:00", "Closed", "3", "A"),
    ]
    told: list[Rejection] = []
    importer = Importer(parse_mapping(SNAPSHOTS), told.append)
    events = list(importer.events([snap(*cells), good[0], snap(*cells), good[1]]))
    assert events == run(SNAPSHOTS, good)[0]
    assert len(told) == importer.tally.rejected == 2
    assert all(rejection.reason.startswith(reason) for rejection in told), told


def test_the_created_time_is_needed_in_words_that_can_be_read_on_the_first_row_only() -> None:
    """The creation is told once; what later rows say of it is not read."""
    bad = snap("7", "2", "never", "09:00", "New", "3", "A")
    [reason] = rejections(SNAPSHOTS, [bad])
    assert reason.startswith("opened: 'never' is not a time")
    good = snap("7", "1", "08:00", "08:30", "New", "3", "A")
    assert rejections(SNAPSHOTS, [good, bad]) == []
    events, _ = run(SNAPSHOTS, [snap("7", "2", "?", "09:00", "New", "3", "A")])
    assert show(events[0].time)[11:16] == "09:00"


def test_what_is_no_row_is_rejected_with_the_reason_it_came_with() -> None:
    """The reader tells of lines that it could not read."""
    assert rejections(SNAPSHOTS, [Unreadable("x", 3, "…", "is not JSON")]) == ["is not JSON"]


def test_fields_of_json_must_be_words_numbers_or_lists_of_them() -> None:
    """A nested object is a question to the mapping, not a guess."""
    mapping = "source: /d\nrows: tickets\nticket: id\ncreated: c\nattributes: {team: g}\n"

    def row(**fields: object) -> Row:
        return Row("x", 1, {"id": 7, "c": "2026-01-01T00:00:00Z", **fields})

    events, _ = run(mapping, [row(g=["a", 1, None])])
    assert (events[0].subject, events[0].data["team"]) == ("7", ["a", 1])
    big, _ = run(mapping, [row(g=1 << 80)])
    assert big[0].data["team"] == str(1 << 80)
    [reason] = rejections(mapping, [row(g={"value": "a"})])
    assert reason == "g is an object; name a field inside it in the mapping, as g.value"
    [reason] = rejections(mapping, [row(g=[["a"]])])
    assert reason.startswith("g is a list of objects")
    [reason] = rejections(mapping, [row(id=True)])
    assert reason.startswith("id is True")


def whole(**fields: str) -> Row:
    """Make a row that is a whole ticket."""
    empty = dict.fromkeys(["id", "c", "f", "s", "z", "p", "t"], "")
    times = {
        key: f"2026-03-02T{value}:00Z" if ":" in value else value for key, value in fields.items()
    }
    return Row("desk.csv", 2, empty | {"id": "7"} | times)


def test_a_row_that_is_a_whole_ticket_makes_an_event_for_each_stage() -> None:
    """`rows: tickets`: created, message, changed, in the order of their times."""
    events, _ = run(TICKETS, [whole(c="08:00", f="09:00", s="10:00", z="11:00", p="low", t="a;b")])
    assert brief(events) == [
        (
            "created",
            "08:00:00.000",
            {"priority": "low", "tags": ["a", "b"], "status": "new", "author": "customer",
             "public": True},
        ),
        ("message", "09:00:00.000", {"author": "agent", "public": True}),
        ("changed", "10:00:00.000", {"status": "solved"}),
        ("changed", "11:00:00.000", {"status": "closed"}),
    ]  # fmt: skip


def test_a_stage_without_a_time_has_not_happened() -> None:
    """An open ticket has no solution yet; one solved without an answer has no answer."""
    events, _ = run(TICKETS, [whole(c="08:00", s="10:00")])
    assert [event.type for event in events] == ["ticket.created", "ticket.changed"]


def test_a_stage_before_the_creation_is_taken_at_the_creation() -> None:
    """Tickets that agents file after the call."""
    events, importer = run(TICKETS, [whole(c="08:00", f="07:00")])
    assert [show(event.time)[11:16] for event in events] == ["08:00", "08:00"]
    assert importer.tally.early == 1


def test_a_ticket_on_a_second_row_is_rejected() -> None:
    """One of the two is wrong, and nobody here can say which."""
    [reason] = rejections(TICKETS, [whole(c="08:00"), whole(c="09:00")])
    assert reason.startswith("7 stands on a second row")


@pytest.mark.parametrize(
    ("form", "zone", "text", "instant"),
    [
        ("%d/%m/%Y %H:%M", "UTC", "29/2/2016 01:16", "2016-02-29T01:16:00.000Z"),
        ("%Y-%m-%d %H:%M", "Europe/Paris", "2026-01-05 09:00", "2026-01-05T08:00:00.000Z"),
        ("%Y-%m-%d %H:%M", "Europe/Paris", "2026-03-29 02:30", "2026-03-29T01:30:00.000Z"),
        ("%Y-%m-%d %H:%M", "Europe/Paris", "2026-10-25 02:30", "2026-10-25T00:30:00.000Z"),
        ("iso8601", "Europe/Paris", "2026-01-05T09:00:00.0019+05:30", "2026-01-05T03:30:00.001Z"),
        ("iso8601", "UTC", "2026-01-05T09:00:00Z", "2026-01-05T09:00:00.000Z"),
        ("epoch_s", "Europe/Paris", "1767600000.5", "2026-01-05T08:00:00.500Z"),
        ("epoch_ms", "Europe/Paris", "1767600000001", "2026-01-05T08:00:00.001Z"),
    ],
)
def test_times_are_read_in_the_zone_of_the_export(
    form: str, zone: str, text: str, instant: str
) -> None:
    """R22: a local time that does not exist shifts forward, of an ambiguous one the first holds."""
    mapping = TICKETS + f"time: {{formats: ['{form}'], zone: {zone}}}\n"
    row = Row("x", 2, {"id": "7", "c": text})
    events, _ = run(mapping, [row])
    assert show(events[0].time) == instant


@given(st.integers(min_value=0, max_value=7_000_000_000_000))
def test_a_time_written_is_the_time_read(instant: int) -> None:
    """Whatever leaves here is read back to the millisecond by the engine's own reader."""
    event = TicketEvent("i", "/s", "ticket.changed", "7", instant, {})
    read = decode(event.encode(), keyed=False)
    assert read is not None
    assert read.time == instant
