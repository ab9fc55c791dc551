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
from streams.wire.instant import parse

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


@pytest.mark.parametrize(
    ("told", "zone", "time"),
    [
        ("2026-03-27 20:30:00", "Asia/Kolkata", "2026-03-27T15:00:00Z"),
        ("2026-03-27T11:00:00", "America/New_York", "2026-03-27T15:00:00Z"),
        ("2026-10-25 02:30:00", "Europe/Paris", "2026-10-25T00:30:00Z"),
        ("2026-03-29 02:30:00", "Europe/Paris", "2026-03-29T01:30:00Z"),
        ("2026-03-27 15:00:00 UTC", "Asia/Kolkata", "2026-03-27T15:00:00Z"),
        ("2026-03-27 20:30:00 +0530", "Europe/Paris", "2026-03-27T15:00:00Z"),
    ],
)
def test_a_time_without_a_zone_is_in_the_one_that_the_body_names(
    told: str, zone: str, time: str
) -> None:
    """R22: the first of two, forward over a gap; a time that names its own zone keeps it."""
    body = json.loads(json.dumps(SAMPLES["reply and solve"]))
    body["freshdesk_webhook"] |= {"ticket_modified_on": told, "zone": zone}
    assert [one.time for one in read(body)] == [parse(time)] * 2


@pytest.mark.parametrize("zone", [None, "", "IST", "Mars/Olympus", "../zone", 5.5])
def test_a_zone_is_not_guessed(zone: Any) -> None:
    """By five and a half hours a promise would be broken, or kept."""
    body = json.loads(json.dumps(SAMPLES["reply and solve"]))
    body["freshdesk_webhook"] |= {"ticket_modified_on": "2026-03-27 20:30:00", "zone": zone}
    with pytest.raises(Unmappable, match=r'zone: .*; add "zone": "Asia/Kolkata"'):
        read(body)


@pytest.mark.parametrize("told", ["2026-02-30 20:30:00", "27 Mar 2026", "{{ticket.modified_on}}"])
def test_a_time_that_is_none_is_named(told: str) -> None:
    """Not dated by when the hook came: the body meant to say it."""
    body = json.loads(json.dumps(SAMPLES["reply and solve"]))
    body["freshdesk_webhook"] |= {"ticket_modified_on": told, "zone": "Asia/Kolkata"}
    with pytest.raises(Unmappable, match="ticket_modified_on: "):
        read(body)


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
