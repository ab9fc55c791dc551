"""Front: events of conversations, as "Events" and "Application webhooks" of its developer guide.

Decisions:

- An application webhook wraps the event (`{"type", "authorization", "payload": {event}}`), a rule's
  webhook sends it bare; both are read. Its "event preview" has ids only, and tells less.
- The ticket is the conversation (`cnv_…`). Links to it must be of the same one.
- No event says that a conversation began. One that was never heard of begins with what is told of
  it first, so an inbound message tells status, assignee, tags, channel and inbox along.
- An outbound message tells no status: one that is sent and archived in a click would be reopened.
- A conversation that is archived is solved, or on hold where a reminder will bring it back: its
  customer goes on waiting. With ticketing on, the status' category counts (`waiting`: pending).
- Who wrote is the message's author: `type` is `user` (an agent), `visitor` (a customer), or what
  acted on its own (a bot); of old, teammates have none. A message that has no author may be an
  automatic answer or a teammate's in another program: it is refused.
- A comment is an internal note. Discussions are among teammates, and of no interest.
- The team is the inbox's name, where there is one inbox. The assignee is the teammate's id.
- The id is the event's, the time its `emitted_at` (seconds).
- Application webhooks are signed as "Verifying integrity" says, a rule's as "Validating Data
  Integrity" of "Rule webhooks" does: SHA-1 of the body alone, by another secret, the API's. They
  say no time, so how old they are cannot be judged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from streams.gateway import fields
from streams.gateway.adapter import Adapter
from streams.gateway.hook import Happening, Hook
from streams.gateway.signature import Either, Hmac, Stamp
from streams.gateway.words import Words

CONVERSATION = r"cnv_[0-9a-z]{1,40}"
EVENT = r"evt_[0-9a-z]{1,40}"
CHALLENGE = "x-front-challenge"
SNOOZED = "snoozed"

WORDS = {
    "status": {
        "unassigned": "open",
        "assigned": "open",
        "archived": "solved",
        SNOOZED: "on_hold",
        "open": "open",
        "waiting": "pending",
        "resolved": "solved",
    },
}

BOTS = (
    *("ai", "api", "application", "bulk_reply", "csat"),
    *("integration", "macro", "rule", "smart_csat"),
)
"""Types of teammates that are none; a bulk reply and a macro are answers that nobody wrote."""

OVER = ("archived", "deleted", "resolved")
"""Statuses that a message does not bring about, though it may be told so late that they hold."""

LINKS = (
    "conversation._links.self",
    "target.data._links.related.conversation",
    "conversation.last_message._links.related.conversation",
)
"""Where else the conversation is named: the last piece of an address."""

_SHOWABLE = re.compile(r"[!-~]{1,255}")

Body = Mapping[str, Any]
Made = list[tuple[str, dict[str, Any]]]
"""Type, data."""
Reader = Callable[[Body, Words], Made]


def events(hook: Hook, words: Words) -> Sequence[Happening]:
    """Read a hook; see the module's decisions."""
    whole = hook.json()
    body = whole.get("payload", whole)
    if not isinstance(body, Mapping):
        raise fields.bad("payload", body, "send the event, an object")
    reader = READERS.get(fields.text(body, "type", "such as inbound"))
    if reader is None or fields.at(body, "conversation.type") == "discussion":
        return []
    ticket = fields.id_like(body, "conversation.id", CONVERSATION, "the conversation's id")
    for path in LINKS:
        if (link := fields.optional_text(body, path)) is not None:
            fields.same(path, link.rstrip("/").rpartition("/")[2], "conversation.id", ticket)
    mark = fields.id_like(body, "id", EVENT, "the event's id")
    time = fields.epoch(body, "emitted_at", 1000)
    made = reader(body, words)
    return [
        Happening(f"{mark}-{place}", type_, *_whose(ticket, type_, data, time))
        for place, (type_, data) in enumerate(made)
    ]


def _whose(ticket: str, type_: str, data: dict[str, Any], time: int) -> tuple[str, int, Any]:
    """Give ticket, time and data: what was merged is told of the one that is gone."""
    if type_ == "ticket.merged":
        return data["gone"], time, {"into": ticket}
    return ticket, time, data


def _inbound(body: Body, words: Words) -> Made:
    standing = _standing(body, words)
    said = _status(body)
    if said is not None and said not in OVER:
        standing["status"] = words.of("status", said)
    author = "customer" if fields.at(body, "target.data.author") is None else _author(body)
    # The change first: a message on what was solved counts from when it is open again.
    return [*_changed(standing), ("ticket.message", {"author": author, "public": True})]


def _outbound(body: Body, words: Words) -> Made:
    if fields.at(body, "target.data.is_draft") is True:
        return []
    message = {"author": _author(body), "public": True}
    return [*_changed(_standing(body, words)), ("ticket.message", message)]


def _comment(body: Body, _words: Words) -> Made:
    return [("ticket.message", {"author": _author(body), "public": False})]


def _author(body: Body) -> str:
    author = fields.at(body, "target.data.author")
    if not isinstance(author, Mapping):
        fix = "have the webhook send full events; who has no author may be anybody"
        raise fields.bad("target.data.author", author, fix)
    kind = fields.at(author, "type")
    if kind is None or kind == "user":
        fields.id_like(body, "target.data.author.id", r"tea_[0-9a-z]{1,40}", "the teammate's id")
        return "agent"
    if kind == "visitor":
        return "customer"
    if kind not in BOTS:
        raise fields.bad(
            "target.data.author.type", kind, "send a type of teammate that Front lists"
        )
    return "bot"


def _assign(body: Body, _words: Words) -> Made:
    path = "target.data.id"
    if fields.at(body, "target.data") is None:
        path = "conversation.assignee.id"
    return [("ticket.changed", {"assignee": fields.text(body, path, "the teammate's id")})]


def _unassign(_body: Body, _words: Words) -> Made:
    return [("ticket.changed", {"assignee": None})]


def _archive(body: Body, words: Words) -> Made:
    by_reminder = fields.at(body, "source._meta.type") == "reminder"
    snoozed = by_reminder or bool(fields.at(body, "conversation.scheduled_reminders"))
    return _as(SNOOZED if snoozed else "archived", words)


def _reopen(body: Body, words: Words) -> Made:
    said = _status(body)
    return _as("unassigned" if said is None or said in OVER else said, words)


def _restore(body: Body, words: Words) -> Made:
    said = _status(body)
    return _as("unassigned" if said is None or said == "deleted" else said, words)


def _ticketing(body: Body, words: Words) -> Made:
    return _as(fields.text(body, "conversation.status_category", "such as waiting"), words)


def _as(said: str, words: Words) -> Made:
    return [("ticket.changed", {"status": words.of("status", said)})]


def _trash(_body: Body, _words: Words) -> Made:
    return [("ticket.deleted", {"reason": "deleted"})]


def _tags_changed(body: Body, _words: Words) -> Made:
    tags = _tags(body)
    if tags is None:
        raise fields.bad("conversation.tags", None, "have the webhook send full events")
    return [("ticket.changed", {"tags": tags})]


def _move(body: Body, _words: Words) -> Made:
    team = _inbox(body, "target.data")
    if team is None:
        value = fields.at(body, "target.data")
        raise fields.bad("target.data", value, "send the one inbox, with its name")
    return [("ticket.changed", {"team": team})]


def _merged(body: Body, _words: Words) -> Made:
    gone = fields.at(body, "target.data")
    if not isinstance(gone, list) or not gone:
        raise fields.bad("target.data", gone, "send the ids of the conversations that are gone")
    into = fields.at(body, "conversation.id")
    for one in gone:
        if not isinstance(one, str) or not re.fullmatch(CONVERSATION, one) or one == into:
            fix = f"send another conversation's id, of the form {CONVERSATION}"
            raise fields.bad("target.data", one, fix)
    return [("ticket.merged", {"gone": one}) for one in dict.fromkeys(gone)]


def _standing(body: Body, words: Words) -> dict[str, Any]:
    """Give what a full event tells of the conversation besides its status."""
    data: dict[str, Any] = {}
    if assignee := fields.optional_text(body, "conversation.assignee.id"):
        data["assignee"] = assignee
    if (tags := _tags(body)) is not None:
        data["tags"] = tags
    if channel := fields.optional_text(body, "target.data.type"):
        data["channel"] = words.of("channel", channel)
    if team := _inbox(body, "source.data"):
        data["team"] = team
    return data


def _changed(data: dict[str, Any]) -> Made:
    return [("ticket.changed", data)] if data else []


def _status(body: Body) -> str | None:
    """Give the conversation's status, with ticketing its category; None where neither is told."""
    category = fields.optional_text(body, "conversation.status_category")
    return category or fields.optional_text(body, "conversation.status")


def _tags(body: Body) -> list[str] | None:
    tags = fields.at(body, "conversation.tags")
    if tags is None:
        return None
    if not isinstance(tags, list) or not all(isinstance(tag, Mapping) for tag in tags):
        raise fields.bad("conversation.tags", tags, "send a list of tags")
    return [fields.text(tag, "name", "the tag's name") for tag in tags]


def _inbox(body: Body, path: str) -> str | None:
    """Name the inbox; None where there are several, or none that has a name."""
    found = fields.at(body, path)
    one = found[0] if isinstance(found, list) and len(found) == 1 else found
    return fields.optional_text(one, "name") if isinstance(one, Mapping) else None


READERS: dict[str, Reader] = {
    "inbound": _inbound,
    "outbound": _outbound,
    "out_reply": _outbound,
    "comment": _comment,
    "assign": _assign,
    "unassign": _unassign,
    "archive": _archive,
    "reopen": _reopen,
    "reminder": _reopen,
    "restore": _restore,
    "trash": _trash,
    "tag": _tags_changed,
    "untag": _tags_changed,
    "move": _move,
    "conversations_merged": _merged,
    "ticket_status_update": _ticketing,
}
"""By an event's type. A mention is told as a comment too; the rest moves no promise."""


def hello(hook: Hook) -> bytes | None:
    """Give back the challenge with which Front tries a new address."""
    challenge = hook.headers.get(CHALLENGE, "")
    return challenge.encode() if _SHOWABLE.fullmatch(challenge) else None


SIGNATURE = "X-Front-Signature"
SCHEME = Either(
    stamped=Hmac(
        SIGNATURE, encoding="base64", stamp=Stamp("X-Front-Request-Timestamp", "ms", b":")
    ),
    bare=Hmac(SIGNATURE, "sha1", "base64"),
)
ADAPTER = Adapter("front", events, SCHEME, WORDS, hello)
