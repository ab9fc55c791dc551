"""An SLA event as it is read: what a notice needs of it must be there, all else is kept as it is.

Decisions: types that are not ours, and those that a later release adds, are passed over. What is
ours and cannot be read is a dead letter with the reasons that ticket events have.
"""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from streams.notify.route import EVENTS, PREFIX, Event
from streams.wire.instant import NotAnInstant, OutOfRange, parse
from streams.wire.ticket_events import Rejected

OURS = frozenset(PREFIX + name for name in EVENTS)


def _instant(text: str) -> str:
    try:
        parse(text)
    except (NotAnInstant, OutOfRange) as fault:
        raise ValueError(str(fault)) from None
    return text


Text = Annotated[str, Field(min_length=1)]
Instant = Annotated[str, AfterValidator(_instant)]


class _Kept(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)


class _Data(_Kept):
    ticket: Text
    policy: Text
    kind: Text
    metric: Text
    cycle: int
    detected_at: Instant
    deadline: Instant | None
    target_seconds: float
    elapsed_seconds: float
    remaining_seconds: float
    attributes: dict[str, Any] = Field(default_factory=dict)
    retracts: Text | None = None


class _Envelope(_Kept):
    id: Text
    type: Text
    time: Instant
    data: _Data


def read(value: bytes | None) -> Event | None:
    """Read a record's value; None for a type that is not ours. Raises Rejected."""
    if value is None:
        message = "value: null; SLA events are never deleted, only the worker writes here"
        raise Rejected("null_value", message)
    try:
        event = orjson.loads(value)
    except orjson.JSONDecodeError as fault:
        message = f"value: not JSON ({fault}); only the worker writes here"
        raise Rejected("not_json", message) from None
    if not isinstance(event, dict) or event.get("specversion") != "1.0":
        message = "value: no CloudEvent 1.0; only the worker writes here"
        raise Rejected("not_a_cloudevent", message)
    if event.get("type") not in OURS:
        return None
    try:
        told = _Envelope.model_validate(event)
    except ValidationError as found:
        first = found.errors()[0]
        where = ".".join(str(one) for one in first["loc"])
        reason = "missing_field" if first["type"] == "missing" else "bad_value"
        message = f"{where}: {first['msg']}; only the worker writes here, and it writes it whole"
        raise Rejected(reason, message) from None
    if "retract" in told.type and told.data.retracts is None:
        message = "data.retracts: not there; only the worker writes here, and it writes it whole"
        raise Rejected("missing_field", message)
    return event


def detected(event: Event) -> int:
    """Give the instant, ms UTC, at which the worker said it: it may have happened long before."""
    return parse(event["data"]["detected_at"])
