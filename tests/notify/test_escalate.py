"""Escalations in the help desk: raised, once, never in a circle."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from streams.notify.channels.escalate import Cap
from streams.notify.file import open_file
from streams.notify.message import Message
from streams.notify.run import channels
from streams.process.calling import Temporary
from tests.far import desks as far
from tests.far.side import Answer, Misbehaviour, Seen
from tests.notify.test_channels import breach

FILE = """
version: 1
desks:
  zen: {{type: zendesk, address: "{url}", login: {{token: {{env: T_DESK}}}}, prefix: z-}}
channels:
  up: {{type: escalate, desk: zen, set: {{priority: high}}, assign: {{group: "7"}}, most: {most}}}
routes: [{{name: up, to: up}}]
"""


@pytest.fixture
def zen(monkeypatch: pytest.MonkeyPatch) -> Iterator[far.Zendesk]:
    """Start a Zendesk."""
    monkeypatch.setenv("T_DESK", far.TOKEN)
    with far.Zendesk() as side:
        yield side


def of(*tickets: str, key: str = "k") -> Message:
    """Make a message of breaches of tickets."""
    one = breach()
    events = [{**one.events[0], "data": {**one.events[0]["data"], "ticket": t}} for t in tickets]
    return replace(one, key=key, events=tuple(events))


def send(folder: Path, side: far.Zendesk, *messages: Message, most: int = 1) -> None:
    """Send messages through the one channel."""
    (path := folder / "notify.yaml").write_text(FILE.format(url=side.url, most=most))

    async def run() -> None:
        async with channels(path, open_file(path)) as made:
            for message in messages:
                await made["up"].send(message)

    asyncio.run(run())


def test_a_ticket_is_raised_handed_on_and_marked(tmp_path: Path, zen: far.Zendesk) -> None:
    """In one call; a digest's tickets each; what is another desk's not at all."""
    send(tmp_path, zen, of("z-1", "z-2", "other-3"))
    for number in ("1", "2"):
        ticket = zen.tickets[number]
        assert (ticket["priority"], ticket["group_id"]) == ("high", 7)
        assert ticket["tags"] == ["sla-escalated"]
    assert dict(zen.writes) == {"1": 1, "2": 1}
    assert zen.faults == []


def test_our_own_change_that_breaks_another_promise_starts_nothing(
    tmp_path: Path, zen: far.Zendesk
) -> None:
    """The marker holds, across restarts too, though somebody lowered the ticket."""
    send(tmp_path, zen, of("z-1"))
    zen.tickets["1"]["priority"] = "low"  # by a person
    send(tmp_path, zen, of("z-1", key="another breach"))
    assert zen.writes["1"] == 1
    assert zen.tickets["1"]["priority"] == "low"


def test_a_marker_that_is_taken_away_does_not_lift_the_cap(
    tmp_path: Path, zen: far.Zendesk
) -> None:
    """Of the same process; a later one has only the marker to go by."""
    take = zen.handle

    def undone(seen: Seen) -> Answer:
        answer = take(seen)
        if seen.method == "PUT":
            zen.tickets["2"] |= {"tags": [], "priority": "low", "group_id": 1}
        return answer

    zen.handle = undone  # type: ignore[method-assign]
    send(tmp_path, zen, of("z-2"), of("z-2", key="b"), of("z-2", key="c"))
    assert zen.writes["2"] == 1
    send(tmp_path, zen, of("z-2", key="d"), of("z-2", key="e"), of("z-2", key="f"), most=2)
    assert zen.writes["2"] == 3


def test_a_connection_that_breaks_is_no_second_change(tmp_path: Path, zen: far.Zendesk) -> None:
    """The HTTP client itself repeats what is idempotent, a PUT too: its stamp is old by then."""
    take = zen.handle

    def first(seen: Seen) -> Answer:
        zen.handle = take  # type: ignore[method-assign]
        zen.misbehave(Misbehaviour("reset", after=True))
        return take(seen)

    zen.handle = first  # type: ignore[method-assign]
    with pytest.raises(Temporary):
        send(tmp_path, zen, of("z-1"))
    send(tmp_path, zen, of("z-1"))
    assert zen.writes["1"] == 1


def test_what_is_as_high_or_higher_is_never_lowered(tmp_path: Path, zen: far.Zendesk) -> None:
    """Nor what no order knows."""
    for number, priority in enumerate(("high", "urgent", "vip"), start=1):
        zen.tickets[str(number)] = {
            "tags": ["vip"],
            "priority": priority,
            "custom_fields": [],
            "group_id": 7,
        }
    send(tmp_path, zen, of("z-1", "z-2", "z-3"))
    assert zen.writes.total() == 0


def test_a_lost_answer_is_no_second_change(tmp_path: Path, zen: far.Zendesk) -> None:
    """What was done is found by its marker."""
    zen.tickets["1"] = {"tags": ["a"], "priority": "low", "custom_fields": [], "group_id": 1}
    # The first request reads, the second writes.
    original = zen.handle
    answers = iter([False, True])

    def handle(seen: object) -> object:
        answer = original(seen)  # type: ignore[arg-type]
        return (500, {}) if next(answers, False) else answer

    zen.handle = handle  # type: ignore[method-assign, assignment]
    with pytest.raises(Temporary):
        send(tmp_path, zen, of("z-1"))
    send(tmp_path, zen, replace(of("z-1"), repeat=True))
    assert zen.writes["1"] == 1
    assert zen.tickets["1"]["tags"] == ["a", "sla-escalated"]


def test_what_ends_a_breach_takes_nothing_back(tmp_path: Path, zen: far.Zendesk) -> None:
    """Who has it has it."""
    send(tmp_path, zen, replace(of("z-1"), action="resolve"))
    assert zen.seen == []


def test_a_day_later_it_may_be_raised_again() -> None:
    """By the cap."""
    now = [0.0]
    cap = Cap(1, lambda: now[0])
    cap.note("1")
    assert cap.reached("1")
    assert not cap.reached("2")
    now[0] = 86_401.0
    assert not cap.reached("1")
