"""ServiceNow: a record as its Table API writes it, sent by a Business Rule; one object or `result`.

Decisions:

- ServiceNow has no webhooks of its own and signs nothing: an asynchronous Business Rule after
  insert and update sends the record, with the header X-SLA-Secret.
- Values are the table's own, plain or as `{"value": …}` (`sysparm_display_value=all`); times are
  UTC, as the Table API has them.
- A record says how the ticket stands: its first version (`sys_mod_count` 0) is its creation, at
  `opened_at`; every other is a change to how it stands, at `sys_updated_on`.
- The ids are made of `sys_id` and `sys_mod_count`: sent again, they are the same.
- The ticket is the record's `number`.
- A record does not tell who wrote. Add `"comment_by": "agent"` or `"customer"` to the body where a
  public comment was written, `"work_note": true` for a work note.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from streams.gateway import fields
from streams.gateway.adapter import Adapter
from streams.gateway.hook import Happening, Hook
from streams.gateway.words import Words

WORDS = {
    "status": {
        "1": "new",
        "new": "new",
        "2": "open",
        "in progress": "open",
        "active": "open",
        "3": "on_hold",
        "on hold": "on_hold",
        "6": "solved",
        "resolved": "solved",
        "7": "closed",
        "closed": "closed",
        "8": "closed",
        "canceled": "closed",
    },
    "priority": {"1": "urgent", "2": "high", "3": "normal", "4": "low", "5": "low"},
}
NUMBER, SYS_ID = r"[A-Z]{1,10}[0-9]{3,20}", r"[0-9a-f]{32}"
SHOWN = {
    "status": "state",
    "priority": "priority",
    "team": "assignment_group",
    "assignee": "assigned_to",
    "channel": "contact_type",
    "category": "category",
    "caller": "caller_id",
    "organization": "company",
}
"""Our attribute, and the column that has it."""

_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
Body = Mapping[str, Any]


def events(hook: Hook, words: Words) -> Sequence[Happening]:
    """Read a hook; see the module's decisions."""
    whole = hook.json()
    body = whole.get("result", whole)
    if not isinstance(body, Mapping):
        raise fields.bad("result", body, "send one record, an object")
    record = {name: _plain(value) for name, value in body.items()}
    ticket = fields.id_like(record, "number", NUMBER, "the record's number")
    sys_id = fields.id_like(record, "sys_id", SYS_ID, "the record's sys_id")
    version = _version(record)
    time = _time(record, "sys_updated_on")
    id_ = f"{sys_id}-{version}"
    stands = _stands(record, words)
    found = []
    if version == 0:
        at = _time(record, "opened_at" if record.get("opened_at") else "sys_created_on")
        told = {name: value for name, value in stands.items() if value is not None}
        data = {**told, "author": "customer", "public": True}
        found.append(Happening(f"{sys_id}-created", "ticket.created", ticket, at, data))
    else:
        found.append(Happening(id_, "ticket.changed", ticket, time, stands))
    found += [
        Happening(f"{id_}-{kind}", "ticket.message", ticket, time, said)
        for kind, said in _written(whole, body)
    ]
    return found


def _plain(value: Any) -> Any:
    """Give the value of a column, however it is written."""
    return value.get("value") if isinstance(value, Mapping) else value


def _version(record: Body) -> int:
    told = record.get("sys_mod_count")
    text = str(told) if isinstance(told, int) and not isinstance(told, bool) else told
    if isinstance(text, str) and re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        return int(text)
    raise fields.bad("sys_mod_count", told, "send the record's column, a whole number")


def _time(record: Body, name: str) -> int:
    told = record.get(name)
    if not isinstance(told, str) or not _TIME.fullmatch(told):
        raise fields.bad(name, told, "send a time as the Table API does: 2026-03-27 15:00:00, UTC")
    return fields.rfc3339({name: told.replace(" ", "T") + "Z"}, name)


def _stands(record: Body, words: Words) -> dict[str, Any]:
    column = "state" if record.get("state") not in (None, "") else "incident_state"
    status = fields.optional_text(record, column)
    if status is None:
        raise fields.bad("state", None, "send the record's column")
    found: dict[str, Any] = {}
    for ours, theirs in SHOWN.items():
        said = status if ours == "status" else fields.optional_text(record, theirs)
        found[ours] = said if said is None or ours not in WORDS else words.of(ours, said)
    return {name: value for name, value in found.items() if value is not None or name in CLEARED}


CLEARED = ("team", "assignee")
"""What a record may lose again: that it has none is told too."""


def _written(whole: Body, body: Body) -> list[tuple[str, dict[str, Any]]]:
    """Say what was written, by what the Business Rule adds to the record or beside it."""
    found: list[tuple[str, dict[str, Any]]] = []
    author = whole.get("comment_by", body.get("comment_by"))
    if author not in (None, ""):
        if author not in ("agent", "customer"):
            raise fields.bad("comment_by", author, "send agent or customer")
        found.append(("comment", {"author": author, "public": True}))
    note = whole.get("work_note", body.get("work_note"))
    if note not in (None, "", False):
        if note is not True:
            raise fields.bad("work_note", note, "send true or false")
        found.append(("note", {"author": "agent", "public": False}))
    return found


ADAPTER = Adapter("servicenow", events, words=WORDS)
