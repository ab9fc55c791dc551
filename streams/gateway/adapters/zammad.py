"""Zammad: a webhook that a trigger calls, with the ticket and what was written, as its admin docs.

Decisions:

- A hook says how the ticket stands, not what changed: each is told as a change to that, at the
  ticket's `updated_at`, which changes nothing where nothing changed.
- Until CREATION after the ticket's creation and with one article at most, it tells the creation
  too, at the ticket's `created_at`; later triggers of the same moment tell it under the same id.
- An article that is not the ticket's first is a message, at its own `created_at`.
- Who wrote is the article's `sender`; `System` is a bot, and `internal` is not public.
- The ticket is its `id`, as in the API; the article's `ticket_id` must agree.
- Ids are made of the ticket and its `updated_at`, and of the article: two triggers of one change
  tell it once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from streams.gateway import fields
from streams.gateway.adapter import Adapter
from streams.gateway.hook import Happening, Hook
from streams.gateway.signature import Hmac
from streams.gateway.words import Words

CREATION = 5_000
"""ms; Zammad writes the ticket, its first article, and the ticket again."""
WORDS = {
    "status": {
        "new": "new",
        "open": "open",
        "pending reminder": "pending",
        "pending close": "pending",
        "pending action": "pending",
        "closed": "closed",
        "merged": "closed",
    },
    "priority": {"1 low": "low", "2 normal": "normal", "3 high": "high"},
}
SENDERS = {"Customer": "customer", "Agent": "agent", "System": "bot"}
NOBODY = "-"

Body = Mapping[str, Any]


def events(hook: Hook, words: Words) -> Sequence[Happening]:
    """Read a hook; see the module's decisions."""
    body = hook.json()
    ticket = fields.number_id(body, "ticket.id")
    created = fields.rfc3339(body, "ticket.created_at")
    updated = fields.rfc3339(body, "ticket.updated_at")
    stands = _stands(body, words)
    article = fields.at(body, "article")
    written = isinstance(article, Mapping) and bool(article)
    if article is not None and not isinstance(article, Mapping):
        raise fields.bad("article", article, "send {} where nothing was written")
    if written and fields.at(body, "article.ticket_id") is not None:
        named = fields.number_id(body, "article.ticket_id")
        fields.same("article.ticket_id", named, "ticket.id", ticket)
    found = []
    fresh = updated - created <= CREATION and _articles(body) <= 1
    if fresh:
        author = _author(body, "article.sender") if written else _began(body)
        public = not (written and _internal(body))
        data = {**stands, "author": author, "public": public}
        told = {name: value for name, value in data.items() if value is not None}
        found.append(Happening(f"{ticket}-created", "ticket.created", ticket, created, told))
    elif written:
        id_ = fields.number_id(body, "article.id", "the article's number")
        time = fields.rfc3339(body, "article.created_at")
        said = {"author": _author(body, "article.sender"), "public": not _internal(body)}
        found.append(Happening(f"{ticket}-article-{id_}", "ticket.message", ticket, time, said))
    if not fresh or updated != created:
        found.append(Happening(f"{ticket}-{updated}", "ticket.changed", ticket, updated, stands))
    return found


def _stands(body: Body, words: Words) -> dict[str, Any]:
    data: dict[str, Any] = {
        "status": words.of("status", _name(body, "ticket.state", "such as open")),
        "priority": words.of("priority", _name(body, "ticket.priority", "such as 2 normal")),
        "team": _name(body, "ticket.group", "the group"),
    }
    owner = _login(body, "ticket.owner")
    data["assignee"] = None if owner == NOBODY else owner
    data["organization"] = _login(body, "ticket.organization")
    return data


def _name(body: Body, path: str, meaning: str) -> str:
    """Give a word, which is written bare or as an object with its name."""
    inner = isinstance(fields.at(body, path), Mapping)
    return fields.text(body, f"{path}.name" if inner else path, meaning)


def _login(body: Body, path: str) -> str | None:
    found = fields.at(body, path)
    if not isinstance(found, Mapping):
        return fields.optional_text(body, path)
    return fields.optional_text(body, f"{path}.login") or fields.optional_text(body, f"{path}.name")


def _author(body: Body, path: str) -> str:
    said = fields.at(body, path)
    name = said.get("name") if isinstance(said, Mapping) else said
    if not isinstance(name, str) or name not in SENDERS:
        raise fields.bad(path, said, f"send one of {', '.join(SENDERS)}")
    return SENDERS[name]


def _began(body: Body) -> str:
    """Say who began, of a hook without an article; a customer where nothing says so."""
    if fields.at(body, "ticket.create_article_sender") is None:
        return "customer"
    return _author(body, "ticket.create_article_sender")


def _internal(body: Body) -> bool:
    internal = fields.at(body, "article.internal")
    if not isinstance(internal, bool):
        raise fields.bad("article.internal", internal, "send true or false")
    return internal


def _articles(body: Body) -> int:
    """Give how many articles the ticket has; 1 where the hook does not say."""
    count, ids = fields.at(body, "ticket.article_count"), fields.at(body, "ticket.article_ids")
    if isinstance(count, int) and not isinstance(count, bool):
        return count
    return len(ids) if isinstance(ids, list) else 1


ADAPTER = Adapter(
    "zammad",
    events,
    Hmac("X-Hub-Signature", "sha1", "hex", "sha1="),
    WORDS,
    id_headers=("x-zammad-delivery",),
)
