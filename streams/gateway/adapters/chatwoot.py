"""Chatwoot: the webhooks of an account, as "Supported webhook events" of its guide and its source.

Decisions:

- The ticket is the conversation's number within its account, which a hook calls `id` (older ones
  `display_id`); so each account is a source of its own. Whatever else names it must agree.
- A creation is no message: the hook does not say who began, and the first message has a hook of
  its own. Subscribe to both.
- `conversation_updated` names what changed; the values are the conversation's own, as they were
  when the hook was written. Custom attributes, ours too, are of no interest.
- Who wrote is told by `message_type` (`incoming`: the customer, `template`: a bot) and, of
  `outgoing`, by `sender.type`. Without a sender, a rule or a campaign that is named is a bot; else
  the message is refused. An `activity` is no message.
- A snoozed conversation is on hold: its customer goes on waiting.
- The team is its name, the assignee the user's number; a bot that is assigned is nobody.
- A message's time is its `created_at`, a creation's too, a change's `updated_at` (seconds, with a
  fraction). Versions that do not send that: when the hook came.
- The ids of messages and creations are theirs; that of a change is a digest of the body and its
  time, or, where there is no time, of the delivery's id, else of when the hook came.
- Signed as the description of a webhook's `secret` in its API says, since the version that shows a
  secret for a webhook; before, a password in the address (`https://hook:SECRET@…`) must do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from streams.gateway import fields
from streams.gateway.adapter import Adapter
from streams.gateway.hook import Happening, Hook
from streams.gateway.signature import Hmac, Stamp
from streams.gateway.words import Words

DELIVERY = "x-chatwoot-delivery"

WORDS = {
    "status": {"open": "open", "pending": "pending", "snoozed": "on_hold", "resolved": "solved"},
    "priority": {"low": "low", "medium": "normal", "high": "high", "urgent": "urgent"},
    "channel": {"webwidget": "chat"},
}

STATUS = ("conversation_status_changed", "conversation_resolved", "conversation_opened")
"""Events of a status; the latter two go to a bot's webhook."""

KINDS = {0: "incoming", 1: "outgoing", 2: "activity", 3: "template"}
"""What older versions write a message's type as."""

SENDERS = {"user": "agent", "agent_bot": "bot", "captain_assistant": "bot", "contact": "customer"}

CHANGES = {
    "status": "status",
    "priority": "priority",
    "assignee_id": "assignee",
    "team_id": "team",
    "label_list": "tags",
    "cached_label_list": "tags",
}
"""What may have changed: our attributes."""

Body = Mapping[str, Any]


def events(hook: Hook, words: Words) -> Sequence[Happening]:
    """Read a hook; see the module's decisions."""
    body = hook.json()
    name = fields.text(body, "event", "such as message_created")
    if name == "message_created":
        return _message(body)
    if name == "conversation_created":
        return [_created(body, words)]
    if name in STATUS:
        changed = {"status": words.of("status", fields.text(body, "status", "the status"))}
    elif name == "conversation_updated":
        changed = _updated(body, words)
    else:
        return []
    return [_change(hook, body, changed)] if changed else []


def _message(body: Body) -> list[Happening]:
    kind = fields.at(body, "message_type")
    if isinstance(kind, int) and not isinstance(kind, bool):
        kind = KINDS.get(kind, kind)
    if kind == "activity":
        return []
    author = _author(kind, body)
    private = fields.at(body, "private")
    if private is None and author == "customer":
        private = False  # A customer cannot write a note.
    if not isinstance(private, bool):
        raise fields.bad("private", private, "send true or false; a newer Chatwoot does")
    conversation = fields.at(body, "conversation")
    if not isinstance(conversation, Mapping):
        raise fields.bad("conversation", conversation, "send the conversation, an object")
    ticket = _ticket(conversation, "conversation.")
    if fields.at(body, "conversation_id") is not None:
        said = fields.number_id(body, "conversation_id")
        fields.same("conversation_id", said, "conversation.id", ticket)
    mark = fields.number_id(body, "id", "the message's number")
    data = {"author": author, "public": not private}
    time = _time(body, "created_at")
    return [Happening(f"message-{mark}", "ticket.message", ticket, time, data)]


def _author(kind: object, body: Body) -> str:
    if kind == "incoming":
        return "customer"
    if kind == "template":
        return "bot"
    if kind != "outgoing":
        fix = "send incoming, outgoing, template or activity"
        raise fields.bad("message_type", kind, fix)
    sender = fields.at(body, "sender")
    if sender is None:
        by_rule = fields.at(body, "content_attributes.automation_rule_id")
        if by_rule or fields.at(body, "additional_attributes.campaign_id"):
            return "bot"
    said = fields.at(body, "sender.type")
    # In lower case, and as a name of its source too: `AgentBot`.
    if said == "AgentBot":
        said = "agent_bot"
    author = SENDERS.get(said.lower()) if isinstance(said, str) else None
    if author is None:
        fix = "send user, agent_bot or contact; a newer Chatwoot tells who sends"
        raise fields.bad("sender.type", said, fix)
    return author


def _created(body: Body, words: Words) -> Happening:
    ticket = _ticket(body)
    told = {ours: _value(body, ours, words) for ours in dict.fromkeys(CHANGES.values())}
    data = {ours: value for ours, value in told.items() if value is not None}
    if channel := fields.optional_text(body, "channel"):
        data["channel"] = words.of("channel", channel.removeprefix("Channel::").lower())
    data |= {"author": "bot", "public": False}
    return Happening(f"created-{ticket}", "ticket.created", ticket, _time(body, "created_at"), data)


def _updated(body: Body, words: Words) -> dict[str, Any]:
    """Give what changed, of what matters; nothing where the hook names nothing."""
    told = fields.at(body, "changed_attributes")
    if told is None:
        return {}
    each = [told] if isinstance(told, Mapping) else told
    if not isinstance(each, list) or not all(isinstance(one, Mapping) for one in each):
        raise fields.bad("changed_attributes", told, "send a list of objects")
    names = [name for one in each for name in one]
    ours = dict.fromkeys(CHANGES[name] for name in names if name in CHANGES)
    return {name: _needed(body, name, words) for name in ours}


def _needed(body: Body, ours: str, words: Words) -> Any:
    """Give an attribute that changed: it must be told, though it may have been emptied."""
    value = _value(body, ours, words)
    if value is not None:
        return value
    path = PATHS[ours]
    holder, _, last = path.rpartition(".")
    outer = fields.at(body, holder) if holder else body
    if ours in ("status", "tags") or not isinstance(outer, Mapping) or last not in outer:
        raise fields.bad(path, None, "send it as it is after the change")
    return None


PATHS = {
    "status": "status",
    "priority": "priority",
    "assignee": "meta.assignee",
    "team": "meta.team",
    "tags": "labels",
}
"""Where a conversation has our attributes."""


def _value(body: Body, ours: str, words: Words) -> Any:
    """Give an attribute of a conversation; None where there is none."""
    path = PATHS[ours]
    if ours == "tags":
        tags = fields.at(body, path)
        if tags is not None and not (
            isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)
        ):
            raise fields.bad(path, tags, "send a list of texts")
        return tags
    if ours in ("assignee", "team"):
        return _named(body, path, ours)
    said = fields.optional_text(body, path)
    return None if said is None else words.of(ours, said)


def _named(body: Body, path: str, ours: str) -> str | None:
    one = fields.at(body, path)
    if one is None:
        return None
    if not isinstance(one, Mapping):
        raise fields.bad(path, one, "send an object, or null")
    if ours == "team":
        return fields.text(body, f"{path}.name", "the team's name")
    # Of bots, numbers are counted anew: an assigned one would look like a user.
    bot = fields.at(body, "meta.assignee_type") == "AgentBot" or one.get("type") == "agent_bot"
    return None if bot else fields.number_id(body, f"{path}.id", "the user's number")


def _change(hook: Hook, body: Body, changed: dict[str, Any]) -> Happening:
    ticket = _ticket(body)
    told = fields.at(body, "updated_at") is not None
    time = _time(body, "updated_at") if told else hook.received_at
    moment = str(time) if told else hook.headers.get(DELIVERY, "") or str(time)
    mark = sha256(hook.body + b"\0" + moment.encode("utf-8", "replace")).hexdigest()[:32]
    return Happening(f"change-{mark}", "ticket.changed", ticket, time, changed)


def _ticket(conversation: Body, where: str = "") -> str:
    """Give the conversation's number; whatever names it must agree."""
    named = [name for name in ("id", "display_id") if conversation.get(name) is not None]
    found = {name: fields.number_id(conversation, name) for name in named or ["id"]}
    ticket = next(iter(found.values()))
    for name, value in found.items():
        fields.same(f"{where}{name}", value, f"{where}{named[0]}", ticket)
    messages = conversation.get("messages")
    for message in messages if isinstance(messages, list) else []:
        if isinstance(message, Mapping) and message.get("conversation_id") is not None:
            said = fields.number_id(message, "conversation_id")
            path = f"{where}messages.conversation_id"
            fields.same(path, said, f"{where}{named[0]}", ticket)
    return ticket


def _time(body: Body, path: str) -> int:
    """Give an instant: RFC 3339, the same with `UTC` for its offset, or seconds since 1970."""
    value = fields.at(body, path)
    if not isinstance(value, str):
        return fields.epoch(body, path, 1000)
    if value.endswith(" UTC"):
        body = {path: value.removesuffix(" UTC") + "Z"}
    return fields.rfc3339(body, path)


SCHEME = Hmac(
    "X-Chatwoot-Signature", prefix="sha256=", stamp=Stamp("X-Chatwoot-Timestamp", "s", b".")
)
ADAPTER = Adapter("chatwoot", events, SCHEME, WORDS, id_headers=(DELIVERY,))
