"""Intercom's webhooks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.gateway.adapters.intercom import ADAPTER
from streams.gateway.hook import Happening, Hook, Unmappable
from streams.gateway.signature import Refused
from streams.gateway.words import Words

SAMPLES = {
    one["name"]: one["body"]
    for one in orjson.loads((Path(__file__).parent / "samples" / "intercom.json").read_bytes())
}


def read(body: Any, own: dict[str, dict[str, str]] | None = None) -> list[Happening]:
    """Give what happened."""
    return list(ADAPTER.events(Hook(orjson.dumps(body)), Words(ADAPTER.words, own)))


def test_what_intercom_really_sends_is_read(shared: Path) -> None:
    """Payloads as they came: a reply that is told as an assignment, a state that was set again."""
    told = {
        name: json.loads((shared / "payloads" / f"intercom_ticket_{name}.json").read_bytes())
        for name in ("admin_replied", "state_updated")
    }
    (reply,) = read(told["admin_replied"])
    assert (reply.type, reply.data) == ("ticket.message", {"author": "agent", "public": True})
    assert (reply.ticket, reply.time) == ("215472629311235", 1_768_114_530_000)
    (state,) = read(told["state_updated"])
    assert (state.type, state.data) == ("ticket.changed", {"status": "new"})
    assert (state.ticket, state.time) == ("215472629311235", 1_768_114_250_000)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("customer wrote", {"author": "customer", "public": True}),
        ("agent wrote", {"author": "agent", "public": True}),
        ("bot wrote", {"author": "bot", "public": True}),
        ("note", {"author": "agent", "public": False}),
        ("ticket answer", {"author": "customer", "public": True}),
        ("snoozed", {"status": "on_hold"}),
        ("closed", {"status": "solved"}),
        ("assigned", {"team": "12", "assignee": "991"}),
        ("priority", {"priority": "high"}),
        ("ticket state", {"status": "pending"}),
    ],
)
def test_what_happened_is_told(name: str, data: dict[str, Any]) -> None:
    """R9: a bot's answer is no agent's."""
    assert read(SAMPLES[name])[0].data == data


def test_a_creation_is_dated_when_it_was_and_says_who_began() -> None:
    """Not when the notification was made."""
    (created,) = read(SAMPLES["conversation"])
    assert created.time == 1_774_623_600_000
    assert created.data == {
        "status": "open",
        "priority": "normal",
        "channel": "email",
        "author": "customer",
        "public": True,
    }
    assert read(SAMPLES["outbound"])[0].data["author"] == "agent"
    inner = json.loads(json.dumps(SAMPLES["ticket"]))
    inner["data"]["item"]["category"] = "Back-office"
    assert read(inner)[0].data["author"] == "agent"


def test_a_state_of_ones_own_is_known_by_its_label_first() -> None:
    """The operator's word goes before the category."""
    own = {"status": {"Waiting for papers": "on_hold"}}
    assert read(SAMPLES["ticket state"], own)[0].data == {"status": "on_hold"}


def test_a_ticket_without_an_id_is_none() -> None:
    """The number that people see is another one."""
    body = json.loads(json.dumps(SAMPLES["ticket"]))
    del body["data"]["item"]["id"]
    with pytest.raises(Unmappable, match=r"data\.item\.id: absent"):
        read(body)


def test_it_is_signed_with_the_clients_secret() -> None:
    """HMAC-SHA1 of the body, in hex, after `sha1=`."""
    body = b'{"topic": "ping"}'
    # printf '{"topic": "ping"}' | openssl dgst -sha1 -hmac secret
    right = "sha1=4adad2a58fbc148bf42df11335d90a7c714294ab"
    ADAPTER.scheme.check(Hook(body, {"x-hub-signature": right}), [b"secret"])
    with pytest.raises(Refused, match="does not fit"):
        ADAPTER.scheme.check(Hook(body + b" ", {"x-hub-signature": right}), [b"secret"])
