"""Help desks written to: each vendor's form, its ids, what differs and what does not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from streams.notify.deadline import same
from streams.notify.desks.desk import Desk, Standing
from streams.notify.desks.known import make
from streams.notify.file import File
from streams.notify.settings import VOCABULARY
from streams.process.calling import Permanent, Temporary
from streams.process.config import parse
from streams.process.problem import BadFile
from streams.wire.instant import parse as instant
from tests.far import desks as far
from tests.far.side import Misbehaviour

AT = instant("2026-03-27T15:00:00Z")
SYS = "a" * 32
CASES: dict[str, tuple[type[far.Desk], str, str, str, str, str]] = {
    "zendesk": (far.Zendesk, "42", "42", "priority", "high", "360001"),
    "jira": (far.Jira, "OPS-1", "OPS-1", "priority", "High", "customfield_10"),
    "servicenow": (far.ServiceNow, "INC0001", SYS, "priority", "2", "u_sla_due"),
}


def file(text: str) -> File:
    """Read a file of notices."""
    return parse(text, "notify.yaml", File, VOCABULARY)


def desk(kind: str, side: far.Desk, *more: str) -> Any:
    """Describe a desk that stands there."""
    parts = [f"type: {kind}", f"address: '{side.url}'", "login: {token: {env: T_DESK}}", *more]
    return file(f"version: 1\ndesks: {{d: {{{', '.join(parts)}}}}}\n").desks["d"]


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Start a help desk with one ticket; give how it is described, and the case."""
    monkeypatch.setenv("T_DESK", far.TOKEN)
    kind, *rest = CASES[request.param]
    with kind() as side:
        if request.param == "servicenow":
            side.tickets[SYS] = {"sys_id": SYS, "number": "INC0001", "priority": "4"}
        yield side, desk(request.param, side, "prefix: p-"), rest


def use(described: Any, act: Any) -> Any:
    """Do something with a desk."""

    async def run() -> Any:
        async with aiohttp.ClientSession() as session:
            return await act(make("d", described, session))

    return asyncio.run(run())


def test_what_is_written_is_read_again_and_a_marker_beside_it(case: Any) -> None:
    """Fields of all kinds, in one call, and emptied again."""
    side, described, (ticket, _, name, value, custom) = case

    async def act(desk: Desk) -> tuple[Standing, Standing]:
        key = desk.ids.own(f"p-{ticket}")
        assert key is not None
        seen = await desk.read(key, [name, custom])
        await desk.write(seen, {name: value, custom: desk.instant(AT)}, "sla-escalated")
        written = await desk.read(key, [name, custom])
        await desk.write(written, {custom: None})
        return written, await desk.read(key, [custom])

    written, emptied = use(described, act)
    assert written.values[name] == value
    assert same(written.values[custom], "2026-03-27T15:00:00Z") or (
        written.values[custom] == "2026-03-27 15:00:00"
    )
    assert "sla-escalated" in written.tags
    assert emptied.values[custom] is None
    assert "sla-escalated" in emptied.tags
    assert side.writes.total() == 2
    assert side.faults == []


@pytest.mark.parametrize("ticket", ["p-../1", "p-", "p-1/2", "p-٤", "p-a b"])
def test_an_id_that_is_none_goes_into_no_address(case: Any, ticket: str) -> None:
    """And what has not the prefix is another desk's."""
    side, described, _ = case

    async def act(desk: Desk) -> None:
        assert desk.ids.own("q-1") is None
        with pytest.raises(Permanent, match="has no id of"):
            desk.ids.own(ticket)

    use(described, act)
    assert side.seen == []


@pytest.mark.parametrize("how", ["500", "429", "half", "401"])
def test_what_goes_wrong_may_go_right_later(case: Any, how: Any) -> None:
    """And the token is not told."""
    side, described, (_, key, name, _, _) = case
    side.misbehave(Misbehaviour(how))

    async def act(desk: Desk) -> None:
        with pytest.raises(Temporary) as fault:
            await desk.read(key, [name])
        assert far.TOKEN not in str(fault.value)

    use(described, act)


def test_a_change_by_somebody_else_meanwhile_is_not_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Zendesk tells; the next attempt reads again."""
    monkeypatch.setenv("T_DESK", far.TOKEN)
    with far.Zendesk() as side:
        described = desk("zendesk", side)

        async def act(desk: Desk) -> None:
            seen = await desk.read("7", ["priority"])
            side.tickets["7"]["updated_at"] = "2026-03-27T15:00:01Z"
            with pytest.raises(Temporary, match="somebody else"):
                await desk.write(seen, {"priority": "urgent"})

        use(described, act)
        assert side.tickets["7"]["priority"] == "normal"


def test_servicenow_tells_when_the_marker_does_not_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it nothing would guard against a loop."""
    monkeypatch.setenv("T_DESK", far.TOKEN)
    with far.ServiceNow(tickets={SYS: {"sys_id": SYS, "number": "INC0001"}}) as side:
        described = desk("servicenow", side, "marker: u_none")

        async def act(desk: Desk) -> None:
            seen = await desk.read("INC0001", ["priority"])
            with pytest.raises(Permanent, match="did not stay in column u_none"):
                await desk.write(seen, {"priority": "1"}, "sla-escalated")

        use(described, act)


DESK = "desks: {d: {type: zendesk, address: 'https://a.example', login: {token: {env: T}}}}\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("write_back: [{desk: e, field: '1', metric: resolution}]", "did you mean|describe it"),
        ("write_back: [{desk: d, field: due, metric: total_resolution}]", "is no field"),
        ("write_back: [{desk: d, field: '1', metric: nap}]", "use one of"),
        ("channels: {u: {type: escalate, desk: e, set: {priority: high}}}", "describe it"),
        ("channels: {u: {type: escalate, desk: d, set: {priority: top}}}", "no order knows"),
        ("channels: {u: {type: escalate, desk: d, assign: {group: seniors}}}", "its number"),
        ("channels: {u: {type: escalate, desk: d}}", "does nothing"),
    ],
)
def test_what_a_desk_cannot_have_is_told_when_the_file_is_read(text: str, told: str) -> None:
    """With field, value and fix."""
    with pytest.raises(BadFile, match=told):
        file(f"version: 1\n{DESK}{text}\n")


@pytest.mark.parametrize(
    ("stands", "wanted", "alike"),
    [
        ("2026-03-27T16:00:00.000+0100", "2026-03-27T15:00:00.000+0000", True),
        ("2026-03-27 15:00:00", "2026-03-27 15:00:00", True),
        ("2026-03-27T15:00:01Z", "2026-03-27T15:00:00Z", False),
        ("soon", "2026-03-27T15:00:00Z", False),
        ("", None, True),
        (None, None, True),
        (None, "2026-03-27", False),
        ("2026-03-27", None, False),
        (5, "5", True),
    ],
)
def test_what_stands_there_is_compared_by_what_it_means(
    stands: object,
    wanted: str | None,
    alike: bool,  # noqa: FBT001
) -> None:
    """A desk shows an instant in its own way."""
    assert same(stands, wanted) is alike
