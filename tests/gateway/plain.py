"""An adapter of somebody's own: the shortest that there can be."""

from __future__ import annotations

from collections.abc import Sequence

from streams.gateway import fields
from streams.gateway.adapter import Adapter
from streams.gateway.hook import Happening, Hook
from streams.gateway.signature import Hmac, Stamp
from streams.gateway.words import Words

SCHEME = Hmac("X-Plain-Signature", stamp=Stamp("X-Plain-Time", "ms", b"."))


def events(hook: Hook, words: Words) -> Sequence[Happening]:
    """Read a status change; everything else is of no interest."""
    body = hook.json()
    if body.get("kind") != "status":
        return []
    ticket = fields.number_id(body, "ticket.id")
    status = words.of("status", fields.text(body, "ticket.status", "the status"))
    time = fields.rfc3339(body, "at")
    id_ = fields.text(body, "id", "the delivery's id")
    return [Happening(id_, "ticket.changed", ticket, time, {"status": status})]


ADAPTER = Adapter(
    "plain", events, SCHEME, {"status": {"Waiting": "pending"}}, id_headers=("x-plain-id",)
)
