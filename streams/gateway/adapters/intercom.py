"""Intercom: the webhooks of a developer app, by "Webhook topics" and "Webhook notifications".

Decisions:

- The ticket is the conversation's `id`, or the ticket's (not its `ticket_id`, which people see: the
  inbox and the API go by `id`). It stands in `data.item`, or in `data.item.ticket` beside the part.
- The id of an event is the notification's; its time is that of the part that it tells of, a
  creation's that of the item, else the notification's `created_at`. All are whole seconds.
- A state of one's own is known by its label if a mapping has that, else by its category.
- Who wrote is told by the topic, and a bot by the part's author. A part of another topic than
  replies and notes is no message, whatever text it has.
- What is snoozed is on hold: its customer goes on waiting. What is closed is solved, for the
  customer may open it again.
- A ticket of another category than `Customer` was opened by an agent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from streams.gateway import fields
from streams.gateway.adapter import Adapter
from streams.gateway.hook import Happening, Hook
from streams.gateway.signature import Hmac
from streams.gateway.words import Words

WORDS = {
    "status": {
        "submitted": "new",
        "in_progress": "open",
        "waiting_on_customer": "pending",
        "resolved": "solved",
        "open": "open",
        "closed": "solved",
        "snoozed": "on_hold",
    },
    "priority": {"priority": "high", "not_priority": "normal"},
}
ID = r"[0-9]{1,30}"
CUSTOMER, AGENT, BOT = "customer", "agent", "bot"
AUTHORS = {"admin": AGENT, "team": AGENT, "bot": BOT, "workflow": BOT, "operator": BOT}

Body = Mapping[str, Any]
Reader = Callable[[Body, Body, Words], tuple[str, dict[str, Any]]]
"""Gives the type and the data of what a whole body tells of its conversation or ticket."""


def events(hook: Hook, words: Words) -> Sequence[Happening]:
    """Read a hook; see the module's decisions."""
    body = hook.json()
    topic = fields.text(body, "topic", "such as conversation.user.created")
    reader = READERS.get(topic)
    if reader is None:
        return []
    item = fields.at(body, "data.item")
    if not isinstance(item, Mapping):
        raise fields.bad("data.item", item, "send Intercom's notification as it is")
    within = isinstance(item.get("ticket"), Mapping)
    path = "data.item.ticket" if within else "data.item"
    thing = item["ticket"] if within else item
    ticket = fields.id_like(body, f"{path}.id", ID, "the conversation's or ticket's id")
    id_ = fields.text(body, "id", "the notification's id")
    type_, data = reader(body, thing, words)
    return [Happening(id_, type_, ticket, _time(body, path, topic), data)]


def _time(body: Body, path: str, topic: str) -> int:
    if topic in CREATIONS:
        return fields.epoch(body, f"{path}.created_at", 1000)
    if fields.at(body, "data.item.ticket_part.created_at") is not None:
        return fields.epoch(body, "data.item.ticket_part.created_at", 1000)
    part = _part(body)
    if part is not None and part.get("created_at") is not None:
        return fields.epoch(part, "created_at", 1000)
    return fields.epoch(body, "created_at", 1000)


def _part(body: Body) -> Body | None:
    """Give the conversation's part that a notification tells of: it comes with that alone."""
    parts = fields.at(body, "data.item.conversation_parts.conversation_parts")
    if isinstance(parts, list) and parts and isinstance(parts[-1], Mapping):
        return parts[-1]
    return None


def _author(body: Body, usual: str) -> str:
    """Say who wrote: whom the topic names, unless the part says that it was a bot."""
    part = fields.at(body, "data.item.ticket_part") or _part(body) or {}
    kind = fields.at(part, "author.type") if isinstance(part, Mapping) else None
    return BOT if isinstance(kind, str) and AUTHORS.get(kind) == BOT else usual


def _status(thing: Body, words: Words, instead: str | None = None) -> str | None:
    state = thing.get("ticket_state")
    if isinstance(state, Mapping):
        label = fields.optional_text(state, "internal_label")
        if label is not None and words.knows("status", label):
            return words.of("status", label)
        said = fields.text(state, "category", "such as in_progress")
        return words.of("status", said)
    if isinstance(state, str) and state:
        return words.of("status", fields.text(thing, "ticket_state", "such as in_progress"))
    said = instead or fields.optional_text(thing, "state") or ""
    return words.of("status", said) if said else None


def _who(thing: Body, path: str) -> str | None:
    """Give an assignee's id; 0 is nobody."""
    found = fields.optional_text(thing, path)
    return None if found == "0" else found


def _creation(author: str) -> Reader:
    """Make a reader of a beginning."""

    def read(_body: Body, thing: Body, words: Words) -> tuple[str, dict[str, Any]]:
        data: dict[str, Any] = {"status": _status(thing, words)}
        if said := fields.optional_text(thing, "priority"):
            data["priority"] = words.of("priority", said)
        data["team"] = _who(thing, "team_assignee_id")
        data["assignee"] = _who(thing, "admin_assignee_id")
        data["type"] = fields.optional_text(thing, "ticket_type.name")
        data["channel"] = fields.optional_text(thing, "source.type") or fields.optional_text(
            thing, "channel"
        )
        category = fields.optional_text(thing, "category") or "Customer"
        began = author if category == "Customer" else AGENT
        told = {name: value for name, value in data.items() if value is not None}
        return "ticket.created", {**told, "author": began, "public": began == CUSTOMER}

    return read


def _message(author: str, *, public: bool) -> Reader:
    """Make a reader of a reply or a note."""

    def read(body: Body, _thing: Body, _words: Words) -> tuple[str, dict[str, Any]]:
        return "ticket.message", {"author": _author(body, author), "public": public}

    return read


def _state(instead: str | None) -> Reader:
    """Make a reader of a status: the one that the topic tells, or the item's own."""

    def read(_body: Body, thing: Body, words: Words) -> tuple[str, dict[str, Any]]:
        status = words.of("status", instead) if instead else _status(thing, words)
        if status is None:
            raise fields.bad("data.item.ticket_state", None, "send the new state")
        return "ticket.changed", {"status": status}

    return read


def _assigned(_body: Body, thing: Body, _words: Words) -> tuple[str, dict[str, Any]]:
    data = {
        "team": _who(thing, "team_assignee_id"),
        "assignee": _who(thing, "admin_assignee_id"),
    }
    return "ticket.changed", data


def _priority(_body: Body, thing: Body, words: Words) -> tuple[str, dict[str, Any]]:
    said = fields.text(thing, "priority", "priority or not_priority")
    return "ticket.changed", {"priority": words.of("priority", said)}


def _deleted(_body: Body, _thing: Body, _words: Words) -> tuple[str, dict[str, Any]]:
    return "ticket.deleted", {"reason": "deleted"}


CREATIONS: dict[str, Reader] = {
    "ticket.created": _creation(CUSTOMER),
    "conversation.user.created": _creation(CUSTOMER),
    "conversation.admin.single.created": _creation(AGENT),
}
READERS: dict[str, Reader] = {
    **CREATIONS,
    "ticket.state.updated": _state(None),
    "ticket.closed": _state("closed"),
    "ticket.admin.replied": _message(AGENT, public=True),
    "ticket.contact.replied": _message(CUSTOMER, public=True),
    "ticket.note.created": _message(AGENT, public=False),
    "ticket.admin.assigned": _assigned,
    "ticket.team.assigned": _assigned,
    "conversation.user.replied": _message(CUSTOMER, public=True),
    "conversation.admin.replied": _message(AGENT, public=True),
    "conversation.admin.noted": _message(AGENT, public=False),
    "conversation.admin.assigned": _assigned,
    "conversation.admin.open.assigned": _assigned,
    "conversation.admin.opened": _state("open"),
    "conversation.admin.closed": _state("closed"),
    "conversation.admin.snoozed": _state("snoozed"),
    "conversation.admin.unsnoozed": _state("open"),
    "conversation.priority.updated": _priority,
    "conversation.deleted": _deleted,
}
"""By topic; all others are of no interest."""

ADAPTER = Adapter("intercom", events, Hmac("X-Hub-Signature", "sha1", "hex", "sha1="), WORDS)
