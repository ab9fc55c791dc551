"""Freshdesk: the webhook of an automation rule, with the ticket's placeholders in its body.

Decisions:

- The body is `{"freshdesk_webhook": {…}}` as Freshdesk writes it, or the same fields bare. Words
  are what an account shows (`Waiting on Customer`), or the numbers of its API.
- What happened stands in `triggered_event`, which is no JSON: `{status:{from:4,to:6}}`. Where it
  tells a change, the new value is the ticket's own field, which shows it as it is after the change.
- A rule does not say when, nor does it number its hooks. Add
  `"ticket_modified_on": "{{ticket.modified_on}}"` to the body for the one; without it the event is
  dated when the hook came. The id is a digest of the body and of that time: sent again with a time
  it is the same event, without one it is another of the same content.
- We found no document of how such times are written; from one account they are known to come as
  `2026-03-27 15:00:00`, in its own zone and without naming it. The zone is never guessed: add
  `"zone": "Asia/Kolkata"`. It serves only times that name none; of a local time that exists twice
  the first is meant (R22).
- A reply and a public note look alike whoever wrote them: add `"author": "agent"` to the body of
  the rule for what agents do, `"author": "customer"` to that for requesters. Without it such a hook
  is a dead letter. A private note is an agent's.
- The ticket stands in `ticket_id` and at the end of `ticket_url`, and they must agree.
- Freshdesk signs nothing: have the rule send the header X-SLA-Secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from streams.gateway import fields
from streams.gateway.adapter import Adapter
from streams.gateway.hook import Happening, Hook
from streams.gateway.words import Words
from streams.sla.zone import parse_zone

WORDS = {
    "status": {
        "open": "open",
        "2": "open",
        "pending": "pending",
        "3": "pending",
        "resolved": "solved",
        "4": "solved",
        "closed": "closed",
        "5": "closed",
        "waiting on customer": "pending",
        "6": "pending",
        "waiting on third party": "on_hold",
        "7": "on_hold",
    },
    "priority": {
        "low": "low",
        "1": "low",
        "medium": "normal",
        "2": "normal",
        "high": "high",
        "3": "high",
        "urgent": "urgent",
        "4": "urgent",
    },
}

PUBLIC = (("note_type", "public"), ("reply_sent", "sent"))
"""What a rule says when somebody wrote in public."""

CHANGES = {
    "status": ("status", "ticket_status"),
    "priority": ("priority", "ticket_priority"),
    "ticket_type": ("type", "ticket_type"),
    "group_id": ("team", "ticket_group_name"),
    "group": ("team", "ticket_group_name"),
    "responder_id": ("assignee", "ticket_agent_name"),
    "agent": ("assignee", "ticket_agent_name"),
}
"""What a rule says that changed: our attribute, and the field that has the new value."""

_CHANGE = re.compile(r"(\w+):\{from:([^,{}]*),to:([^,{}]*)\}")
_SIMPLE = re.compile(r"(\w+):([^,{}]+)")
_WHOLE = re.compile(r"\{(?:\w+:(?:\{from:[^,{}]*,to:[^,{}]*\}|[^,{}]+),?)*\}")
_LOCAL = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d", re.ASCII)
"""A time that names no zone."""
_UTC = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", re.ASCII)


def events(hook: Hook, words: Words) -> Sequence[Happening]:
    """Read a hook; see the module's decisions."""
    whole = hook.json()
    body = whole.get("freshdesk_webhook", whole)
    if not isinstance(body, Mapping):
        raise fields.bad("freshdesk_webhook", body, "send an object")
    told = fields.text(body, "triggered_event", "the placeholder {{triggered_event}}")
    told = told.replace(" ", "")
    if not _WHOLE.fullmatch(told):
        raise fields.bad("triggered_event", told, "send {{triggered_event}} as it is")
    made = (
        _created(body, words) if "ticket_action:created" in told else _happened(told, body, words)
    )
    if not made:
        return []
    ticket = fields.number_id(body, "ticket_id")
    if (url := fields.optional_text(body, "ticket_url")) is not None:
        fields.same("ticket_url", url.rstrip("/").rpartition("/")[2], "ticket_id", ticket)
    time = _time(body, hook)
    mark = sha256(hook.body + str(time).encode()).hexdigest()[:32]
    return [
        Happening(f"{mark}-{place}", type_, ticket, time, data)
        for place, (type_, data) in enumerate(made)
    ]


def _created(body: Mapping[str, Any], words: Words) -> list[tuple[str, dict[str, Any]]]:
    data: dict[str, Any] = {}
    for ours, theirs in CHANGES.values():
        if said := fields.optional_text(body, theirs):
            data[ours] = words.of(ours, said)
    for ours, theirs in (("channel", "ticket_source"), ("organization", "ticket_company_name")):
        if said := fields.optional_text(body, theirs):
            data[ours] = said.lower() if ours == "channel" else said
    return [("ticket.created", {**data, "author": "customer", "public": True})]


def _happened(told: str, body: Mapping[str, Any], words: Words) -> list[tuple[str, dict[str, Any]]]:
    made: list[tuple[str, dict[str, Any]]] = []
    changed: dict[str, Any] = {}
    for name, _before, after in _CHANGE.findall(told):
        if name in CHANGES:
            ours, theirs = CHANGES[name]
            said = fields.optional_text(body, theirs) or after
            changed[ours] = words.of(ours, said) if said not in ("", "null", "--") else None
    for name, value in _SIMPLE.findall(_CHANGE.sub("", told)):
        if (name, value) in PUBLIC:
            made.append(("ticket.message", {"author": _author(body), "public": True}))
        elif (name, value) == ("note_type", "private"):
            made.append(("ticket.message", {"author": "agent", "public": False}))
        elif (name, value) in (("ticket_action", "deleted"), ("ticket_action", "marked_spam")):
            made.append(("ticket.deleted", {"reason": "spam" if "spam" in value else "deleted"}))
    return [*made, *([("ticket.changed", changed)] if changed else [])]


def _author(body: Mapping[str, Any]) -> str:
    author = fields.at(body, "author")
    if author not in ("agent", "customer"):
        raise fields.bad(
            "author", author, 'add "author": "agent" or "customer" to the rule\'s body'
        )
    return str(author)


def _time(body: Mapping[str, Any], hook: Hook) -> int:
    for path in ("ticket_modified_on", "ticket_updated_at"):
        told = fields.at(body, path)
        if told in (None, ""):
            continue
        if isinstance(told, str) and _LOCAL.fullmatch(told):
            return fields.rfc3339({path: _with_offset(path, told, body)}, path)
        if isinstance(told, str) and (utc := _UTC.fullmatch(told)):
            return fields.rfc3339({path: f"{utc[1]}Z"}, path)
        return fields.rfc3339(body, path)
    return hook.received_at


def _with_offset(path: str, told: str, body: Mapping[str, Any]) -> str:
    """Give a local time with its zone's offset."""
    fix = f'add "zone": "Asia/Kolkata" or the like, for {path} {told!r} names none'
    name = fields.at(body, "zone")
    if not isinstance(name, str):
        raise fields.bad("zone", name, fix)
    try:
        zone = parse_zone(name)
    except ValueError:
        raise fields.bad("zone", name, fix) from None
    try:
        return datetime.fromisoformat(told).replace(tzinfo=zone).isoformat()
    except (ValueError, OverflowError):
        raise fields.bad(path, told, "send {{ticket.modified_on}} as it is") from None


ADAPTER = Adapter("freshdesk", events, words=WORDS)
