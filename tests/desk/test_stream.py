"""The stream, through a real server: what is new comes by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from aiohttp import ClientResponse, ClientSession

from streams.desk import stream
from streams.desk.feed import KEPT, WAITING, Feed
from streams.desk.http import serve
from streams.desk.interface import Held
from streams.desk.query import Query
from streams.desk.rates import rates
from streams.desk.views import LEAST_SECONDS, MOST, SHARE, Views
from streams.sla.events import Changed
from streams.wire.instant import show
from streams.wire.sla_events import event
from tests.desk.test_http import created, got, several
from tests.worker.looked_at import DAY, HOUR, KNOWN, MINUTE, START, LookedAt

Told = tuple[str, Any]


async def events(answer: ClientResponse) -> AsyncIterator[Told]:
    """Read a stream's events: name and data."""
    name = ""
    async for line in answer.content:
        field, _, value = line.decode().rstrip("\n").partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, orjson.loads(value)


@asynccontextmanager
async def streamed(worker: LookedAt, query: str = "") -> AsyncIterator[AsyncIterator[Told]]:
    """Open a stream of a served worker."""
    async with (
        serve(worker, "127.0.0.1", 0) as url,
        ClientSession(url) as client,
        client.get(f"/api/stream?{query}") as answer,
    ):
        assert answer.content_type == "text/event-stream"
        yield events(answer)


async def until(told: AsyncIterator[Told], name: str) -> Any:
    """Give the data of the next event of a name."""
    async with asyncio.timeout(20):
        async for found, data in told:
            if found == name:
                return data
    raise AssertionError(name)


async def test_a_page_that_opens_is_told_all_at_once() -> None:
    """State, list and rates; the list is that of the query."""
    async with streamed(several(), "team=billing") as told:
        assert await until(told, "state") == {"ready": True, "state": "running", "reason": ""}
        assert [one["ticket"] for one in (await until(told, "list"))["tickets"]] == ["calm"]
        assert (await until(told, "rates"))["all"]["windows"]["1d"]["met"] == 1


async def test_what_changes_comes_by_itself_and_time_alone_is_no_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A page counts on; a list is sent when something happened, or after a while."""
    monkeypatch.setattr(stream, "TURN_SECONDS", 0.05)
    worker = several()
    async with streamed(worker) as told:
        await until(told, "list")
        worker.app.now += 1_000
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2 * LEAST_SECONDS):
                await until(told, "list")
    async with streamed(worker) as told:
        await until(told, "list")
        worker.hear(Changed("calm", START + MINUTE, 9, {"status": "solved"}))
        found = await until(told, "list")
        assert [one["ticket"] for one in found["tickets"]] == ["urgent", "paused"]


async def test_breaches_stream_in() -> None:
    """The last ones first, then each as it is committed."""
    worker = several()
    worker.reach(START + 2 * HOUR)
    said = [event(fact, worker.app.now) for fact in worker.facts]
    breaches = [one for one in said if one["type"] == "sla.breached"]
    assert len(breaches) > 2
    worker.elsewhere.feed.tell(breaches[0])
    async with streamed(worker) as told:
        first = await until(told, "fact")
        assert (first["id"], first["ticket"]) == (breaches[0]["id"], breaches[0]["subject"])
        assert first["tier"] == "premium"
        for one in said:
            worker.elsewhere.feed.tell(one)
        found = [(await until(told, "fact"))["type"] for _ in range(4)]
    assert set(found) <= {"sla.breached", "sla.breach_imminent"}


async def test_a_server_that_goes_ends_its_streams() -> None:
    """SIGTERM must not wait for somebody to close his page."""
    async with asyncio.timeout(5):
        async with ClientSession() as client:
            async with serve(several(), "127.0.0.1", 0) as url:
                answer = await client.get(f"{url}/api/stream")
                await until(events(answer), "list")
            assert await answer.content.read() is not None


async def test_so_many_streams_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is opened in a loop must not stop the work."""
    monkeypatch.setattr(stream, "MOST", 1)
    async with serve(several(), "127.0.0.1", 0) as url, ClientSession(url) as client:
        async with client.get("/api/stream") as answer:
            await until(events(answer), "list")
            async with client.get("/api/stream") as refused:
                assert refused.status == 503
                assert "1 pages are open" in (await refused.json())["error"]
        async with asyncio.timeout(20):
            while True:
                async with client.get("/api/stream") as again:
                    if again.status == 200:
                        break
                await asyncio.sleep(0.1)


async def test_a_bad_query_is_refused_before_the_stream_begins() -> None:
    """In words, as anywhere."""
    assert "only" in (await got(several(), "/api/stream?only=mine", 400))["error"]


# -- the feed


def breach(number: int) -> dict[str, Any]:
    """Give an SLA event."""
    data = {"ticket": str(number), "attributes": {}}
    return {"id": str(number), "type": "sla.breached", "time": show(START), "data": data}


def test_the_last_are_kept_for_who_comes_later() -> None:
    """A page that opens shows what has just been."""
    feed = Feed()
    for number in range(KEPT + 5):
        feed.tell(breach(number))
    feed.tell({**breach(0), "type": "sla.started"})
    with feed.listen() as queue:
        ids = [queue.get_nowait()["id"] for _ in range(queue.qsize())]
    assert ids == [str(number) for number in range(5, KEPT + 5)]


def test_who_is_too_slow_loses_the_oldest() -> None:
    """And holds nobody up; who left is told nothing."""
    feed = Feed()
    with feed.listen() as queue:
        for number in range(WAITING + 3):
            feed.tell(breach(number))
        assert queue.qsize() == WAITING
        assert queue.get_nowait()["id"] == "3"
    feed.tell(breach(0))
    assert queue.qsize() == WAITING - 1


# -- what looking may cost


async def test_those_who_ask_the_same_share_the_answer() -> None:
    """Ten pages are one reader; and an answer is worked out again when its time is over."""
    time = [0.0]
    worker = several()
    views = Views(worker, lambda: time[0])
    first, second = await asyncio.gather(views.list(Query()), views.list(Query()))
    assert first is second
    time[0] = LEAST_SECONDS
    assert await views.list(Query()) is not first


async def test_what_takes_long_is_worked_out_seldom() -> None:
    """Looking takes at most a tenth of the time from the work."""
    worker = several()
    clock = iter([0.0, 0.0, 0.0, 2.0, 2.0 + SHARE * 2 - 0.1, 2.0 + SHARE * 2, 30.0, 30.0, 30.0])
    views = Views(worker, lambda: next(clock))
    first = await views.list(Query())
    assert await views.list(Query()) is first
    assert await views.list(Query()) is not first


async def test_only_so_many_answers_are_kept() -> None:
    """Whoever asks ever new questions fills no memory."""
    views = Views(several())
    for number in range(MOST + 20):
        await views.list(Query(text=str(number)))
    assert len(views._kept) <= MOST


# -- the rates


async def test_rates_are_those_of_all_partitions() -> None:
    """R26: cycles added up, then divided; windows by the worker's clock."""
    worker, other = several(), several()
    other.reach(START + 2 * HOUR)
    worker.app.now = START + DAY + 30 * MINUTE
    worker.elsewhere.outcomes = [other.ledger]
    told = rates(worker)
    rows = {(row["policy"], row["kind"], row["metric"]): row for row in told["rows"]}
    first = rows["premium", "sla", "first_response"]
    assert first["objective"] == 0.9
    assert first["windows"]["7d"] == {"met": 2, "breached": 2, "rate": 0.5}
    assert first["windows"]["1d"] == {"met": 0, "breached": 1, "rate": 0.0}
    assert rows["inside", "olo", "first_response"]["windows"]["30d"]["breached"] == 2
    assert list(rows) == list(KNOWN)
    every = told["all"]
    assert every["objective"] is None, "the policies promise different shares"
    assert every["windows"]["30d"]["breached"] == sum(
        row["windows"]["30d"]["breached"] for row in rows.values() if row["kind"] == "sla"
    )
    assert (await got(worker, "/api/rates"))["rows"] == told["rows"]


async def test_a_ticket_that_another_worker_holds_is_told_as_ours() -> None:
    """R33: whichever worker is asked."""
    worker, other = LookedAt(), LookedAt()
    other.hear(created("theirs"))
    worker.elsewhere.tickets = other.tickets
    worker.elsewhere.shown = [Held(1, other.board, here=False)]
    found = await got(worker, "/tickets/theirs")
    assert found["clocks"][0]["explanation"]["segments"]
