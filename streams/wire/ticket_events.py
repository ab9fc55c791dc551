"""Ticket events in: CloudEvents 1.0, structured (JSON) or binary (`ce_*` headers) mode.

A tolerant reader: unknown types are passed over, unknown attributes kept, a missing `data` is an
empty one. What cannot be understood without guessing is `Rejected`, with a reason code for the
metric, and words that name the field, the value and the fix for the one who must mend it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any, cast

import orjson

from streams.sla.events import (
    Attributes,
    Author,
    Changed,
    Created,
    Deleted,
    Merged,
    Messaged,
    TicketEvent,
    Value,
)
from streams.sla.policy import WORDS
from streams.wire import instant

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
    time, type_ = _time(envelope), _text(envelope, "type", "such as ticket.created")
    if keyed and key != ticket.encode():
        message = f"key: {_shown(key)}; the record's key must be the subject, {_shown(ticket)}"
        raise Rejected("key_mismatch", message)
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise Rejected("bad_value", f"data: {_shown(data)}; write an object")
    digest = blake2b(f"{source}\0{id_}".encode(), digest_size=8).digest()
    return _event(type_, ticket, time, int.from_bytes(digest) >> 1, data)


def _event(
    type_: str, ticket: str, time: int, key: int, data: Mapping[str, Any]
) -> TicketEvent | None:
    match type_:
        case "ticket.created":
            author, public = _voice(data)
            return Created(ticket, time, key, attributes(data), author, public)
        case "ticket.changed":
            return Changed(ticket, time, key, attributes(data))
        case "ticket.message":
            return Messaged(ticket, time, key, *_voice(data))
        case "ticket.merged":
            return Merged(ticket, time, key, _text(data, "into", "the surviving ticket", "data."))
        case "ticket.deleted":
            reason = data.get("reason", "deleted")
            if reason not in ("deleted", "spam"):
                message = f"data.reason: {_shown(reason)}; write deleted or spam"
                raise Rejected("bad_value", message)
            return Deleted(ticket, time, key, reason)
        case _:
            return None


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
        name[3:].lower(): content.decode("utf-8", "replace")
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


def _text(fields: Mapping[str, Any], name: str, meaning: str, path: str = "") -> str:
    value = fields.get(name)
    if isinstance(value, str) and value:
        return value
    reason = "missing_field" if value is None or value == "" else "bad_value"
    raise Rejected(reason, f"{path}{name}: {_shown(value)}; write a text, {meaning}")


def _time(envelope: Mapping[str, Any]) -> int:
    text = _text(envelope, "time", "when it happened, like 2026-03-27T15:00:00.000Z")
    try:
        return instant.parse(text)
    except instant.NotAnInstant as fault:
        raise Rejected("bad_value", f"time: {fault}") from None
    except instant.OutOfRange as fault:
        raise Rejected("time_out_of_range", f"time: {fault}") from None


def _shown(value: object) -> str:
    text = "absent" if value is None else repr(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
