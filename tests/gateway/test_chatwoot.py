"""Webhooks of Chatwoot."""

from __future__ import annotations

import hmac
import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.gateway.adapters.chatwoot import ADAPTER, DELIVERY
from streams.gateway.hook import Happening, Hook, Unmappable
from streams.gateway.signature import Refused
from streams.gateway.words import Words
from streams.wire.outgoing import TicketEvent
from streams.wire.ticket_events import decode

NOW = 1_798_761_600_000
SAMPLES = {
    one["name"]: one["body"]
    for one in orjson.loads((Path(__file__).parent / "samples" / "chatwoot.json").read_bytes())
}


def read(
    body: Any,
    at: int = NOW,
    own: dict[str, dict[str, str]] | None = None,
    delivery: str | None = None,
) -> list[Happening]:
    """Give what happened; each must be a ticket event."""
    headers = {} if delivery is None else {DELIVERY: delivery}
    hook = Hook(orjson.dumps(body), headers, at)
    found = list(ADAPTER.events(hook, Words(ADAPTER.words, own)))
    for one in found:
        event = TicketEvent(one.id, "/chatwoot", one.type, one.ticket, one.time, one.data)
        assert decode(event.encode(), one.ticket.encode()) is not None
    return found


def copied(name: str) -> dict[str, Any]:
    """Copy a sample, to be spoilt."""
    body: dict[str, Any] = json.loads(json.dumps(SAMPLES[name]))
    return body


def test_a_creation_tells_all_but_who_spoke() -> None:
    """R9: the first message has a hook of its own; an agent's would start no customer's clock."""
    data = {
        "status": "open",
        "priority": "normal",
        "team": "support",
        "tags": ["vip"],
        "channel": "chat",
        "author": "bot",
        "public": False,
    }
    assert read(SAMPLES["created"]) == [
        Happening("created-42", "ticket.created", "42", 1774623600000, data)
    ]


@pytest.mark.parametrize(
    ("name", "id_", "time", "data"),
    [
        ("customer wrote", 901, 1774623600250, {"author": "customer", "public": True}),
        ("agent answered", 902, 1774623840500, {"author": "agent", "public": True}),
        ("note", 903, 1774623900000, {"author": "agent", "public": False}),
        ("bot answered", 904, 1774623601000, {"author": "bot", "public": True}),
        ("greeting", 905, 1774623602000, {"author": "bot", "public": True}),
        ("older version", 906, 1583240757000, {"author": "customer", "public": True}),
    ],
)
def test_a_message_says_who_wrote_and_for_whom(
    name: str, id_: int, time: int, data: dict[str, Any]
) -> None:
    """R9: neither a note nor a greeting is a first response."""
    expected = Happening(f"message-{id_}", "ticket.message", "42", time, data)
    assert read(SAMPLES[name]) == [expected]


@pytest.mark.parametrize(
    ("name", "time", "data"),
    [
        ("resolved", 1774624200500, {"status": "solved"}),
        ("snoozed", 1774624300250, {"status": "on_hold"}),
        ("assigned", 1774624100750, {"assignee": "3", "team": "support"}),
        ("labelled", 1774624150000, {"tags": ["vip"]}),
    ],
)
def test_a_change_tells_what_changed_and_no_more(name: str, time: int, data: object) -> None:
    """The rest of the conversation may be of a later instant."""
    (one,) = read(SAMPLES[name])
    assert (one.type, one.ticket, one.time, one.data) == ("ticket.changed", "42", time, data)


def test_who_is_no_longer_assigned_is_nobody() -> None:
    """An assignee and a team that were taken off are null, not left out; a bot is nobody."""
    body = copied("assigned")
    body["meta"] |= {"assignee": None, "team": None}
    assert read(body)[0].data == {"assignee": None, "team": None}
    robot = {"id": 3, "name": "Robot", "type": "agent_bot"}
    body["meta"] |= {"assignee": robot, "assignee_type": "AgentBot"}
    assert read(body)[0].data == {"assignee": None, "team": None}
    del body["meta"]["assignee"]
    with pytest.raises(Unmappable, match=r"meta\.assignee: absent"):
        read(body)


def test_who_answered_is_not_guessed() -> None:
    """Without a sender it was a rule or a campaign that says so, or cannot be told."""
    body = copied("agent answered")
    body["sender"] = None
    with pytest.raises(Unmappable, match=r"sender\.type: absent; send user, agent_bot or contact"):
        read(body)
    body["content_attributes"] = {"automation_rule_id": 7}
    assert read(body)[0].data == {"author": "bot", "public": True}
    body = copied("agent answered")
    del body["private"]
    with pytest.raises(Unmappable, match="private: absent"):
        read(body)


def test_a_note_is_a_note_whoever_wrote_it() -> None:
    """R9: what the customer does not see, or did not say in public, moves no clock."""
    body = {**SAMPLES["customer wrote"], "private": True}
    assert read(body)[0].data == {"author": "customer", "public": False}


def test_a_hook_that_names_two_conversations_names_none() -> None:
    """A wrong ticket would stop somebody else's clock."""
    body = copied("resolved")
    body["display_id"] = 43
    with pytest.raises(Unmappable, match="display_id: '43', but id says '42'"):
        read(body)
    body = copied("customer wrote")
    body["conversation"]["messages"][0]["conversation_id"] = 43
    with pytest.raises(Unmappable, match=r"messages\.conversation_id: '43'"):
        read(body)
    body = copied("customer wrote")
    body["conversation_id"] = 43
    with pytest.raises(Unmappable, match="conversation_id: '43'"):
        read(body)
    body = copied("customer wrote")
    del body["conversation"]["id"]
    with pytest.raises(Unmappable, match="id: absent; send the ticket's number"):
        read({**body, "conversation": {"messages": []}})


@pytest.mark.parametrize(
    "event", ["message_updated", "contact_created", "webwidget_triggered", "conversation_typing_on"]
)
def test_what_moves_no_promise_is_nothing(event: str) -> None:
    """Nor is an activity a message, nor what is written into a custom attribute a change."""
    assert read({**SAMPLES["agent answered"], "event": event}) == []
    assert read({**SAMPLES["agent answered"], "message_type": "activity"}) == []
    assert read(SAMPLES["custom attribute"]) == []
    assert read({**SAMPLES["labelled"], "changed_attributes": None}) == []


def test_a_change_that_is_sent_again_is_the_same_event() -> None:
    """R7: by its time; without one by the delivery, and without that each is another."""
    assert read(SAMPLES["resolved"]) == read(SAMPLES["resolved"], NOW + 9)
    body = copied("resolved")
    del body["updated_at"]
    (one,), (later,) = read(body), read(body, NOW + 9)
    assert one.id != later.id
    assert (one.time, later.time) == (NOW, NOW + 9)
    ids = [read(body, NOW + n, delivery=name)[0].id for n, name in enumerate(("a", "a", "b"))]
    assert ids[0] == ids[1] != ids[2]


def test_the_operators_words_come_first() -> None:
    """Some snooze only what waits for the customer."""
    (one,) = read(SAMPLES["snoozed"], own={"status": {"snoozed": "pending"}})
    assert one.data == {"status": "pending"}


def test_its_signature_is_verified() -> None:
    """As the API describes a webhook's secret: of the time in seconds, a dot and the body."""
    body = b'{"event":"message_created"}'
    made = hmac.new(b"key", b"1774623600." + body, "sha256").hexdigest()
    names = {"x-chatwoot-signature": f"sha256={made}", "x-chatwoot-timestamp": "1774623600"}
    assert ADAPTER.scheme.check(Hook(body, names), [b"key"]).at == 1774623600000
    for wrong in (Hook(body + b" ", names), Hook(body, {**names, "x-chatwoot-timestamp": "1"})):
        with pytest.raises(Refused):
            ADAPTER.scheme.check(wrong, [b"key"])
