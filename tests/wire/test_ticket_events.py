"""Ticket events in: what is read, what is tolerated, what is refused and why."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streams.sla.events import Changed, Created, Deleted, Merged, Messaged
from streams.wire.ticket_events import LARGEST_EVENT, REASONS, Rejected, decode

EVENT = {
    "specversion": "1.0",
    "id": "1",
    "source": "/zendesk/acme",
    "type": "ticket.created",
    "subject": "4711",
    "time": "2026-03-27T15:00:00.000Z",
    "data": {"status": "new", "priority": "high", "tags": ["vip"], "author": "customer"},
}
AT = 1774623600000


def read(key: bytes | None = b"4711", **changes: Any) -> Any:
    """Decode the event with some fields changed; Ellipsis leaves one out."""
    event = {**EVENT, **changes}
    return decode(json.dumps({k: v for k, v in event.items() if v is not ...}).encode(), key)


def test_a_creation_carries_its_attributes_and_its_author() -> None:
    """The table of types, first row."""
    event = read()
    assert isinstance(event, Created)
    assert (event.ticket, event.time, event.author, event.public) == ("4711", AT, "customer", True)
    assert event.attributes == {"status": "new", "priority": "high", "tags": ("vip",)}


def test_each_type_is_read() -> None:
    """The other rows."""
    assert isinstance(read(type="ticket.changed", data={"team": "x"}), Changed)
    message = read(type="ticket.message", data={"author": "agent", "public": False})
    assert isinstance(message, Messaged)
    assert (message.author, message.public) == ("agent", False)
    merged = read(type="ticket.merged", data={"into": "4712"})
    assert isinstance(merged, Merged)
    assert merged.into == "4712"
    deleted = read(type="ticket.deleted", data={"reason": "spam"})
    assert isinstance(deleted, Deleted)
    assert deleted.reason == "spam"


def test_binary_mode_is_the_same_event() -> None:
    """`ce_*` headers, the data as the value."""
    headers = [(f"ce_{k}", str(v).encode()) for k, v in EVENT.items() if k != "data"]
    value = json.dumps(EVENT["data"]).encode()
    assert decode(value, b"4711", [*headers, ("content-type", b"application/json")]) == read()


@pytest.mark.parametrize("field", ["id", "source", "type", "time", "subject", "specversion"])
def test_a_header_that_is_no_text_is_no_value(field: str) -> None:
    """R7: two ids that cannot be read would be one, and the second event a duplicate."""
    headers = {f"ce_{k}": str(v).encode() for k, v in EVENT.items() if k != "data"}
    for odd in (b"\xff", b"a\xfe"):
        with pytest.raises(Rejected, match=f"^{field}: b'"):
            decode(b"{}", b"4711", [*{**headers, f"ce_{field}": odd}.items()])
    more = [*headers.items(), ("ce_trace", b"\xff")]
    assert decode(b"{}", b"4711", more) is not None


def test_a_duplicate_is_known_by_source_and_id() -> None:
    """R7: the same pair has the same key, another source another one."""
    assert read().key == read(time="2026-03-27T16:00:00Z").key
    assert len({read().key, read(id="2").key, read(source="/jira").key}) == 3


def test_unknown_types_attributes_and_extensions_are_tolerated() -> None:
    """A tolerant reader."""
    assert read(type="ticket.sneezed") is None
    assert read(type="com.example.other", data=...) is None
    event = read(
        traceparent="00-x", data={"mood": "angry", "nested": {"a": 1}, "list": [1, {"b": 2}]}
    )
    assert event.attributes == {"mood": "angry", "list": (1,)}
    assert read(data=...).attributes == {}
    assert read(data=None).attributes == {}


def test_numbers_as_status_or_priority_are_words() -> None:
    """Freshdesk sends priority 1 to 4."""
    assert read(data={"status": 2, "priority": 4}).attributes == {"status": "2", "priority": "4"}
    assert read(data={"status": None}).attributes == {"status": None}


REFUSED = [
    ("missing_field", {"subject": ...}, "subject: absent"),
    ("missing_field", {"subject": ""}, "subject"),
    ("missing_field", {"id": ...}, "id: absent"),
    ("missing_field", {"source": ...}, "source: absent"),
    ("missing_field", {"type": ...}, "type: absent"),
    ("missing_field", {"time": ...}, "time: absent"),
    ("bad_value", {"subject": 4711}, "subject: 4711"),
    ("bad_value", {"time": "yesterday"}, "'yesterday' is not"),
    ("bad_value", {"time": 1774623600}, "time: 1774623600"),
    ("time_out_of_range", {"time": "9999-12-31T00:00:00Z"}, "outside of 1970"),
    ("time_out_of_range", {"time": "1969-12-31T00:00:00Z"}, "outside of 1970"),
    ("not_a_cloudevent", {"specversion": ...}, "specversion: absent"),
    ("not_a_cloudevent", {"specversion": "0.3"}, "specversion: '0.3'"),
    ("bad_value", {"data": [1]}, r"data: \[1\]; write an object"),
    ("bad_value", {"data": {"author": "robot"}}, "data.author: 'robot'"),
    ("bad_value", {"data": {"public": "yes"}}, "data.public: 'yes'"),
    ("bad_value", {"data": {"status": ["new"]}}, "data.status"),
    ("missing_field", {"type": "ticket.merged", "data": {}}, "data.into: absent"),
    ("bad_value", {"type": "ticket.deleted", "data": {"reason": "bored"}}, "data.reason: 'bored'"),
]


@pytest.mark.parametrize(("reason", "changes", "words"), REFUSED)
def test_what_cannot_be_understood_is_rejected_with_field_value_and_fix(
    reason: str, changes: dict[str, Any], words: str
) -> None:
    """Each reason is one of those that metrics and dead letters name."""
    with pytest.raises(Rejected, match=words) as fault:
        read(**changes)
    assert fault.value.reason == reason
    assert reason in REASONS


@pytest.mark.parametrize(
    ("value", "key", "reason"),
    [
        (None, b"4711", "null_value"),
        (b"", b"4711", "not_json"),
        (b"{not json", b"4711", "not_json"),
        (b"\xff\xfe", b"4711", "not_json"),
        (b"[]", b"4711", "not_a_cloudevent"),
        (b"17", b"4711", "not_a_cloudevent"),
        (b" " * (LARGEST_EVENT + 1), b"4711", "too_large"),
        (json.dumps(EVENT).encode(), b"4712", "key_mismatch"),
        (json.dumps(EVENT).encode(), None, "key_mismatch"),
    ],
)
def test_records_that_are_no_ticket_events_are_rejected(
    value: bytes | None, key: bytes | None, reason: str
) -> None:
    """Whatever stands on the topic, the reader answers with an event or a reason."""
    with pytest.raises(Rejected) as fault:
        decode(value, key)
    assert fault.value.reason == reason


def test_a_file_has_no_keys() -> None:
    """Replays read the same events without them."""
    assert decode(json.dumps(EVENT).encode(), None, keyed=False) is not None


def answer(**changes: Any) -> str:
    """Read, and say what came of it."""
    try:
        read(**changes)
    except Rejected as fault:
        return fault.reason
    return "event"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.sampled_from([*EVENT, "data"]), JSON)
@example("time", "2026-03-27T25:00:00Z")
def test_any_value_in_any_field_gives_an_event_or_a_reason(field: str, value: Any) -> None:
    """Never an exception of another kind: it would be a crash loop."""
    assert answer(**{field: value}) in {"event", *REASONS}


@given(st.binary(max_size=200))
def test_any_bytes_give_a_reason(value: bytes) -> None:
    """Noise on the topic."""
    with pytest.raises(Rejected):
        decode(value, b"4711")
