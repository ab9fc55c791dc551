"""`rows: events`: a row that is an event, and rows that hold several."""

from __future__ import annotations

import itertools
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.history.export import Row, read_export
from streams.history.fields import flat, nested
from streams.history.importer import Importer, Rejection
from streams.history.mapping import parse_mapping
from streams.process.problem import BadFile
from streams.wire.ticket_events import decode
from tests.history.test_import import brief, rejections, run

FLAT = """\
source: /calls
rows: events
time: {formats: ["%Y-%m-%d %H:%M"]}
ticket: call
events:
  - type:
      column: what
      values: {Opened: created, Wrote: message, Changed: changed, Joined: merged, Gone: deleted,
               Printed: skip}
    at: when
    author: {column: who, values: {C: customer, A: agent}}
    public: {column: seen, values: {x: false}}
    attributes: {status: state, team: {column: team, values: {nobody: null}}}
    into: other
    reason: why
"""
DEDUCED = FLAT.replace("Printed: skip}", "Printed: skip}\n      empty: deduced")
NESTED = """\
source: /desk
rows: events
ticket: key
events:
  - type: created
    at: born
    rewind: true
    attributes: {status: state, team: team}
  - each: log[].items[]
    count: length
    type: changed
    at: ..at
    id: ..id
    change: {field: .field, to: .new, from: .old}
    attributes: {status: state, team: team}
  - each: notes[]
    type: message
    at: .at
    author: {column: .by, same_as: asker, values: {true: customer, false: agent}}
    public: .public
"""
NAMES = ("call", "when", "what", "who", "seen", "state", "team", "other", "why")
COUNTER = itertools.count(2)


def call(**cells: str) -> Row:
    """Make a row of a log of calls; times are those of one day."""
    fields = dict.fromkeys(NAMES, "") | {"call": "7"} | cells
    if fields["when"]:
        fields["when"] = f"2026-03-02 {fields['when']}"
    return Row("calls.csv", next(COUNTER), fields)


def desk(**fields: Any) -> Row:
    """Make a row that holds a ticket's history."""
    known = {"key": "D-1", "born": "2026-03-02T08:00:00Z", "state": "done", "asker": 5}
    return Row("desk.json", 1, flat(known | fields))


def at(clock: str) -> str:
    """Write a time of the day."""
    return f"2026-03-02T{clock}:00Z"


def change(clock: str, mark: int, *items: tuple[str, Any, Any]) -> dict[str, Any]:
    """Make an entry of a history: what changed, from what, to what."""
    said = [{"field": field, "old": old, "new": new} for field, old, new in items]
    return {"at": at(clock), "id": mark, "items": said}


def test_each_row_is_the_event_that_its_type_says() -> None:
    """The five types, by the export's own words; what is no event is passed over."""
    rows = [
        call(when="08:00", what="Opened", who="C", state="new", team="a"),
        call(when="08:05", what="Printed"),
        call(when="08:10", what="Wrote", who="A", seen="x"),
        call(when="08:20", what="Changed", team="nobody"),
        call(when="08:30", what="Joined", other="9"),
        call(when="09:00", call="8", what="Opened", who="A", seen="x"),
        call(when="09:10", call="8", what="Gone", why="Spam"),
    ]
    events, importer = run(FLAT, rows)
    assert brief(events) == [
        (
            "created",
            "08:00:00.000",
            {"status": "new", "team": "a", "author": "customer", "public": True},
        ),
        ("message", "08:10:00.000", {"author": "agent", "public": False}),
        ("changed", "08:20:00.000", {"team": None}),
        ("merged", "08:30:00.000", {"into": "9"}),
        ("created", "09:00:00.000", {"author": "agent", "public": False}),
        ("deleted", "09:10:00.000", {"reason": "spam"}),
    ]
    assert all(decode(event.encode(), keyed=False) is not None for event in events)
    assert (importer.tally.tickets, importer.tally.unchanged) == (2, 1)


def test_a_message_that_changes_attributes_is_a_message_and_then_a_change() -> None:
    """R6: reply and solve is one click, and the reply was given."""
    rows = [
        call(when="08:00", what="Opened", who="C"),
        call(when="08:10", what="Wrote", who="A", state="solved"),
    ]
    events, _ = run(FLAT, rows)
    assert [event.type for event in events[1:]] == ["ticket.message", "ticket.changed"]
    assert len({event.id for event in events}) == 3


def test_a_row_without_a_type_is_deduced_only_where_the_mapping_says_so() -> None:
    """The first row creates, an author writes, another ticket's number joins, the rest changes."""
    rows = [
        call(when="08:00", who="C", state="new"),
        call(when="08:10", who="A", state="open"),
        call(when="08:20", state="solved"),
        call(when="08:30"),
        call(when="08:40", other="9"),
    ]
    events, importer = run(DEDUCED, rows)
    assert [event.type[7:] for event in events] == [
        "created", "message", "changed", "changed", "merged",
    ]  # fmt: skip
    assert importer.tally.unchanged == 1
    assert set(rejections(FLAT, rows)) == {"what is empty; say `empty: deduced` or `empty: skip`"}
    passed, _ = run(FLAT.replace("Printed: skip}", "Printed: skip}\n      empty: skip"), rows)
    assert passed == []


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"what": "Opened"}, "when is ''; a row needs that time"),
        ({"when": "08:00", "what": "Sang"}, "what is 'Sang'; map it to created, message, changed"),
        ({"when": "08:00", "what": "Wrote"}, "a message has no author; map the column of who"),
        ({"when": "08:00", "what": "Wrote", "who": "Z"}, "author is 'Z'; map it to customer,"),
        ({"when": "08:00", "what": "Joined"}, "other is ''; a row needs the id of its ticket"),
        ({"when": "09:00", "what": "Opened"}, "7 was created at another time before; drop one"),
    ],
)
def test_a_bad_row_is_rejected_with_its_reason_and_changes_nothing(
    cells: dict[str, str], reason: str
) -> None:
    """Bad input changes nothing and has a reason."""
    good = [
        call(when="08:00", what="Opened", who="C"),
        call(when="10:00", what="Wrote", who="A"),
    ]
    told: list[Rejection] = []
    importer = Importer(parse_mapping(FLAT), told.append)
    events = list(importer.events([good[0], call(**cells), good[1]]))
    assert events == run(FLAT, good)[0]
    assert [rejection.reason[: len(reason)] for rejection in told] == [reason]


def test_words_that_the_mapping_does_not_know_may_be_passed_over() -> None:
    """A vendor adds types of events at any time."""
    some = FLAT.replace("Printed: skip}", "Printed: skip}\n      others: skip")
    rows = [call(when="08:00", what="Opened", who="C"), call(when="09:00", what="Sang")]
    assert len(run(some, rows)[0]) == 1


def test_rows_of_one_minute_keep_the_order_of_the_file() -> None:
    """R6 would put the stop before the start; a millisecond keeps what the file says."""
    rows = [
        call(when="08:00", what="Opened", who="C", state="new"),
        call(when="08:00", what="Changed", state="pending"),
        call(when="08:00", what="Changed", state="open"),
        call(when="08:00", what="Joined", other="9"),
    ]
    events, importer = run(FLAT, rows)
    assert [event.time % 1000 for event in events] == [0, 0, 1, 2]
    assert importer.tally.spread == 2
    kept, _ = run(FLAT + "ties: keep\n", rows)
    assert {event.time % 1000 for event in kept} == {0}


def test_late_rows_keep_their_time_and_early_ones_wait_for_the_creation() -> None:
    """R7: late is the engine's affair; before its creation nothing happens to a ticket."""
    rows = [
        call(when="08:00", what="Opened", who="C"),
        call(when="10:00", what="Wrote", who="A"),
        call(when="09:00", what="Wrote", who="C"),
        call(when="07:00", what="Wrote", who="C"),
    ]
    events, importer = run(FLAT, rows)
    assert [event[1][:5] for event in brief(events)] == ["08:00", "10:00", "09:00", "08:00"]
    assert (importer.tally.late, importer.tally.early) == (2, 1)


def test_a_grouped_ticket_that_stands_there_again_is_rejected() -> None:
    """What was forgotten cannot be gone on with."""
    rows = [call(when="08:00", what="Opened", who="C", call=number) for number in "787"]
    [reason] = rejections(FLAT + "grouped: true\n", rows)
    assert reason == "7 stands here again after others; set `grouped: false`"


def test_a_history_inside_a_row_is_put_in_order_and_the_creation_is_rewound() -> None:
    """R16: the ticket is created with what it had then, not with what it has now."""
    row = desk(
        team="b",
        length=2,
        log=[
            change("11:00", 2, ("state", "open", "done"), ("colour", "red", "blue")),
            change("09:00", 1, ("state", None, "open"), ("team", "a", "b")),
        ],
        notes=[{"at": at("10:00"), "by": 9, "public": True}, {"at": at("10:30"), "by": 5}],
    )
    events, _ = run(NESTED, [row])
    assert brief(events) == [
        ("created", "08:00:00.000", {"team": "a", "author": "customer", "public": True}),
        ("changed", "09:00:00.000", {"status": "open", "team": "b"}),
        ("message", "10:00:00.000", {"author": "agent", "public": True}),
        ("message", "10:30:00.000", {"author": "customer", "public": True}),
        ("changed", "11:00:00.000", {"status": "done"}),
    ]


def test_changes_of_one_instant_stay_in_the_order_that_the_list_has_by_time() -> None:
    """A list that begins with the newest is read from its end, also where times are equal."""
    entries = [
        change("10:00", 1, ("state", "new", "wait")),
        change("10:00", 2, ("state", "wait", "open")),
        change("11:00", 3, ("state", "open", "done")),
    ]
    for log in (entries, entries[::-1]):
        events, _ = run(NESTED, [desk(log=log)])
        assert [event.data.get("status") for event in events] == ["new", "wait", "open", "done"]
        assert [event.time % 1000 for event in events] == [0, 0, 1, 0]


def test_what_two_lists_say_of_one_instant_is_answered_before_it_is_solved() -> None:
    """R6: the lists do not tell what came first, and a reply that solves was given."""
    log = [change("10:00", 1, ("state", "new", "done"))]
    events, _ = run(NESTED, [desk(log=log, notes=[{"at": at("10:00"), "by": 9}])])
    assert [event.type[7:] for event in events] == ["created", "message", "changed"]


def test_a_ticket_on_two_pages_of_an_export_makes_duplicates() -> None:
    """R7: pages overlap; the same ids, whatever else stands on the second page."""
    log = [change("10:00", 1, ("state", "new", "open"))]
    more = [*log, change("11:00", 2, ("state", "open", "done"))]
    notes = [{"at": at("10:30"), "by": 9}]
    events, _ = run(NESTED, [desk(log=log, notes=notes), desk(log=more, notes=notes)])
    ids = [event.id for event in events]
    assert ids[:3] == ids[3:6]
    assert len(set(ids)) == 4


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"born": None}, "born is None; a row needs that time"),
        ({"log": "x"}, "log is no list; name the list in `each`"),
        ({"log": [7]}, "log[0] is no object; a list of objects is needed there"),
        ({"log": [{"at": at("10:00"), "items": 7}]}, "log[0].items is no list"),
        ({"log": [{"items": [{}]}]}, "log[0].items[0]: ..at is None; a row needs that time"),
        ({"log": [], "length": 3}, "log holds 0 items and length says 3: the list is cut off"),
        ({"notes": [{"at": at("9:00"), "by": 1}]}, "notes[0]: .at: '2026-03-02T9:00:00Z' is not"),
        ({"notes": [{"at": at("09:00")}]}, "notes[0]: a message has no author"),
    ],
)
def test_one_bad_item_rejects_the_whole_ticket_and_says_where(
    fields: dict[str, Any], reason: str
) -> None:
    """A ticket with a hole in its history would have wrong deadlines."""
    good = desk(key="D-2")
    told: list[Rejection] = []
    events = list(Importer(parse_mapping(NESTED), told.append).events([desk(**fields), good]))
    assert events == run(NESTED, [good])[0]
    assert [rejection.reason[: len(reason)] for rejection in told] == [reason]


def test_a_missing_field_of_an_item_is_not_looked_for_further_out() -> None:
    """A note without a time is not as old as its ticket."""
    [reason] = rejections(NESTED, [desk(notes=[{"by": 9}], at=at("08:00"))])
    assert reason == "notes[0]: .at is None; a row needs that time"


def test_a_stage_without_a_time_has_not_happened() -> None:
    """Rules with `set`: the column is the time of a stage."""
    mapping = (
        "source: /d\nrows: events\nticket: id\nevents:\n"
        "  - {type: created, at: c, set: {status: new}}\n"
        "  - {type: changed, at: s, set: {status: solved}}\n"
        "  - {type: message, at: f, author: agent}\n"
    )
    row = Row("x", 1, {"id": "7", "c": at("08:00"), "s": at("09:00"), "f": at("09:00")})
    events, _ = run(mapping, [row])
    assert brief(events) == [
        ("created", "08:00:00.000", {"status": "new", "author": "customer", "public": True}),
        ("message", "09:00:00.000", {"author": "agent", "public": True}),
        ("changed", "09:00:00.000", {"status": "solved"}),
    ]
    open_, _ = run(mapping, [row._replace(fields={"id": "7", "c": at("08:00")})])
    assert len(open_) == 1


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("author: {column: who, values: {C: customer, A: agent}}", "id: call", 6, "lacks `author`"),
        ("    into: other\n", "", 6, "lacks `into`"),
        ("at: when", "at: .when", 6, "names '.when' outside of a list"),
        ("at: when", "at: when\n    each: a.b", 11, "'a.b' is no path to the items of a list"),
        ("at: when", "at: when\n    each: '[]'", 11, "'[]' is no path to the items of a list"),
        ("at: when", "at: when\n    count: n", 11, "counts a list"),
        ("at: when", "att: when", 6, "is missing"),
        ("at: when", "at: when\n    rewind: true", 6, "has `rewind` and is no creation"),
        ("Gone: deleted", "Gone: killed", 8, "'killed' is not allowed"),
        ("status: state", "author: state", 13, "'author' is not an attribute"),
        ("    attributes:", "    set: {into: 7}\n    attributes:", 13, "'into' is not an attrib"),
        (
            "    attributes: {status: state, team: {column: team, values: {nobody: null}}}",
            "    change: {field: a, to: b}",
            6,
            "has `change` without `attributes`",
        ),
        ("ticket: call\n", "ticket: call\noptional: [cal]\n", 5, "'cal' is no column that the"),
    ],
)
def test_a_wrong_rule_is_told_by_its_line(old: str, new: str, line: int, what: str) -> None:
    """Whoever reads the error can act at once."""
    with pytest.raises(BadFile) as caught:
        parse_mapping(FLAT.replace(old, new), "mine.yaml")
    found = caught.value.problems
    assert any(one.line == line and what in one.what and one.fix for one in found), found


@pytest.mark.parametrize(
    ("events", "what"),
    [
        ("[]", "events is empty"),
        ("[{type: changed, at: a}]", "changes nothing"),
        ("[{type: merged, at: a}]", "lacks `into`"),
        ("[{type: created, at: a, rewind: true}]", "no change names its old value"),
        ("[{type: sung, at: a}]", "'sung' is not allowed"),
        ("[{type: created, at: a, authr: b}]", "is not a key"),
    ],
)
def test_a_mapping_of_events_that_cannot_work_is_refused(events: str, what: str) -> None:
    """Before the first row is read."""
    with pytest.raises(BadFile, match=what):
        parse_mapping(f"source: /d\nrows: events\nticket: id\nevents: {events}\n")


def test_a_misspelt_key_of_a_rule_has_a_nearest_one() -> None:
    """Also below a list, and for a key that is another word in Python."""
    with pytest.raises(BadFile, match="did you mean `author`"):
        parse_mapping(FLAT.replace("author:", "authr:"))
    with pytest.raises(BadFile, match="did you mean `from`"):
        parse_mapping(NESTED.replace("from:", "fro:"))


WHAT = st.sampled_from(["Wrote", "Changed", "Joined", "Gone", "Printed"])
WHO = st.sampled_from(["C", "A"])
STATE = st.sampled_from(["", "new", "wait", "done"])
ROWS = st.lists(st.tuples(st.sampled_from("78"), st.integers(0, 3), WHAT, WHO, STATE), max_size=12)


def drawn(rows: list[tuple[str, int, str, str, str]]) -> Iterator[Row]:
    """Make the rows that were drawn, each ticket with its creation."""
    for number in "78":
        yield call(call=number, when="08:00", what="Opened", who="C")
    for number, minute, what, who, state in rows:
        yield call(
            call=number, when=f"08:0{minute}", what=what, who=who, state=state, other="9", why="x"
        )


@given(ROWS)
def test_ids_are_unique_and_the_same_on_every_import(
    rows: list[tuple[str, int, str, str, str]],
) -> None:
    """R7: importing again makes duplicates; of one ticket's events in order, no two share an id."""
    ordered = sorted(rows, key=lambda row: row[1])
    first, _ = run(FLAT, drawn(ordered))
    again, _ = run(FLAT, drawn(ordered))
    assert first == again
    assert len({event.id for event in first}) == len(first)
    jumbled, _ = run(FLAT, drawn(rows))
    assert run(FLAT, drawn(rows))[0] == jumbled


@given(ROWS)
def test_the_engine_orders_events_as_the_file_does(
    rows: list[tuple[str, int, str, str, str]],
) -> None:
    """R6: sorted by time and rank, the events of one minute come out as they went in."""
    ordered = [row for row in sorted(rows, key=lambda row: row[1]) if row[0] == "7"]
    events, _ = run(FLAT, drawn(ordered))
    mine = [event for event in events if event.subject == "7"]
    read = [decode(event.encode(), keyed=False) for event in mine]
    known = [event for event in read if event is not None]
    words = {"wait": "pending", "done": "solved"}
    order = sorted(known, key=lambda event: event.order(lambda s: words.get(str(s), "open")))
    # A creation comes first, and what is said at its instant cannot pass it (R6).
    assert [(event.key, event.time) for event in order] == [
        (event.key, event.time) for event in known
    ]


@given(
    st.recursive(
        st.dictionaries(st.sampled_from("abc"), st.integers(0, 2), max_size=3),
        lambda inner: st.dictionaries(st.sampled_from("abc"), inner | st.integers(0, 2)),
        max_leaves=8,
    )
)
def test_fields_that_were_named_by_path_can_be_put_back(value: dict[str, Any]) -> None:
    """What is kept of a rejected row is what the export had."""
    assert nested(flat(value)) == value


def peak(path: Path, tickets: int, instants: int, rounds: int = 1) -> int:
    """Import a CSV, a ticket's instants `rounds` times; give the most memory used (bytes)."""
    start = datetime(2026, 3, 2, tzinfo=UTC)
    times = [f"{start + timedelta(minutes=minute):%Y-%m-%d %H:%M}" for minute in range(instants)]
    lines = (
        f"{ticket},{time},{'Wrote' if place else 'Opened'},A,,s{place},,,"
        for ticket in range(tickets)
        for place, time in enumerate(times * rounds)
    )
    path.write_text("\n".join([",".join(NAMES), *lines]), "utf-8")
    mapping = parse_mapping(FLAT + "grouped: true\n")
    importer = Importer(mapping)
    tracemalloc.start()
    try:
        made = sum(1 for _ in importer.events(read_export(str(path), mapping.file, NAMES)))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert made == tickets * (2 * instants * rounds - 1)
    return most


def test_nothing_is_kept_of_an_event_once_its_instant_has_passed(tmp_path: Path) -> None:
    """A file may be longer than memory: events are handed on and forgotten."""
    # Both are longer than what is read ahead.
    less, more = (peak(tmp_path / "a.csv", 2, 400, rounds) for rounds in (5, 15))
    assert more < 1.1 * less


def test_of_a_grouped_ticket_only_its_id_is_kept(tmp_path: Path) -> None:
    """An id in a set takes some 150 bytes, a ticket that goes on five times that."""
    few, many = peak(tmp_path / "a.csv", 300, 2), peak(tmp_path / "a.csv", 3_300, 2)
    assert many - few < 3_000 * 250
