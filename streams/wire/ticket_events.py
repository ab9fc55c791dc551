"""Ticket events in: CloudEvents 1.0, structured (JSON) or binary (`ce_*` headers) mode.

A tolerant reader: unknown types are passed over, unknown attributes kept, a missing `data` is an
empty one. What cannot be understood without guessing is `Rejected`, with a reason code for the
metric, and words that name the field, the value and the fix for the one who must mend it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import orjson

from streams.sla.events import (
    Absorbed,
    Attributes,
    Author,
    Changed,
    Created,
    Deleted,
    Merged,
    Messaged,
    TicketEvent,
    Value,
    Waits,
)
from streams.sla.policy import WORDS
from streams.wire import absorbed, instant

LARGEST_EVENT = 1_000_000
"""Bytes of a record's value. A larger one is no ticket event, and its ticket's row must hold it."""

AUTHORS = ("customer", "agent", "bot")
RESERVED = frozenset({"author", "public", "message_id", "into", "reason"})
SHOWN = 80

REASONS = {
    "null_value": "the record has no value",
    "too_large": "the record is larger than a ticket event may be",
    "not_json": "the value is not JSON",
    "not_a_cloudevent": "the value is not a CloudEvent 1.0",
    "missing_field": "a required field is absent",
    "bad_value": "a field holds a value that has no meaning there",
    "time_out_of_range": "the time is before 1970 or from 2200 on",
    "key_mismatch": "the record's key is not the ticket's id",
    "too_late": "the event is older than what is kept of its ticket",
    "ticket_forgotten": "the ticket was closed so long ago that it was let go",
}
"""Every reason for which a record goes to the dead letters, as metrics and headers name it."""


class Rejected(ValueError):
    """A record that cannot be read: `reason` is one of REASONS, the message is for people."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def decode(
    value: bytes | None,
    key: bytes | None = None,
    headers: Iterable[tuple[str, bytes]] = (),
    *,
    keyed: bool = True,
) -> TicketEvent | None:
    """Read a record; give None for a type that is not ours. Raises Rejected.

    `keyed` demands that the key be the ticket's id; files have no keys.
    """
    if value is None:
        raise Rejected(
            "null_value", "value: null; send a ticket event, or ticket.deleted to end it"
        )
    if len(value) > LARGEST_EVENT:
        message = f"value: {len(value)} bytes; a ticket event has at most {LARGEST_EVENT}"
        raise Rejected("too_large", message)
    envelope, data = _envelope(value, headers)
    if envelope.get("specversion") != "1.0":
        shown = _shown(envelope.get("specversion"))
        raise Rejected("not_a_cloudevent", f'specversion: {shown}; write "specversion": "1.0"')
    ticket = _text(envelope, "subject", "the ticket's id")
    source, id_ = _text(envelope, "source", "who sends"), _text(envelope, "id", "unique by source")
    time = _instant(envelope, "time", "when it happened")
    type_ = _text(envelope, "type", "such as ticket.created")
    if keyed and key != ticket.encode():
        message = f"key: {_shown(key)}; the record's key must be the subject, {_shown(ticket)}"
        raise Rejected("key_mismatch", message)
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise Rejected("bad_value", f"data: {_shown(data)}; write an object")
    return _event(type_, ticket, time, absorbed.key(source, id_), data)


def _event(
    type_: str, ticket: str, time: int, key: int, data: Mapping[str, Any]
) -> TicketEvent | None:
    reader = READERS.get(type_)
    return None if reader is None else reader(ticket, time, key, data)


def _created(ticket: str, time: int, key: int, data: Mapping[str, Any]) -> TicketEvent:
    author, public = _voice(data)
    return Created(ticket, time, key, attributes(data), author, public)


def _changed(ticket: str, time: int, key: int, data: Mapping[str, Any]) -> TicketEvent:
    return Changed(ticket, time, key, attributes(data))


def _message(ticket: str, time: int, key: int, data: Mapping[str, Any]) -> TicketEvent:
    return Messaged(ticket, time, key, *_voice(data))


def _merged(ticket: str, time: int, key: int, data: Mapping[str, Any]) -> TicketEvent:
    into = _text(data, "into", "the surviving ticket", "data.")
    if into == ticket:
        message = f"data.into: {_shown(into)} is the ticket itself; name the surviving one"
        raise Rejected("bad_value", message)
    return Merged(ticket, time, key, into)


def _deleted(ticket: str, time: int, key: int, data: Mapping[str, Any]) -> TicketEvent:
    reason = data.get("reason", "deleted")
    if reason not in ("deleted", "spam"):
        message = f"data.reason: {_shown(reason)}; write deleted or spam"
        raise Rejected("bad_value", message)
    return Deleted(ticket, time, key, reason)


def _absorbed(ticket: str, time: int, key: int, data: Mapping[str, Any]) -> TicketEvent:
    origin = _text(data, "origin", "the ticket that was merged", "data.")
    since, hands = _object(data, "waiting_since"), _object(data, "hands")
    waits: Waits = _since(since, "human"), _since(since, "anyone")
    team, status, assignee = (
        None if hands.get(name) is None else str(hands[name])
        for name in ("team", "status", "assignee")
    )
    return Absorbed(ticket, time, key, origin, waits, (team, status, assignee))


READERS: dict[str, Callable[[str, int, int, Mapping[str, Any]], TicketEvent]] = {
    "ticket.created": _created,
    "ticket.changed": _changed,
    "ticket.message": _message,
    "ticket.merged": _merged,
    "ticket.deleted": _deleted,
    absorbed.TYPE: _absorbed,
}
"""By type: how `data` is read; each raises Rejected."""


def _object(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name, {})
    if not isinstance(value, dict):
        raise Rejected("bad_value", f"data.{name}: {_shown(value)}; write an object")
    return value


def _since(since: Mapping[str, Any], name: str) -> int | None:
    if since.get(name) is None:
        return None
    return _instant(since, name, "since when the customer waits", "data.waiting_since.")


def attributes(data: Mapping[str, Any]) -> Attributes:
    """Take the attributes out of `data`: scalars, and lists of scalars.

    Status and priority are words: a number becomes its digits, since Freshdesk and its like send
    them so. Nested objects mean nothing to a filter and are left out.
    """
    taken: dict[str, Value] = {}
    for name, value in data.items():
        if name in RESERVED:
            continue
        if name in WORDS:
            if isinstance(value, bool | dict | list):
                raise Rejected("bad_value", f"data.{name}: {_shown(value)}; write a word")
            taken[name] = value if value is None else str(value)
        elif isinstance(value, list):
            taken[name] = tuple(entry for entry in value if _scalar(entry))
        elif _scalar(value):
            taken[name] = value
    return taken


def _scalar(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def _voice(data: Mapping[str, Any]) -> tuple[Author, bool]:
    author, public = data.get("author", "customer"), data.get("public", True)
    if author not in AUTHORS:
        message = f"data.author: {_shown(author)}; write one of {', '.join(AUTHORS)}"
        raise Rejected("bad_value", message)
    if not isinstance(public, bool):
        raise Rejected("bad_value", f"data.public: {_shown(public)}; write true or false")
    return cast("Author", author), public


def _envelope(value: bytes, headers: Iterable[tuple[str, bytes]]) -> tuple[dict[str, Any], object]:
    """Give the CloudEvent's context attributes and its data, from whichever mode."""
    context: dict[str, Any] = {
        name[3:].lower(): _words(content)
        for name, content in headers
        if name.lower().startswith("ce_") and content is not None
    }
    try:
        body = orjson.loads(value) if value or not context else None
    except orjson.JSONDecodeError as fault:
        message = f"value: {_shown(value)}; not JSON ({fault}); send a CloudEvent as JSON in UTF-8"
        raise Rejected("not_json", message) from None
    if "specversion" in context:
        return context, body
    if not isinstance(body, dict):
        message = f"value: {_shown(body)}; a CloudEvent is a JSON object"
        raise Rejected("not_a_cloudevent", message)
    return body, body.get("data")


def _words(content: bytes) -> str | bytes:
    """Read a header; bytes that are no text stay what they are, which is no good value for a field.

    To replace them would make one id of two, and of the second event a duplicate (R7).
    """
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content


def _text(fields: Mapping[str, Any], name: str, meaning: str, path: str = "") -> str:
    value = fields.get(name)
    if isinstance(value, str) and value:
        return value
    reason = "missing_field" if value is None or value == "" else "bad_value"
    raise Rejected(reason, f"{path}{name}: {_shown(value)}; write a text, {meaning}")


def _instant(fields: Mapping[str, Any], name: str, meaning: str, path: str = "") -> int:
    text = _text(fields, name, f"{meaning}, like 2026-03-27T15:00:00.000Z", path)
    try:
        return instant.parse(text)
    except instant.NotAnInstant as fault:
        raise Rejected("bad_value", f"{path}{name}: {fault}") from None
    except instant.OutOfRange as fault:
        raise Rejected("time_out_of_range", f"{path}{name}: {fault}") from None


def _shown(value: object) -> str:
    text = "absent" if value is None else repr(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
