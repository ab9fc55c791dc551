"""Zendesk: event webhooks (`zen:event-type:ticket.…`), as "Ticket events" of its webhook reference.

Decisions:

- The ticket stands in `detail.id` and in `subject` (`zen:ticket:4711`), and they must agree.
- The id of an event is that of the delivery's event, `id`; its time is `time`.
- An agent is whom the comment calls `is_staff`. Where it does not say, the requester is the
  customer; where neither is told, nobody can know, and the hook is a dead letter.
- A ticket that somebody else than its requester submitted was opened by an agent.
- A change of a custom field is of no interest: it may be a deadline that we wrote there ourselves.
- Triggers and automations with a body of the operator's own are not this: their form is anybody's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from streams.gateway import fields
from streams.gateway.adapter import Adapter
from streams.gateway.hook import Happening, Hook, Unmappable
from streams.gateway.signature import Hmac, Stamp
from streams.gateway.words import Words

PREFIX = "zen:event-type:ticket."
SUBJECT = "zen:ticket:"

WORDS = {
    "status": {
        "new": "new",
        "open": "open",
        "pending": "pending",
        "hold": "on_hold",
        "on-hold": "on_hold",
        "solved": "solved",
        "closed": "closed",
        "archived": "closed",
    },
    "priority": {"low": "low", "normal": "normal", "high": "high", "urgent": "urgent"},
}

Body = Mapping[str, Any]
Reader = Callable[[Body, Words], tuple[str, dict[str, Any]]]


def events(hook: Hook, words: Words) -> Sequence[Happening]:
    """Read a hook; see the module's decisions."""
    body = hook.json()
    type_ = fields.text(body, "type", "such as zen:event-type:ticket.created")
    if not type_.startswith("zen:event-type:"):
        raise fields.bad("type", type_, f"send Zendesk's event webhooks, {PREFIX}…")
    reader = READERS.get(type_.removeprefix(PREFIX)) if type_.startswith(PREFIX) else None
    if reader is None:
        return []
    ticket = fields.number_id(body, "detail.id")
    subject = fields.at(body, "subject")
    if subject is not None:
        fields.same("detail.id", SUBJECT + ticket, "subject", subject)
    id_ = fields.text(body, "id", "the event's id")
    time = fields.rfc3339(body, "time")
    name, data = reader(body, words)
    return [Happening(id_, name, ticket, time, data)]


def _created(body: Body, words: Words) -> tuple[str, dict[str, Any]]:
    data: dict[str, Any] = {}
    for ours, theirs in (("status", "status"), ("priority", "priority"), ("type", "type")):
        if said := fields.optional_text(body, f"detail.{theirs}"):
            data[ours] = words.of(ours, said) if ours in WORDS else said.lower()
    for ours, theirs in (
        ("channel", "via.channel"),
        ("team", "group_id"),
        ("assignee", "assignee_id"),
        ("organization", "organization_id"),
    ):
        if said := fields.optional_text(body, f"detail.{theirs}"):
            data[ours] = said
    if (tags := fields.at(body, "detail.tags")) is not None:
        data["tags"] = _tags(tags, "detail.tags")
    submitter = fields.optional_text(body, "detail.submitter_id")
    requester = fields.optional_text(body, "detail.requester_id")
    by_agent = None not in (submitter, requester) and submitter != requester
    data["author"] = "agent" if by_agent else "customer"
    public = fields.at(body, "detail.is_public")
    if public is not None and not isinstance(public, bool):
        raise fields.bad("detail.is_public", public, "send true or false")
    data["public"] = public is not False
    return "ticket.created", data


def _word(attribute: str) -> Reader:
    """Make a reader of a change of a word."""

    def read(body: Body, words: Words) -> tuple[str, dict[str, Any]]:
        current = fields.optional_text(body, "event.current")
        if current is None and attribute == "status":
            raise fields.bad("event.current", None, "send the new status")
        value = None if current is None else words.of(attribute, current)
        return "ticket.changed", {attribute: value}

    return read


def _value(attribute: str) -> Reader:
    """Make a reader of a change of anything else; nothing, or 0, is that it was emptied."""

    def read(body: Body, _words: Words) -> tuple[str, dict[str, Any]]:
        current = fields.optional_text(body, "event.current")
        return "ticket.changed", {attribute: None if current == "0" else current}

    return read


def _tags_changed(body: Body, _words: Words) -> tuple[str, dict[str, Any]]:
    return "ticket.changed", {"tags": _tags(fields.at(body, "detail.tags"), "detail.tags")}


def _tags(value: object, path: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise fields.bad(path, value, "send a list of texts")
    return value


def _comment(body: Body, _words: Words) -> tuple[str, dict[str, Any]]:
    public = fields.at(body, "event.comment.is_public")
    if not isinstance(public, bool):
        raise fields.bad("event.comment.is_public", public, "send true or false")
    return "ticket.message", {"author": _author(body), "public": public}


def _author(body: Body) -> str:
    staff = fields.at(body, "event.comment.author.is_staff")
    if isinstance(staff, bool):
        return "agent" if staff else "customer"
    if staff is not None:
        raise fields.bad("event.comment.author.is_staff", staff, "send true or false")
    who = fields.optional_text(body, "event.comment.author.id")
    requester = fields.optional_text(body, "detail.requester_id")
    if who is None or requester is None:
        path = "event.comment.author.is_staff"
        raise fields.bad(path, None, "say whether the author is staff")
    return "customer" if who == requester else "agent"


def _merged(body: Body, _words: Words) -> tuple[str, dict[str, Any]]:
    for path in ("event.target_ticket_id", "event.merged_into", "event.current"):
        if fields.at(body, path) is not None:
            return "ticket.merged", {"into": fields.number_id(body, path, "the surviving ticket")}
    raise Unmappable(
        "missing_field", "event.target_ticket_id: absent; send the ticket that lives on"
    )


def _deleted(reason: str) -> Reader:
    """Make a reader of an end."""

    def read(_body: Body, _words: Words) -> tuple[str, dict[str, Any]]:
        return "ticket.deleted", {"reason": reason}

    return read


READERS: dict[str, Reader] = {
    "created": _created,
    "status_changed": _word("status"),
    "priority_changed": _word("priority"),
    "agent_assignment_changed": _value("assignee"),
    "group_assignment_changed": _value("team"),
    "organization_changed": _value("organization"),
    "ticket_type_changed": _value("type"),
    "type_changed": _value("type"),
    "tags_changed": _tags_changed,
    "comment_added": _comment,
    "merged": _merged,
    "ticket_merged": _merged,
    "marked_as_spam": _deleted("spam"),
    "soft_deleted": _deleted("deleted"),
    "permanently_deleted": _deleted("deleted"),
}
"""By the end of the type; all others are of no interest."""

ADAPTER = Adapter(
    "zendesk",
    events,
    Hmac(
        "X-Zendesk-Webhook-Signature",
        "sha256",
        "base64",
        stamp=Stamp("X-Zendesk-Webhook-Signature-Timestamp", "rfc3339"),
    ),
    WORDS,
    id_headers=("x-zendesk-webhook-id", "x-zendesk-webhook-invocation-id"),
)
