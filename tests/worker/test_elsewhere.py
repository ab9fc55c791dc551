"""What a worker shows of the partitions that others hold: two real workers on a real broker."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiohttp import ClientSession

from streams.desk.board import Board
from streams.desk.paces import Paces
from streams.wire.topics import Names
from streams.worker.clock import wall
from streams.worker.elsewhere import Elsewhere, Part, Sources
from streams.worker.ledger import Ledger
from tests.desk.test_stream import events as events_of
from tests.ticket_event import ticket_event
from tests.worker.rig import PARTITIONS, Rig

POLICIES = """
version: 1
schedules: {always: 24x7}
policies:
  - name: quick
    match: {tier: gold}
    schedule: always
    targets: {first_response: {default: 4s}}
    warnings: [{at: 50%, notify: [assignee]}]
  - name: slow
    schedule: always
    targets: {first_response: {default: 4h}, total_resolution: {default: 8h}}
    pause: {statuses: [pending]}
"""
TICKETS = 40
SHOWN = {"all": PARTITIONS, "shown": PARTITIONS}


def asked(rig: Rig, path: str, number: int) -> Any:
    """Ask a worker for JSON."""
    status, text = rig.http(path, number)
    assert status == 200, text
    return json.loads(text)


def without_place(listed: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Leave out what hangs on when and whom one asks."""
    return [
        (
            *(one[name] for name in ("ticket", "partition", "team", "tier", "deadline")),
            [(clock["metric"], clock["state"], clock["breached"]) for clock in one["clocks"]],
        )
        for one in listed["tickets"]
    ]


def sees_all(rig: Rig, number: int, tickets: int) -> bool:
    """Whether a worker shows so many tickets, of all partitions."""
    found = asked(rig, "/api/list?limit=500", number)
    shown = {name: found["partitions"][name] for name in SHOWN}
    return shown == SHOWN and len(found["tickets"]) == found["total"] == tickets


def breached(rig: Rig, number: int) -> int:
    """Give how many breaches a worker tells of, over all partitions."""
    told: int = asked(rig, "/api/rates", number)["all"]["windows"]["1d"]["breached"]
    return told


def test_each_worker_shows_all_tickets_also_when_another_dies(
    rig_with: Any, tmp_path: Path
) -> None:
    """R8, R26, R33: list, rates, explanation and breaches are those of all partitions."""
    (policies := tmp_path / "policies.yaml").write_text(POLICIES)
    rig: Rig = rig_with(policies)
    rig.start(wait=False)
    rig.start()
    rig.until(
        lambda: all(asked(rig, "/api/list", n)["partitions"]["here"] == 2 for n in (0, 1)),
        "two partitions each",
    )
    now = wall()
    events = [
        ticket_event(f"t/{n} é", 0, "created", now, {"status": "new", "team": "abc"[n % 3]})
        for n in range(TICKETS)
    ]
    events += [
        ticket_event(f"t/{n} é", 1, "changed", now + 1, {"status": "pending"})
        for n in range(0, TICKETS, 4)
    ]
    gold = {"status": "new", "tier": "gold"}
    events += [ticket_event(f"gold {n}", 0, "created", now, gold) for n in range(8)]
    rig.publish(events)
    for number in (0, 1):
        rig.until(lambda n=number: sees_all(rig, n, TICKETS + 8), "all tickets are shown", number)
    lists = [asked(rig, "/api/list?limit=500&sort=ticket", number) for number in (0, 1)]
    assert without_place(lists[0]) == without_place(lists[1])
    assert lists[0]["facets"] == lists[1]["facets"]
    here = [{one["ticket"] for one in found["tickets"] if one["here"]} for found in lists]
    assert all(here), "each holds some"
    assert not here[0] & here[1]
    assert len(here[0] | here[1]) == TICKETS + 8
    # Whoever is asked explains it, and says the same.
    for id_ in ("t/0 é", "t/1 é", "gold 0"):
        told = [asked(rig, f"/tickets/{quote(id_, safe='')}", number) for number in (0, 1)]
        deadlines = [[clock["deadline"] for clock in one["clocks"]] for one in told]
        assert deadlines[0] == deadlines[1]
        assert told[0]["events"] == told[1]["events"] != []
    for number in (0, 1):
        rig.until(lambda n=number: breached(rig, n) == 8, "all breaches are counted", number)
    before = Counter(one["ticket"] for one in lists[0]["tickets"])
    rig.kill(0)
    rig.until(
        lambda: (
            sees_all(rig, 1, TICKETS + 8)
            and asked(rig, "/api/list", 1)["partitions"]["here"] == PARTITIONS
        ),
        "the one that is left holds all",
    )
    assert Counter(one["ticket"] for one in asked(rig, "/api/list?limit=500", 1)["tickets"]) == (
        before
    )
    assert breached(rig, 1) == 8
    events = [
        ticket_event(f"t/{n} é", 2, "message", wall(), {"author": "agent"}) for n in range(TICKETS)
    ]
    events += [
        ticket_event(f"t/{n} é", 3, "changed", wall() + 1, {"status": "solved"})
        for n in range(TICKETS)
    ]
    rig.start()
    rig.publish(events)
    for number in (1, 2):
        rig.until(lambda n=number: sees_all(rig, n, 8), "what is solved is gone", number)
    assert rig.stop(1) == rig.stop(2) == 0


async def told_facts(rig: Rig, number: int, count: int) -> list[dict[str, Any]]:
    """Read the facts that a worker's stream tells."""
    found: list[dict[str, Any]] = []
    url = f"http://127.0.0.1:{rig.ports[number]}"
    async with ClientSession(url) as client, client.get("/api/stream") as answer:
        async for name, data in events_of(answer):
            if name == "fact":
                found.append(data)
                if len(found) == count:
                    break
    return found


def test_warnings_and_breaches_of_all_workers_stream_in(rig_with: Any, tmp_path: Path) -> None:
    """R21: what any worker commits is told by each, what came before first."""
    (policies := tmp_path / "policies.yaml").write_text(POLICIES)
    rig: Rig = rig_with(policies)
    rig.start(wait=False)
    rig.start()
    gold, now = {"status": "new", "tier": "gold"}, wall()
    early = [ticket_event(f"early {n}", 0, "created", now - 60_000, gold) for n in range(6)]
    rig.publish(early)
    # Who asks once is told of all, though nobody has looked before.
    first = [asked(rig, "/api/list", number)["partitions"] for number in (0, 1)]
    assert [{name: one[name] for name in SHOWN} for one in first] == [SHOWN, SHOWN]
    asyncio.run(_streams_tell(rig, gold))


async def _streams_tell(rig: Rig, gold: dict[str, str]) -> None:
    async with asyncio.timeout(60):
        for number in (0, 1):
            found = await told_facts(rig, number, 12)
            assert {one["ticket"] for one in found} == {f"early {n}" for n in range(6)}
            assert Counter(one["type"] for one in found) == {
                "sla.breach_imminent": 6,
                "sla.breached": 6,
            }
        listening = [asyncio.create_task(told_facts(rig, number, 24)) for number in (0, 1)]
        live = [ticket_event(f"live {n}", 0, "created", wall(), gold) for n in range(6)]
        await asyncio.to_thread(rig.publish, live)
        for one in await asyncio.gather(*listening):
            assert len({(fact["id"], fact["type"]) for fact in one}) == 24
            assert {fact["ticket"] for fact in one[12:]} == {f"live {n}" for n in range(6)}
            assert [fact["type"] for fact in one[12:]].count("sla.breached") == 6


async def nothing() -> None:
    """Learn nothing."""


async def test_a_partition_that_has_just_come_here_is_not_counted_twice() -> None:
    """R26: what it held elsewhere is still known for a moment, and shown no more."""
    here: set[int] = {0}
    sources = Sources.of("app", Names())
    unused: Any = None
    paces = Paces(unused, 0)
    elsewhere = Elsewhere(
        {}, sources, unused, paces, held=lambda: here, count=lambda: 3, learn=nothing
    )
    for number in (1, 2):
        kept = Ledger(lambda _key, _entries: None)
        elsewhere._parts[number] = Part(Board(paces), kept)
    assert [held.partition for held in elsewhere.boards()] == [1, 2]
    assert len(list(elsewhere.ledgers())) == 2
    here.add(2)
    assert [held.partition for held in elsewhere.boards()] == [1]
    assert list(elsewhere.ledgers()) == [elsewhere._parts[1].ledger]
