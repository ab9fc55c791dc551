"""A bad network between worker and broker (R3, R8)."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streams.broker.ports import draw_port
from tests.faults.cluster import PROXIED, Listener, Node, members
from tests.faults.flow import Flow, policies
from tests.faults.judge import Verdict
from tests.faults.proxy import Proxy
from tests.worker.rig import Rig

Report = Callable[[Verdict], None]
LOST = ((False, "assigning"), (False, "recovering"))
"""Ready or not, and the state, of a worker without its assignment."""


@contextmanager
def behind_a_proxy(folder: Path) -> Iterator[tuple[Rig, Proxy, tuple[str, str]]]:
    """Bring up a broker, a proxy before it, and a rig; give the flags for a worker behind it."""
    inner, outer = draw_port(), draw_port()
    with (
        Node(folder / "kafka", Listener(PROXIED, inner, outer)) as node,
        Proxy(outer, inner) as proxy,
    ):
        rig = Rig(node.bootstrap, "net", folder, policies(folder), {})
        try:
            yield rig, proxy, ("--broker", f"127.0.0.1:{outer}")
        finally:
            rig.close()


def test_latency_and_resets_lose_and_double_nothing(tmp_path: Path, report: Report) -> None:
    """R8: 20 ms each way, and two connections a second that end in the middle of a word."""
    with behind_a_proxy(tmp_path) as (rig, proxy, flags):
        rig.start(*flags)
        flow = Flow(rig)
        with flow.running():
            proxy.latency, proxy.cuts = 0.02, 2.0
            rig.until(lambda: proxy.was_cut >= 12, "cut a dozen times")
            proxy.cuts = 0.0
        report(flow.judge("latency and resets"))


@pytest.mark.long
def test_all_connections_cut_at_once_again_and_again_lose_and_double_nothing(
    tmp_path: Path, seed: int, report: Report
) -> None:
    """R8: a switch that is restarted; a worker that ends of it is started again."""
    with behind_a_proxy(tmp_path) as (rig, proxy, flags):
        rig.start(*flags)
        flow = Flow(rig, seed)
        with flow.running():
            proxy.latency = 0.005 * seed
            for _ in range(20):
                said = len(rig.facts())
                rig.until(lambda said=said: len(rig.facts()) > said + 100, "at work")
                proxy.cut_all()
        report(flow.judge("all connections cut"))


def test_a_stall_longer_than_the_session_costs_the_assignment_and_nothing_else(
    tmp_path: Path, report: Report
) -> None:
    """R8: `/readyz` is false from the loss of the assignment to the end of the restore."""
    with behind_a_proxy(tmp_path) as (rig, proxy, flags):
        rig.start(*flags)
        flow = Flow(rig)
        with flow.running(), looking(rig) as states:
            rig.until(lambda: len(rig.facts()) > 500, "under load")
            with flow.outage():
                proxy.stall()
                rig.until(lambda: members(rig.broker, rig.app_id) == 0, "out of the group")
                # Each word to the broker takes its time now, and so does the way back to work.
                proxy.latency = 0.05
                proxy.resume()
                rig.until(lambda: any(one in states for one in LOST), "told of the loss")
                rig.wait_ready()
                proxy.latency = 0.0
        assert {state for ready, state in states if ready} == {"running"}
        report(flow.judge("a stall over the session"))


def test_a_worker_is_not_ready_before_its_rows_are_back(tmp_path: Path, report: Report) -> None:
    """R8: the second start reads rows over a slow line, and `/readyz` waits for it."""
    with behind_a_proxy(tmp_path) as (rig, proxy, flags):
        rig.start(*flags)
        flow = Flow(rig)
        with flow.running():
            rig.until(lambda: len(rig.facts()) > 500, "under load")
        rig.kill()
        proxy.latency = 0.05
        rig.start(*flags, wait=False)
        with looking(rig) as states:
            rig.until(lambda: any(ready for ready, _ in states), "ready")
        first = [ready for ready, _ in states].index(True)
        assert {state for _, state in states[:first]} >= {"recovering"}
        assert "restored" in rig.log()
        proxy.latency = 0.0
        report(flow.judge("a restore over a slow line"))


@contextmanager
def looking(rig: Rig) -> Iterator[list[tuple[bool, str]]]:
    """Ask `/readyz` all the time; give (ready, state) in order."""
    states: list[tuple[bool, str]] = []
    enough = threading.Event()

    def look() -> None:
        while not enough.wait(0.005):
            code, text = rig.http("/readyz")
            if code:
                states.append((code == 200, json.loads(text)["state"]))

    looker = threading.Thread(target=look)
    looker.start()
    try:
        yield states
    finally:
        enough.set()
        looker.join()
