"""Jira and Jira Service Management: system webhooks, as "Webhooks" of its platform guide.

Decisions:

- The ticket is the issue's key. Where the key changes, because the issue was moved to another
  project, the old one is merged into the new one, which inherits the customer's wait (R20).
- What changed stands in `changelog.items`; a hook without them, and without a comment, tells
  nothing that a promise hangs on.
- A status that nobody maps is told by its category: `new`, `indeterminate` (open), `done`
  (solved).
- Who wrote a comment is told by `accountType`: `customer` is somebody of the portal, `atlassian`
  has a licence and counts as an agent, `app` is a bot. A Data Center does not say; there the
  reporter of the issue is the customer, and everybody else an agent.
- `jsdPublic` says whether the customer sees a comment; where it is missing, as in projects that are
  no service projects, a comment without `visibility` is public.
- The time is the hook's `timestamp`, of a comment its own `created`. The id is made of the
  delivery's identifier (a header, the same when it is sent again), or of the body.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from streams.gateway import fields
from streams.gateway.adapter import Adapter
from streams.gateway.hook import Happening, Hook
from streams.gateway.signature import Hmac
from streams.gateway.words import Words

KEY = r"[A-Z][A-Z0-9_]{0,30}-[1-9][0-9]{0,9}"
DELIVERY = "x-atlassian-webhook-identifier"

WORDS = {
    "status": {
        "to do": "new",
        "new": "new",
        "open": "open",
        "reopened": "open",
        "in progress": "open",
        "work in progress": "open",
        "waiting for support": "open",
        "escalated": "open",
        "waiting for customer": "pending",
        "waiting for approval": "on_hold",
        "pending": "on_hold",
        "on hold": "on_hold",
        "resolved": "solved",
        "done": "solved",
        "canceled": "solved",
        "cancelled": "solved",
        "closed": "closed",
    },
    "priority": {
        "highest": "urgent",
        "blocker": "urgent",
        "critical": "urgent",
        "high": "high",
        "major": "high",
        "medium": "normal",
        "low": "low",
        "minor": "low",
        "lowest": "low",
        "trivial": "low",
    },
}

CATEGORIES = {"new": "new", "indeterminate": "open", "done": "solved"}
AUTHORS = {"customer": "customer", "atlassian": "agent", "app": "bot"}
CHANGES = {
    "status": "status",
    "priority": "priority",
    "assignee": "assignee",
    "issuetype": "type",
}
"""Fields of a changelog: our attributes. Labels are told whole, from the issue."""

Body = Mapping[str, Any]
Made = list[tuple[str, str, dict[str, Any]]]
"""Type, ticket, data."""


def events(hook: Hook, words: Words) -> Sequence[Happening]:
    """Read a hook; see the module's decisions."""
    body = hook.json()
    name = fields.text(body, "webhookEvent", "such as jira:issue_updated").removeprefix("jira:")
    if name not in ("issue_created", "issue_updated", "issue_deleted", "comment_created"):
        return []
    ticket = fields.id_like(body, "issue.key", KEY, "the issue's key")
    _no_other(body)
    made = _made(name, ticket, body, words)
    if not made:
        return []
    comment = made[-1][0] == "ticket.message"
    if comment and fields.at(body, "comment.created") is not None:
        time = fields.rfc3339(body, "comment.created")
    else:
        time = fields.epoch(body, "timestamp", 1)
    mark = hook.headers.get(DELIVERY, "")[:100] or sha256(hook.body).hexdigest()[:32]
    return [
        Happening(f"{mark}-{place}", type_, key, time, data)
        for place, (type_, key, data) in enumerate(made)
    ]


def _no_other(body: Body) -> None:
    """Demand that the issue's address is of the same issue: it ends with its id, or its key."""
    address, id_ = (fields.optional_text(body, f"issue.{name}") for name in ("self", "id"))
    last = (address or "").rstrip("/").rpartition("/")[2]
    if address is not None and id_ is not None and last != fields.at(body, "issue.key"):
        fields.same("issue.self", last, "issue.id", id_)


def _made(name: str, ticket: str, body: Body, words: Words) -> Made:
    if name == "issue_deleted":
        return [("ticket.deleted", ticket, {"reason": "deleted"})]
    if name == "issue_created":
        data = {**_standing(body, words), "author": "customer", "public": True}
        return [("ticket.created", ticket, data)]
    made: Made = []
    if name == "issue_updated":
        made = _updated(ticket, body, words)
    if isinstance(fields.at(body, "comment"), Mapping):
        made.append(("ticket.message", ticket, _comment(body)))
    elif name == "comment_created":
        raise fields.bad("comment", fields.at(body, "comment"), "send the comment")
    return made


def _standing(body: Body, words: Words) -> dict[str, Any]:
    """Give what the issue has now."""
    data: dict[str, Any] = {}
    if said := fields.optional_text(body, "issue.fields.status.name"):
        data["status"] = _status(said, body, words)
    if said := fields.optional_text(body, "issue.fields.priority.name"):
        data["priority"] = words.of("priority", said)
    for ours, path in (
        ("assignee", "assignee.displayName"),
        ("type", "issuetype.name"),
        ("project", "project.key"),
    ):
        if said := fields.optional_text(body, f"issue.fields.{path}"):
            data[ours] = said
    if labels := _labels(body):
        data["tags"] = labels
    return data


def _labels(body: Body) -> list[str]:
    labels = fields.at(body, "issue.fields.labels")
    if labels is None:
        return []
    if not isinstance(labels, list) or not all(isinstance(one, str) for one in labels):
        raise fields.bad("issue.fields.labels", labels, "send a list of texts")
    return labels


def _status(said: str, body: Body, words: Words) -> str:
    category = fields.at(body, "issue.fields.status.statusCategory.key")
    now = fields.at(body, "issue.fields.status.name")
    if words.knows("status", said) or said != now or not isinstance(category, str):
        return words.of("status", said)
    return CATEGORIES.get(category, said)


def _updated(ticket: str, body: Body, words: Words) -> Made:
    items = fields.at(body, "changelog.items")
    if items is None:
        return []
    if not isinstance(items, list) or not all(isinstance(one, Mapping) for one in items):
        raise fields.bad("changelog.items", items, "send a list of changes")
    changed: dict[str, Any] = {}
    made: Made = []
    for item in items:
        if fields.optional_text(item, "field") == "Key":
            old = fields.id_like(item, "fromString", KEY, "the issue's old key")
            new = fields.optional_text(item, "toString")
            fields.same("changelog.items.toString", new, "issue.key", ticket)
            made = [
                ("ticket.merged", old, {"into": ticket}),
                ("ticket.changed", ticket, _standing(body, words)),
            ]
        else:
            changed |= _change(item, body, words)
    if changed:
        made.append(("ticket.changed", ticket, changed))
    return made


def _change(item: Body, body: Body, words: Words) -> dict[str, Any]:
    """Give the attribute that an item of a changelog is of; none where we have none."""
    field, to = (fields.optional_text(item, name) for name in ("field", "toString"))
    if field == "labels":
        return {"tags": _labels(body)}
    if field not in CHANGES:
        return {}
    if field == "status":
        if to is None:
            raise fields.bad("changelog.items.toString", to, "send the new status")
        return {"status": _status(to, body, words)}
    if field == "priority" and to is not None:
        return {"priority": words.of("priority", to)}
    return {CHANGES[field]: to}


def _comment(body: Body) -> dict[str, Any]:
    public = fields.at(body, "comment.jsdPublic")
    if public is None:
        public = fields.at(body, "comment.visibility") is None
    if not isinstance(public, bool):
        raise fields.bad("comment.jsdPublic", public, "send true or false")
    kind = fields.at(body, "comment.author.accountType")
    if kind is not None:
        if not isinstance(kind, str) or kind not in AUTHORS:
            raise fields.bad("comment.author.accountType", kind, f"send {', '.join(AUTHORS)}")
        return {"author": AUTHORS[kind], "public": public}
    for name in ("accountId", "key", "name"):
        who = fields.optional_text(body, f"comment.author.{name}")
        reporter = fields.optional_text(body, f"issue.fields.reporter.{name}")
        if who is not None and reporter is not None:
            return {"author": "customer" if who == reporter else "agent", "public": public}
    raise fields.bad("comment.author.accountType", None, "send it, or the issue's reporter")


SCHEME = Hmac("X-Hub-Signature", "sha256", prefix="sha256=")
ADAPTER = Adapter("jira", events, SCHEME, WORDS, id_headers=(DELIVERY,))
