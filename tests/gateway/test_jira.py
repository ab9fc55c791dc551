"""Webhooks of Jira and Jira Service Management."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.gateway.adapters.jira import ADAPTER, DELIVERY
from streams.gateway.hook import Happening, Hook, Unmappable
from streams.gateway.words import Words

SAMPLES = {
    one["name"]: one["body"]
    for one in orjson.loads((Path(__file__).parent / "samples" / "jira.json").read_bytes())
}


def read(body: Any, **headers: str) -> list[Happening]:
    """Give what happened."""
    return list(ADAPTER.events(Hook(orjson.dumps(body), headers), Words(ADAPTER.words)))


def copied(name: str) -> dict[str, Any]:
    """Copy a sample, to be spoilt."""
    body: dict[str, Any] = json.loads(json.dumps(SAMPLES[name]))
    return body


def test_what_jira_really_sends_is_read(shared: Path) -> None:
    """Payloads as they came; one of them tells nothing but that something was."""
    body = json.loads((shared / "payloads" / "jira_issue_updated_status.json").read_bytes())
    (one,) = read(body)
    assert (one.type, one.ticket, one.time) == ("ticket.changed", "TEST-1", 1485797534721)
    assert one.data == {"status": "open"}
    body = json.loads((shared / "payloads" / "jira_issue_updated_minimal.json").read_bytes())
    assert read(body) == []


def test_each_sample_says_this() -> None:
    """R9, R10: attributes under our names, who spoke and to whom, each at its own time."""
    data = {name: [one.data for one in read(body)] for name, body in SAMPLES.items()}
    assert data["created"] == [
        {
            "status": "open",
            "priority": "normal",
            "assignee": "Ann Lee",
            "type": "Incident",
            "project": "TEST",
            "tags": ["vpn"],
            "author": "customer",
            "public": True,
        }
    ]
    assert data["status"] == [{"status": "pending"}]
    assert data["priority and assignee"] == [{"priority": "urgent", "assignee": None}]
    assert data["reply"] == [{"author": "agent", "public": True}]
    assert data["customer wrote"] == [{"author": "customer", "public": True}]
    assert data["note"] == [{"author": "agent", "public": False}]
    assert data["deadline that was written back"] == []
    assert read(SAMPLES["reply"])[0].time == 1774620060000


def test_a_move_merges_the_old_key_into_the_new_one() -> None:
    """R20: the customer's wait goes along, and the new key knows how the issue stands."""
    merged, changed = read(SAMPLES["moved"])
    assert (merged.type, merged.ticket, merged.data) == (
        "ticket.merged",
        "OLD-9",
        {"into": "TEST-1"},
    )
    assert (changed.ticket, changed.data["status"]) == ("TEST-1", "open")


def test_a_status_of_ones_own_is_told_by_its_category() -> None:
    """Every status of Jira has one; the operator's word would come before it."""
    body = copied("status")
    body["changelog"]["items"][0]["toString"] = "Shipped"
    assert read(body)[0].data == {"status": "Shipped"}
    body["issue"]["fields"]["status"] = {"name": "Shipped", "statusCategory": {"key": "done"}}
    assert read(body)[0].data == {"status": "solved"}


def test_without_an_account_type_the_reporter_is_the_customer() -> None:
    """As in a Data Center; where nothing tells it, it is not guessed."""
    body = copied("reply")
    body["comment"]["author"] = {"name": "zoe"}
    body["issue"]["fields"]["reporter"] = {"name": "zoe"}
    assert read(body)[0].data["author"] == "customer"
    body["comment"]["author"] = {"name": "ann"}
    assert read(body)[0].data["author"] == "agent"
    del body["issue"]["fields"]["reporter"]
    with pytest.raises(Unmappable, match="accountType: absent; send it"):
        read(body)


def test_a_delivery_that_is_sent_again_has_the_same_ids() -> None:
    """By its identifier, and without one by what it says."""
    body = SAMPLES["moved"]
    first = read(body, **{DELIVERY: "d-1"})
    assert [one.id for one in first] == ["d-1-0", "d-1-1"]
    assert first == read(body, **{DELIVERY: "d-1"})
    assert read(body) == read(body)
    assert {one.id for one in read(body)}.isdisjoint({one.id for one in first})


def test_a_hook_that_names_two_issues_names_none() -> None:
    """A wrong ticket would stop somebody else's clock."""
    body = copied("status")
    body["issue"]["id"] = "10001"
    with pytest.raises(Unmappable, match=r"issue\.self: '10000', but issue\.id says '10001'"):
        read(body)
    body = copied("status")
    body["issue"]["key"] = "test"
    with pytest.raises(Unmappable, match=r"issue\.key: 'test'; send the issue's key"):
        read(body)


def test_the_signature_is_that_of_websub() -> None:
    """Worked example of "Webhooks", secured by a secret."""
    body, secret = b"Hello World!", b"It's a Secret to Everybody"
    signed = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    hook = Hook(body, {"x-hub-signature": signed})
    assert ADAPTER.scheme.check(hook, (secret,)).mark
