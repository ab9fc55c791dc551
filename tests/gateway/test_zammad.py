"""Zammad's webhooks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.gateway.adapters.zammad import ADAPTER
from streams.gateway.hook import Happening, Hook, Unmappable
from streams.gateway.words import Words
from streams.wire.instant import parse

SAMPLES = {
    one["name"]: one["body"]
    for one in orjson.loads((Path(__file__).parent / "samples" / "zammad.json").read_bytes())
}


def read(body: Any) -> list[Happening]:
    """Give what happened."""
    return list(ADAPTER.events(Hook(orjson.dumps(body)), Words(ADAPTER.words)))


def test_a_creation_is_told_with_how_it_stands_and_its_first_article_is_no_message() -> None:
    """R9: it is the creation; what changed within the same moment is told too."""
    created, stands = read(SAMPLES["created"])
    told = {"status": "new", "priority": "normal", "team": "Billing", "organization": "Acme"}
    assert created.data == {**told, "author": "customer", "public": True}
    assert created.time == parse("2026-03-27T15:00:00Z")
    assert stands.data == {**told, "assignee": None}
    assert stands.time == parse("2026-03-27T15:00:00.120Z")
    assert read(SAMPLES["another, of an agent"])[0].data["author"] == "agent"


def test_an_answer_is_a_message_at_its_own_time_under_its_own_id() -> None:
    """However many triggers tell of it."""
    said, stands = read(SAMPLES["agent wrote"])
    assert said.data == {"author": "agent", "public": True}
    assert (said.id, said.time) == ("4711-article-2", parse("2026-03-27T15:29:59.900Z"))
    assert stands.data["assignee"] == "kim@example.com"
    assert read(SAMPLES["note"])[0].data == {"author": "agent", "public": False}


@pytest.mark.parametrize(("name", "status"), [("closed", "closed"), ("pending", "pending")])
def test_a_state_is_a_word_however_it_is_written(name: str, status: str) -> None:
    """Bare, or an object with its name."""
    (stands,) = read(SAMPLES[name])
    assert stands.data["status"] == status


def test_a_system_message_is_a_bots_and_another_sender_nobodys() -> None:
    """R9: it stops no clock."""
    body = json.loads(json.dumps(SAMPLES["agent wrote"]))
    body["article"]["sender"] = "System"
    assert read(body)[0].data["author"] == "bot"
    body["article"]["sender"] = "Robot"
    with pytest.raises(Unmappable, match=r"article\.sender: 'Robot'; send one of Customer"):
        read(body)


def test_an_article_of_another_ticket_is_none_of_this_one() -> None:
    """A wrong ticket would stop somebody else's clock."""
    body = json.loads(json.dumps(SAMPLES["agent wrote"]))
    body["article"]["ticket_id"] = 5
    with pytest.raises(Unmappable, match=r"article\.ticket_id: '5', but ticket\.id says '4711'"):
        read(body)
