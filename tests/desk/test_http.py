"""The worker's HTTP side, through a real server on a free port."""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families
from yarl import URL

from streams.desk.http import serve
from streams.desk.pulse import Pulse
from streams.process.listening import CannotListen, PortInUse
from streams.sla.events import Changed, Created, Deleted, Merged, Messaged
from streams.wire.instant import parse, show
from streams.work import PartitionStats, Readiness
from tests.worker.looked_at import HOUR, MINUTE, START, LookedAt


@asynccontextmanager
async def served(worker: LookedAt, host: str = "127.0.0.1") -> AsyncIterator[ClientSession]:
    """Serve a worker; give a client whose addresses are relative to it."""
    async with serve(worker, host, 0) as url, ClientSession(url) as client:
        yield client


async def got(worker: LookedAt, path: str, status: int = 200, **headers: str) -> Any:
    """Ask once; give what JSON was answered, after checking the status."""
    async with served(worker) as client, client.get(path, headers=headers) as answer:
        assert answer.status == status, await answer.text()
        assert answer.content_type == "application/json"
        return await answer.json()


def created(name: str, at: int = START, **attributes: Any) -> Created:
    """Give the creation of a ticket."""
    return Created(name, at, 1, {"tier": "premium", **attributes})


def several() -> LookedAt:
    """Give a worker with three tickets, the last of them the most urgent."""
    worker = LookedAt()
    worker.hear(created("paused", START - HOUR))
    worker.hear(Messaged("paused", START - HOUR + MINUTE, 2, "agent"))
    worker.hear(Changed("paused", START - 30 * MINUTE, 3, {"status": "pending"}))
    worker.hear(created("calm", START - MINUTE, team="billing"))
    worker.hear(created("urgent", START - MINUTE, priority="urgent"))
    return worker


# -- health


async def test_healthz_says_that_the_loop_is_alive() -> None:
    """Interfaces: /healthz, whatever the state."""
    worker = LookedAt()
    worker.app.said = Readiness(False, "recovering", "rows")  # noqa: FBT003
    async with served(worker) as client, client.get("/healthz") as answer:
        assert (answer.status, (await answer.text()).strip()) == (200, "ok")


async def test_readyz_says_ready() -> None:
    """Interfaces: /readyz, assigned, recovered, ticking."""
    worker = LookedAt()
    worker.app.parts = [PartitionStats(0, True, 5, 5, START, 0)]  # noqa: FBT003
    assert await got(worker, "/readyz") == {"ready": True, "state": "running", "reason": ""}


async def test_readyz_says_503_with_the_reason_of_the_work() -> None:
    """Interfaces: 503 with the reason."""
    worker = LookedAt()
    worker.app.said = Readiness(False, "recovering", "the rows are being read back")  # noqa: FBT003
    expected = {"ready": False, "state": "recovering", "reason": "the rows are being read back"}
    assert await got(worker, "/readyz", 503) == expected


async def test_readyz_says_503_where_a_partition_has_not_ticked() -> None:
    """Interfaces, R4: a partition behind a backlog is not fit yet, and says how far behind."""
    worker = LookedAt()
    worker.app.parts = [PartitionStats(3, True, 5, 25, None, 0)]  # noqa: FBT003
    answer = await got(worker, "/readyz", 503)
    assert answer["reason"] == "partition 3 has not ticked yet; 20 records are still to be applied"


def test_a_partition_whose_tick_stands_still_is_not_ready() -> None:
    """Interfaces: ticking; judged by the machine's time, for the worker's may run at any rate."""
    worker, time = LookedAt(), [0.0]
    pulse = Pulse(worker.app, patience=30, monotonic=lambda: time[0])
    tick = START
    for second in range(0, 100, 10):
        time[0], tick = second, tick + 1
        worker.app.parts = [PartitionStats(0, True, 5, 5, tick, 0)]  # noqa: FBT003
        assert pulse.readiness().ready
    time[0] = 90 + 30
    assert pulse.readiness().ready
    time[0] = 90 + 31
    assert pulse.readiness() == (False, "running", "partition 0 has not ticked for 31 s")


# -- metrics


async def test_metrics_come_in_the_text_format() -> None:
    """Interfaces: /metrics."""
    async with served(several()) as client, client.get("/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        found = {family.name for family in text_string_to_metric_families(await answer.text())}
    assert "sla_open_clocks" in found


async def test_metrics_come_as_openmetrics_where_that_is_asked_for() -> None:
    """Interfaces: OpenMetrics by negotiation, compressed where the scraper takes it."""
    accept = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"}
    async with served(several()) as client, client.get("/metrics", headers=accept) as answer:
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
        assert answer.headers["Content-Encoding"] == "gzip"
        text = await answer.text()
    assert text.endswith("# EOF\n")
    types = {one.name: one.type for one in openmetrics.text_string_to_metric_families(text)}
    assert types["sla_open_clock_remaining_seconds"] == "gaugehistogram"
    assert types["sla_build"] == "info"


async def test_metrics_are_not_compressed_unasked() -> None:
    """A scraper that takes no gzip gets none."""
    headers = {"Accept-Encoding": "identity"}
    async with served(several()) as client, client.get("/metrics", headers=headers) as answer:
        assert "Content-Encoding" not in answer.headers


# -- one ticket


async def test_a_ticket_shows_its_clocks_and_events() -> None:
    """Interfaces, R33: what was promised, how it stands now, and what happened."""
    worker = LookedAt()
    worker.hear(
        created("47/11 é", team="billing"),
        Messaged("47/11 é", START + MINUTE, 2, "agent", public=False),
        Changed("47/11 é", START + 2 * MINUTE, 3, {"status": "pending"}),
    )
    worker.reach(START + 2 * HOUR)
    found = await got(worker, "/tickets/47%2F11%20%C3%A9")
    assert found["ticket"] == "47/11 é"
    assert found["status"] == "pending"
    assert found["customer_at"] == show(START)
    assert [event["type"] for event in found["events"]] == [
        "ticket.created",
        "ticket.message",
        "ticket.changed",
    ]
    assert found["events"][1] == {
        "time": show(START + MINUTE),
        "type": "ticket.message",
        "author": "agent",
        "public": False,
    }
    clocks = {(clock["kind"], clock["metric"]): clock for clock in found["clocks"]}
    first, total = clocks["sla", "first_response"], clocks["sla", "total_resolution"]
    assert first["breached_at"] == first["deadline"] == show(START + HOUR)
    assert first["remaining_seconds"] == -3600
    assert (total["state"], total["deadline"], total["remaining_seconds"]) == (
        "paused",
        None,
        4 * 3600 - 120,
    )


async def test_a_ticket_whose_id_is_long_is_shown() -> None:
    """Safety: 10 kB of whatever, three bytes of address for each of them."""
    worker, id_ = LookedAt(), 10_000 * "é"
    worker.hear(created(id_))
    assert (await got(worker, f"/tickets/{id_}"))["ticket"] == id_


async def test_every_kind_of_event_is_shown() -> None:
    """Interfaces: the five types."""
    worker = LookedAt()
    worker.hear(created("a"), Merged("a", START + 1, 2, "b"))
    worker.hear(created("b"), Deleted("b", START + 1, 2, "spam"))
    assert (await got(worker, "/tickets/a"))["events"][1]["into"] == "b"
    found = await got(worker, "/tickets/b")
    assert found["events"][1]["reason"] == "spam"
    assert found["clocks"][0]["state"] == "cancelled"


async def test_a_ticket_that_is_not_here_is_404_in_words() -> None:
    """Interfaces: it may be on another worker."""
    worker = LookedAt()
    worker.app.parts = [PartitionStats(n, True, 0, 0, START, 0) for n in (0, 2)]  # noqa: FBT003
    assert "not known here" in (await got(worker, "/tickets/%FF%00", 404))["error"]
    found = await got(worker, "/tickets/4711", 404)
    assert "'4711' is not known here" in found["error"]
    assert "partitions 0, 2" in found["error"]


async def test_other_paths_and_methods_are_refused_in_words() -> None:
    """It only reads."""
    assert "Not Found" in (await got(LookedAt(), "/nothing", 404))["error"]
    async with served(LookedAt()) as client, client.post("/api/list") as answer:
        assert answer.status == 405
        assert "GET" in answer.headers["Allow"]
        assert "Method Not Allowed" in (await answer.json())["error"]


async def test_an_event_of_the_far_future_is_no_error() -> None:
    """R23: any year that a ticket can reach; a deadline may lie beyond those of events."""
    worker = LookedAt()
    worker.hear(created("far", parse("2199-12-31T23:30:00Z")))
    assert (await got(worker, "/api/list"))["tickets"][0]["deadline"].startswith("2200-01-01")
    assert (await got(worker, "/tickets/far"))["clocks"][0]["elapsed_seconds"] == 0
    assert worker.value("sla_open_tickets") == 1


# -- the page


async def test_the_page_loads_what_is_ours_and_nothing_else() -> None:
    """Interfaces: no script and no style but the files that come with the program."""
    async with served(LookedAt()) as client:
        async with client.get("/") as answer:
            page, headers = await answer.text(), answer.headers
            assert answer.content_type == "text/html"
        told = re.findall(r'(?:src|href)="([^"#][^"]*)"', page)
        assert [one for one in told if not re.match(r"/(?!/)|data:", one)] == []
        ours = [one for one in told if one.startswith("/assets/")]
        assert any(one.endswith(".js") for one in ours)
        assert any(one.endswith(".css") for one in ours)
        for one in ours:
            async with client.get(one) as answer:
                assert answer.status == 200
                tag = answer.headers["ETag"]
            async with client.get(one, headers={"If-None-Match": tag}) as answer:
                assert (answer.status, await answer.read()) == (304, b"")
    policy = headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'"} <= set(policy)
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert not re.search(r"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=", page)


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fhttp.py", "%2e%2e%2fhttp.py", "http.py", "."])
async def test_only_the_pages_own_files_are_handed_out(name: str) -> None:
    """No way leads out of the folder."""
    path = URL(f"/assets/{name}", encoded=True)
    async with served(LookedAt()) as client, client.get(path) as answer:
        assert answer.status == 404


# -- the address


async def test_a_port_in_use_is_said_in_words() -> None:
    """Style: name the field, the value and the fix."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=f"port {port} on 127.0.0.1 is in use .*--http-port"):
            async with serve(LookedAt(), "127.0.0.1", port):
                pass


async def test_an_address_that_is_not_ours_is_said_in_words() -> None:
    """Style: never a traceback."""
    with pytest.raises(CannotListen, match=r"192\.0\.2\.1:0 cannot be listened on: .*--http-host"):
        async with serve(LookedAt(), "192.0.2.1", 0):
            pass


async def test_the_port_is_free_again_when_it_is_over() -> None:
    """The server ends with its block."""
    async with serve(LookedAt(), "127.0.0.1", 0) as url:
        port = int(url.rsplit(":", 1)[1])
    async with serve(LookedAt(), "127.0.0.1", port) as again:
        assert again == url


@pytest.mark.parametrize(
    ("host", "status"),
    [("evil.example", 403), ("[", 403), ("localhost:80", 200), ("[::1]:80", 200)],
)
async def test_on_loopback_only_names_of_this_machine_are_answered(host: str, status: int) -> None:
    """A web page that points its own name at 127.0.0.1 must not read tickets."""
    await got(several(), "/api/list", status, Host=host)


async def test_elsewhere_any_name_is_answered() -> None:
    """Told otherwise, it is the operator's network."""
    headers = {"Host": "worker-0.sla.svc"}
    async with serve(several(), "0.0.0.0", 0) as url, ClientSession() as client:
        port = url.rsplit(":", 1)[1]
        async with client.get(f"http://127.0.0.1:{port}/api/list", headers=headers) as answer:
            assert answer.status == 200
