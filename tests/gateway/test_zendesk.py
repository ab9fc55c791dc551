"""Zendesk's event webhooks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.gateway.adapters.zendesk import ADAPTER
from streams.gateway.hook import Hook, Unmappable
from streams.gateway.signature import Refused
from streams.gateway.words import Words

SAMPLES = {
    one["name"]: one["body"]
    for one in orjson.loads((Path(__file__).parent / "samples" / "zendesk.json").read_bytes())
}


def read(body: Any, own: dict[str, dict[str, str]] | None = None) -> list[tuple[Any, ...]]:
    """Give type, ticket, time and data of what happened."""
    happened = ADAPTER.events(Hook(orjson.dumps(body)), Words(ADAPTER.words, own))
    return [(one.type, one.ticket, one.time, one.data) for one in happened]


def changed(name: str, **detail: Any) -> dict[str, Any]:
    """Copy a sample with other details."""
    body: dict[str, Any] = json.loads(json.dumps(SAMPLES[name]))
    body["detail"].update(detail)
    return body


def test_what_zendesk_really_sends_is_read(shared: Path) -> None:
    """Payloads as they came, words in capitals, time to the nanosecond."""
    folder = shared / "payloads"
    told = json.loads((folder / "zendesk_event_ticket_status_changed.json").read_bytes())
    time = 1736354720987
    assert read(told) == [("ticket.changed", "5158", time, {"status": "solved"})]
    told = json.loads((folder / "zendesk_event_ticket_created_with_headers.json").read_bytes())
    data = {"status": "open", "channel": "web", "author": "customer", "public": True}
    assert read(told["body"]) == [("ticket.created", "35436", 1713374290000, data)]


def test_each_sample_says_this() -> None:
    """R9, R10, R14: attributes under our names, who spoke and to whom."""
    data = {name: [one[3] for one in read(body)] for name, body in SAMPLES.items()}
    assert data["created"] == [
        {
            "status": "open",
            "priority": "high",
            "type": "incident",
            "channel": "web",
            "team": "8447320466430",
            "assignee": "8447388090494",
            "organization": "8447346622462",
            "tags": ["vip", "login"],
            "author": "customer",
            "public": True,
        }
    ]
    (opened,) = data["opened by an agent in private"]
    assert (opened["author"], opened["public"]) == ("agent", False)
    assert data["status"] == [{"status": "on_hold"}]
    assert data["priority"] == [{"priority": "urgent"}]
    assert data["assignee"] == [{"assignee": "8447388090496"}]
    assert data["group emptied"] == [{"team": None}]
    assert data["tags"] == [{"tags": ["vip", "login"]}]
    assert data["reply"] == [{"author": "agent", "public": True}]
    assert data["customer wrote"] == [{"author": "customer", "public": True}]
    assert data["note"] == [{"author": "agent", "public": False}]
    assert data["spam"] == [{"reason": "spam"}]
    assert data["deadline that was written back"] == []


def test_an_author_who_is_not_called_staff_or_not_is_the_requester_or_an_agent() -> None:
    """Told by id; where that cannot be told either, it is not guessed."""
    body = changed("reply")
    del body["event"]["comment"]["author"]["is_staff"]
    assert read(body)[0][3]["author"] == "agent"
    body["detail"]["requester_id"] = "8447388090494"
    assert read(body)[0][3]["author"] == "customer"
    del body["detail"]["requester_id"]
    with pytest.raises(Unmappable, match="say whether the author is staff"):
        read(body)


def test_a_merge_names_the_ticket_that_lives_on() -> None:
    """R20."""
    body = changed("status") | {"type": "zen:event-type:ticket.merged"}
    body["event"] = {"target_ticket_id": "12"}
    assert read(body)[0][::3] == ("ticket.merged", {"into": "12"})
    body["event"] = {}
    with pytest.raises(Unmappable, match="send the ticket that lives on"):
        read(body)


def test_a_hook_that_names_two_tickets_names_none() -> None:
    """A wrong ticket would stop somebody else's clock."""
    with pytest.raises(Unmappable, match=r"detail\.id: 'zen:ticket:7', but subject says"):
        read(changed("status", id="7"))
    with pytest.raises(Unmappable, match="a whole number from 1"):
        read(changed("status", id="7.0"))


def test_other_events_are_of_no_interest_and_other_hooks_none_of_its_own() -> None:
    """Types may be added at any time."""
    body = changed("status")
    assert read(body | {"type": "zen:event-type:ticket.brand_changed"}) == []
    assert read(body | {"type": "zen:event-type:user.created"}) == []
    with pytest.raises(Unmappable, match="type: 'ticket'; send Zendesk's event webhooks"):
        read(body | {"type": "ticket"})


def test_an_operator_has_words_of_his_own() -> None:
    """On top of those that are shipped."""
    body = changed("status")
    body["event"]["current"] = "Waiting for parts"
    assert read(body)[0][3] == {"status": "Waiting for parts"}
    assert read(body, {"status": {"waiting-for-parts": "on_hold"}})[0][3] == {"status": "on_hold"}


def test_the_signature_is_over_time_and_body() -> None:
    """As "Verifying webhooks" has it, with the secret that Zendesk publishes for tests."""
    secret = b"dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
    stamp, body = "2021-03-25T05:09:27Z", b'{"ticket_id": 1}'
    made = "X-Zendesk-Webhook-Signature"
    headers = {
        made.lower(): ADAPTER.scheme.sign(body, secret, stamp),  # type: ignore[attr-defined]
        "x-zendesk-webhook-signature-timestamp": stamp,
    }
    assert ADAPTER.scheme.check(Hook(body, headers), (secret,)).at == 1616648967000
    with pytest.raises(Refused, match=made):
        ADAPTER.scheme.check(Hook(body + b" ", headers), (secret,))
