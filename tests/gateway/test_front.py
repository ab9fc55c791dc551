"""Webhooks of Front: of an application, and of a rule."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.gateway.adapters.front import ADAPTER, CHALLENGE
from streams.gateway.hook import Happening, Hook, Unmappable
from streams.gateway.signature import Refused
from streams.gateway.words import Words
from streams.wire.outgoing import TicketEvent
from streams.wire.ticket_events import decode

SAMPLES = {
    one["name"]: one["body"]
    for one in orjson.loads((Path(__file__).parent / "samples" / "front.json").read_bytes())
}
TICKET = "cnv_keocka"


def read(body: Any, own: dict[str, dict[str, str]] | None = None) -> list[Happening]:
    """Give what happened; each must be a ticket event."""
    found = list(ADAPTER.events(Hook(orjson.dumps(body)), Words(ADAPTER.words, own)))
    for one in found:
        event = TicketEvent(one.id, "/front", one.type, one.ticket, one.time, one.data)
        assert decode(event.encode(), one.ticket.encode()) is not None
    return found


def copied(name: str) -> dict[str, Any]:
    """Copy the event of a sample, to be spoilt."""
    body: dict[str, Any] = json.loads(json.dumps(SAMPLES[name]))
    return body.get("payload", body)


def test_what_front_really_sends_is_read(shared: Path) -> None:
    """A payload as it came, of a rule's webhook; wrapped by an application it is the same."""
    body = json.loads((shared / "payloads" / "front_conversation_reopened.json").read_bytes())
    expected = Happening(
        "evt_28du836-0", "ticket.changed", "cnv_keo696", 1518307972956, {"status": "open"}
    )
    assert read(body) == [expected]
    wrapped = {"type": "conversation_reopened", "authorization": {"id": "cmp_a"}, "payload": body}
    assert read(wrapped) == [expected]


def test_a_customers_message_tells_of_the_conversation_too() -> None:
    """R9: no event says that it began; what it is must be known from the first message on."""
    changed, message = read(SAMPLES["inbound"])
    told = {"tags": [], "channel": "email", "team": "Support", "status": "open"}
    assert changed == ("evt_28duo2q-0", "ticket.changed", TICKET, 1518309204500, told)
    spoke = {"author": "customer", "public": True}
    assert message == ("evt_28duo2q-1", "ticket.message", TICKET, 1518309204500, spoke)


def test_a_reply_that_archives_is_an_answer_and_no_status() -> None:
    """The archiving has an event of its own, at the same instant or later."""
    changed, message = read(SAMPLES["reply of a rule's webhook"])
    assert changed.data == {
        "assignee": "tea_40yq",
        "tags": ["Urgent"],
        "channel": "email",
        "team": "Support",
    }
    assert message.data == {"author": "agent", "public": True}


@pytest.mark.parametrize(
    ("name", "type_", "data"),
    [
        ("comment", "ticket.message", {"author": "agent", "public": False}),
        ("assigned", "ticket.changed", {"assignee": "tea_40yq"}),
        ("unassigned", "ticket.changed", {"assignee": None}),
        ("archived", "ticket.changed", {"status": "solved"}),
        ("snoozed", "ticket.changed", {"status": "on_hold"}),
        ("reminded", "ticket.changed", {"status": "open"}),
        ("tagged", "ticket.changed", {"tags": ["Urgent"]}),
        ("moved", "ticket.changed", {"team": "Billing"}),
        ("trashed", "ticket.deleted", {"reason": "deleted"}),
    ],
)
def test_each_kind_of_event_is_one_happening(name: str, type_: str, data: dict[str, Any]) -> None:
    """What the event says, and no more."""
    (one,) = read(SAMPLES[name])
    assert (one.type, one.ticket, one.data) == (type_, TICKET, data)


def test_merged_conversations_are_told_of_those_that_are_gone() -> None:
    """R20: the survivor takes over their customers' wait."""
    told = [(one.ticket, one.type, one.data) for one in read(SAMPLES["merged"])]
    into = {"into": TICKET}
    assert told == [("cnv_old1", "ticket.merged", into), ("cnv_old2", "ticket.merged", into)]
    body = copied("merged")
    body["target"]["data"] = [TICKET]
    with pytest.raises(Unmappable, match=r"target\.data: 'cnv_keocka'; send another"):
        read(body)


@pytest.mark.parametrize(
    ("kind", "author"), [("user", "agent"), ("visitor", "customer"), ("rule", "bot"), ("ai", "bot")]
)
def test_who_answered_is_told_by_the_author(kind: str, author: str) -> None:
    """R9: what a rule sends is no first response."""
    body = copied("reply of a rule's webhook")
    body["target"]["data"]["author"]["type"] = kind
    assert read(body)[-1].data == {"author": author, "public": True}


def test_who_answered_is_not_guessed() -> None:
    """A message without an author may be an automatic answer, or a teammate's."""
    body = copied("reply of a rule's webhook")
    body["target"]["data"]["author"] = None
    with pytest.raises(Unmappable, match=r"target\.data\.author: absent; have the webhook send"):
        read(body)
    body["target"]["data"]["author"] = {"id": "tea_1", "type": "robot"}
    with pytest.raises(Unmappable, match=r"target\.data\.author\.type: 'robot'"):
        read(body)


@pytest.mark.parametrize(
    "path",
    [("conversation", "_links", "self"), ("target", "data", "_links", "related", "conversation")],
)
def test_a_hook_that_names_two_conversations_names_none(path: tuple[str, ...]) -> None:
    """A wrong ticket would stop somebody else's clock."""
    body = copied("inbound")
    *outer, last = path
    holder = body
    for step in outer:
        holder = holder[step]
    holder[last] = "https://api2.frontapp.com/conversations/cnv_other"
    with pytest.raises(Unmappable, match=r"'cnv_other', but conversation\.id says 'cnv_keocka'"):
        read(body)


@pytest.mark.parametrize("kind", ["mention", "link_added", "custom_field_updated", "call_started"])
def test_what_moves_no_promise_is_nothing(kind: str) -> None:
    """A deadline of ours in a custom field, too."""
    body = copied("archived")
    body["type"] = kind
    assert read(body) == []


def test_a_talk_among_teammates_is_nothing() -> None:
    """No customer waits for it."""
    body = copied("comment")
    body["conversation"]["type"] = "discussion"
    assert read(body) == []


def test_with_ticketing_the_category_counts() -> None:
    """The status there is open while the customer is waited for."""
    body = copied("archived")
    body["type"] = "ticket_status_update"
    body["conversation"] |= {"status": "assigned", "status_category": "waiting"}
    assert read(body)[0].data == {"status": "pending"}


def test_the_operators_words_come_first() -> None:
    """Some snooze only what waits for the customer."""
    (one,) = read(SAMPLES["snoozed"], {"status": {"snoozed": "pending"}})
    assert one.data == {"status": "pending"}


@pytest.mark.parametrize("at", [None, "1518309204", True, -1, 1e308, 1518309204500])
def test_a_time_that_is_none_is_refused(at: object) -> None:
    """Milliseconds, too: they would be of the year 50000."""
    body = copied("archived")
    body["emitted_at"] = at
    with pytest.raises(Unmappable, match="emitted_at"):
        read(body)


def test_an_applications_signature_is_verified() -> None:
    """As "Verifying integrity" has it: of the time in ms, a colon and the body as it came."""
    body, at = b'{"type":"sync","authorization":{"id":"cmp_abc"}}', "1774623600000"
    made = b64encode(hmac.digest(b"key", b"1774623600000:" + body, "sha256")).decode()
    names = {"x-front-signature": made, "x-front-request-timestamp": at}
    assert ADAPTER.scheme.check(Hook(body, names), [b"key"]).at == 1774623600000
    for wrong in (Hook(body + b" ", names), Hook(body, {**names, "x-front-signature": "AAAA"})):
        with pytest.raises(Refused):
            ADAPTER.scheme.check(wrong, [b"key"])


def test_a_rules_webhook_is_signed_over_its_body_alone(shared: Path) -> None:
    """As "Validating Data Integrity" of "Rule webhooks" has it: SHA-1, base64, no time."""
    body = (shared / "payloads" / "front_conversation_reopened.json").read_bytes()
    made = b64encode(hmac.digest(b"api", body, "sha1")).decode()
    signed = {"x-front-signature": made}
    first = ADAPTER.scheme.check(Hook(body, signed), [b"key", b"api"])
    assert first.at is None
    assert first.mark is not None
    timed = signed | {"x-front-request-timestamp": "1774623600000"}
    for headers, wrong, why in (
        (signed, body + b" ", "forged"),
        (timed, body, "forged"),
        ({}, body, "unsigned"),
        ({"x-front-request-timestamp": "1774623600000"}, body, "unsigned"),
    ):
        with pytest.raises(Refused) as refused:
            ADAPTER.scheme.check(Hook(wrong, headers), [b"key", b"api"])
        assert refused.value.why == why


def test_a_new_address_gives_back_the_challenge() -> None:
    """Front asks for it when the address is saved, and only then."""
    assert ADAPTER.hello is not None
    assert ADAPTER.hello(Hook(b"{}", {CHALLENGE: "f3c2-a_b"})) == b"f3c2-a_b"
    assert ADAPTER.hello(Hook(b"{}")) is None
    assert ADAPTER.hello(Hook(b"{}", {CHALLENGE: "a\r\nb"})) is None
    assert read({"type": "sync", "authorization": {"id": "cmp_abc"}}) == []
