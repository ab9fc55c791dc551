"""Calling others: what is worth another try, what is not, and what is never told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import aiohttp
import pytest

from streams.process.calling import Caller, Permanent, Reply, Temporary, retry_after
from streams.process.login import Login
from streams.process.secret import Kept
from tests.far.side import Answer, FarSide, Misbehaviour, Seen


@dataclass
class Echo(FarSide):
    """Answers what it was told to."""

    answer: Answer = (200, {"yes": True})

    def handle(self, seen: Seen) -> Answer:
        """Give the answer."""
        return self.answer


def called(far: Echo, seconds: float = 5.0, largest: int = 1000) -> Reply:
    """Call it once."""

    async def call(session: aiohttp.ClientSession) -> Reply:
        caller = Caller(session, {"X-Mine": "1"}, (Kept(b"hush"),), seconds, largest)
        return await caller.call("POST", far.url + "/in", json={"a": 1}, query={"page": "2"})

    return run(call)


def run(what: Callable[[aiohttp.ClientSession], Awaitable[Reply]]) -> Reply:
    """Run something with a session."""

    async def inner() -> Reply:
        async with aiohttp.ClientSession() as session:
            return await what(session)

    return asyncio.run(inner())


def test_a_call_says_what_it_was_given_and_gives_the_answer() -> None:
    """Body, query, the caller's headers."""
    with Echo() as far:
        reply = called(far)
    assert (reply.status, reply.json()) == (200, {"yes": True})
    seen = far.seen[0]
    assert (seen.method, seen.path, seen.query, seen.body) == (
        "POST",
        "/in",
        {"page": "2"},
        {"a": 1},
    )
    assert (seen.headers["x-mine"], seen.headers["content-type"]) == ("1", "application/json")


@pytest.mark.parametrize(
    ("wrong", "doubtful", "wait"),
    [
        (Misbehaviour("429", 7), False, 7.0),
        (Misbehaviour("503", 3), False, 3.0),
        (Misbehaviour("500"), True, None),
        (Misbehaviour("reset"), True, None),
        (Misbehaviour("half"), True, None),
        (Misbehaviour("slow", 2), True, None),
        (Misbehaviour("401"), False, None),
        (Misbehaviour("404"), False, None),
    ],
    ids=lambda one: one.how if isinstance(one, Misbehaviour) else None,
)
def test_what_may_work_later_is_temporary(
    wrong: Misbehaviour, wait: float | None, *, doubtful: bool
) -> None:
    """With how long the far side asks us to wait, and whether it may have arrived."""
    with Echo() as far:
        far.misbehave(wrong)
        with pytest.raises(Temporary) as caught:
            called(far, seconds=0.5)
    assert (caught.value.doubtful, caught.value.retry_after) == (doubtful, wait)


def test_a_refusal_of_what_is_said_is_permanent_and_tells_no_secret() -> None:
    """The far side may repeat our secret to us."""
    with Echo(answer=(400, "bad field in\n hush hush")) as far, pytest.raises(Permanent) as caught:
        called(far)
    assert str(caught.value) == "it answers 400: bad field in … …"


def test_redirects_are_not_followed() -> None:
    """They would take the login to another address."""
    with Echo(answer=(302, "", {"Location": "/other"})) as far:
        with pytest.raises(Permanent, match="302"):
            called(far)
        assert [one.path for one in far.seen] == ["/in"]


def test_nobody_there_was_not_told_anything() -> None:
    """What was never sent is not in doubt."""
    with Echo() as far:
        pass
    with pytest.raises(Temporary, match="cannot be reached") as caught:
        called(far)
    assert not caught.value.doubtful


def test_an_answer_that_is_too_large_is_not_read_on() -> None:
    """Whatever answers there, it is not what we called."""
    with Echo(answer=(200, "x" * 2000)) as far, pytest.raises(Permanent, match="1000 bytes"):
        called(far)


def test_an_answer_that_is_no_json_may_be_half_of_one() -> None:
    """It is in doubt."""
    with Echo(answer=(200, "<html>")) as far, pytest.raises(Temporary) as caught:
        called(far).json()
    assert caught.value.doubtful


def test_retry_after_may_be_an_instant() -> None:
    """By the far side's own clock where it tells it."""
    now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    later = format_datetime(now + timedelta(seconds=90), usegmt=True)
    assert retry_after({"retry-after": later, "date": format_datetime(now, usegmt=True)}) == 90
    assert retry_after({"retry-after": later}) == 0
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({}) is None


def test_a_login_is_a_token_or_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its headers, and what must never be told."""
    monkeypatch.setenv("T", "abc")
    headers, kept = Login.model_validate({"token": {"env": "T"}}).read()
    assert (headers, [one.text for one in kept]) == ({"Authorization": "Bearer abc"}, ["abc"])
    headers, kept = Login.model_validate({"user": "me", "password": {"env": "T"}}).read()
    assert headers == {"Authorization": "Basic bWU6YWJj"}
    assert [one.text for one in kept] == ["abc", "bWU6YWJj"]
    assert Login().read() == ({}, ())


@pytest.mark.parametrize(
    "wrong",
    [
        {"user": "me"},
        {"password": {"env": "T"}},
        {"user": "me", "token": {"env": "T"}},
        {"user": "me", "password": {"env": "T"}, "token": {"env": "T"}},
    ],
)
def test_half_a_login_is_a_mistake(wrong: dict[str, object]) -> None:
    """It would be found out only at night."""
    with pytest.raises(ValueError, match="token"):
        Login.model_validate(wrong)
