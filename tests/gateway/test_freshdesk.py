"""Freshdesk's automation webhooks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.gateway.adapters.freshdesk import ADAPTER
from streams.gateway.hook import Happening, Hook, Unmappable
from streams.gateway.signature import Shared
from streams.gateway.words import Words

NOW = 1_774_623_600_000
SAMPLES = {
    one["name"]: one["body"]
    for one in orjson.loads((Path(__file__).parent / "samples" / "freshdesk.json").read_bytes())
}


def read(body: Any, at: int = NOW) -> list[Happening]:
    """Give what happened."""
    return list(ADAPTER.events(Hook(orjson.dumps(body), {}, at), Words(ADAPTER.words)))


@pytest.mark.parametrize(
    ("name", "type_", "data"),
    [
        (
            "ticket_created",
            "ticket.created",
            {
                "status": "pending",
                "priority": "high",
                "type": "Incident",
                "author": "customer",
                "public": True,
            },
        ),
        ("status_changed", "ticket.changed", {"status": "pending"}),
        ("priority_changed", "ticket.changed", {"priority": "low"}),
        ("private_note", "ticket.message", {"author": "agent", "public": False}),
    ],
)
def test_what_freshdesk_really_sends_is_read(
    shared: Path, name: str, type_: str, data: dict[str, Any]
) -> None:
    """Payloads as they came: what triggered it is no JSON."""
    body = json.loads((shared / "payloads" / f"freshdesk_{name}.json").read_bytes())
    (one,) = read(body)
    assert (one.type, one.ticket, one.time, one.data) == (type_, "11", NOW, data)


def test_a_reply_that_solves_is_two_events_of_one_instant() -> None:
    """R6: one click, and the reply was given; the time is the ticket's own where it is sent."""
    reply, solved = read(SAMPLES["reply and solve"])
    assert reply.data == {"author": "agent", "public": True}
    assert solved.data == {"status": "solved"}
    assert reply.time == solved.time == 1774623600000
    assert reply.id != solved.id
    assert read(SAMPLES["reply and solve"], NOW + 9) == [reply, solved], "sent again, the same"


def test_without_a_time_two_hooks_alike_are_two_events() -> None:
    """Two notes are two notes, though Freshdesk writes them alike."""
    assert read(SAMPLES["note"]) == read(SAMPLES["note"])
    assert read(SAMPLES["note"])[0].id != read(SAMPLES["note"], NOW + 1)[0].id


def test_a_hook_that_names_two_tickets_names_none() -> None:
    """A wrong ticket would stop somebody else's clock."""
    body = json.loads(json.dumps(SAMPLES["status"]))
    body["freshdesk_webhook"]["ticket_id"] = "12"
    with pytest.raises(Unmappable, match="ticket_url: '11', but ticket_id says '12'"):
        read(body)
    body["freshdesk_webhook"]["ticket_id"] = "{{ticket.id}}"
    with pytest.raises(Unmappable, match=r"ticket_id: .* a whole number from 1"):
        read(body)


@pytest.mark.parametrize("told", ["", "created", "{status:{from:4}", "{{triggered_event}}"])
def test_what_triggered_it_is_not_guessed(told: str) -> None:
    """A template without the placeholder, or with one that was not filled in."""
    body = json.loads(json.dumps(SAMPLES["status"]))
    body["freshdesk_webhook"]["triggered_event"] = told
    with pytest.raises(Unmappable, match="triggered_event"):
        read(body)


def test_who_wrote_in_public_must_be_told() -> None:
    """R9: Freshdesk writes a requester's reply and an agent's alike."""
    assert read(SAMPLES["requester wrote"])[0].data == {"author": "customer", "public": True}
    body = json.loads(json.dumps(SAMPLES["reply"]))
    del body["freshdesk_webhook"]["author"]
    with pytest.raises(Unmappable, match='author: absent; add "author": "agent" or "customer"'):
        read(body)


def test_it_signs_nothing_so_a_shared_secret_must_do() -> None:
    """In a header that its rule can send."""
    assert ADAPTER.scheme == Shared()
