"""A worker that is asked to stop (SIGTERM) ends with status 0, whenever, and within seconds (R8).

The one promise about time that the suite holds anybody to: supervisors kill who does not end. It
takes a tenth of a second on an idle machine.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from streams.worker.clock import wall
from tests.faults.case import Case
from tests.faults.cluster import Node
from tests.faults.driver import Load
from tests.faults.flow import Flow, policies
from tests.faults.judge import Verdict
from tests.faults.test_network import behind_a_proxy, looking
from tests.worker.rig import Rig

pytestmark = pytest.mark.slow
Cases = Callable[..., Case]
Report = Callable[[Verdict], None]
Worker = subprocess.Popen[bytes]

STOP_SECONDS = 5.0
LAST_COMMIT_SECONDS = 15.0
"""The 10 s that the last commit may take where no broker answers, and what a machine adds."""
NOTHING = "asked to stop before there was anything to stop"
TOO_LATE = "did not let this worker take its leave in time"


def stopped(rig: Rig, number: int = -1, seconds: float = STOP_SECONDS) -> int:
    """Ask a worker to stop; give the status with which it ends in time."""
    rig.workers[number].send_signal(signal.SIGTERM)
    try:
        return rig.workers[number].wait(seconds)
    except subprocess.TimeoutExpired:
        pytest.fail(f"it goes on {seconds} s after SIGTERM:\n{rig.log(number)[-4000:]}")


def heeds(worker: Worker) -> bool:
    """Whether a process has a handler for SIGTERM: before our code runs, none can have."""
    status = Path(f"/proc/{worker.pid}/status").read_text()
    caught = int(status.split("SigCgt:")[1].split()[0], 16)
    return bool(caught & 1 << (signal.SIGTERM - 1))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc to look into")
def test_a_worker_may_be_stopped_at_any_moment_of_its_start(case_with: Cases, seed: int) -> None:
    """R8: from the first lines of ours on; while it imports, asks, joins, and when it is ready."""
    rig, dice = case_with(seed).rig, random.Random(seed)
    ready = 1.0
    for part in (0, *sorted(dice.random() for _ in range(6)), 1):
        began = time.monotonic()
        worker = rig.start(wait=False)
        while not heeds(worker):
            assert worker.poll() is None, rig.log()
            time.sleep(0.001)
        if part == 1:
            rig.wait_ready()
        else:
            time.sleep(part * ready)
        assert stopped(rig) == 0, rig.log()
        told = rig.log()
        assert part or told == f"{NOTHING}\n"
        assert "Traceback" not in told
        ready = max(ready, time.monotonic() - began)


def test_a_worker_that_waits_for_a_broker_may_be_stopped(case_with: Cases) -> None:
    """R8: one that takes connections and answers nothing; the first process of a container too."""
    rig = case_with(1).rig
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        rig.start("--broker", f"127.0.0.1:{deaf.getsockname()[1]}", wait=False)
        deaf.settimeout(60)
        line, _ = deaf.accept()
        with line:
            assert stopped(rig) == 0, rig.log()
    assert rig.log() == f"{NOTHING}\n"


def test_a_worker_may_be_stopped_while_its_rows_come_back(tmp_path: Path, report: Report) -> None:
    """R8: over a slow line; it has written nothing, and the next one goes on from the same."""
    with behind_a_proxy(tmp_path) as (rig, proxy, flags):
        rig.start(*flags)
        flow = Flow(rig)
        with flow.running():
            rig.until(lambda: len(rig.facts()) > 500, "under load")
            with flow.outage():
                rig.kill()
                proxy.latency = 0.1
                rig.start(*flags, wait=False)
                with looking(rig) as states:
                    rig.until(lambda: (False, "recovering") in states, "recovering", seconds=90)
                    assert stopped(rig) == 0, rig.log()
                assert not any(ready for ready, _ in states)
                proxy.latency = 0.0
                rig.start(*flags)
        report(flow.judge("a stop while the rows come back"))


def test_a_stop_under_load_commits_and_repeats_nothing(
    case_with: Cases, report: Report, seed: int
) -> None:
    """R8: in a backlog and a flow; what it had applied is not delivered again."""
    case, dice = case_with(seed), random.Random(seed)
    with case.driver.flow(case.load), case.outage():
        backlog = Load(seed, name="b")
        events = [event for _ in range(300) for event in backlog.portion(wall())]
        case.driver.send(events, case.load)
        for _ in range(3):
            case.start(wait=False)
            case.until(lambda: "restored" in case.rig.log(), "at work", step=0.02)
            time.sleep(dice.uniform(0, 1))
            assert stopped(case.rig) == 0, case.rig.log()[-4000:]
        case.start(wait=False)
    written = case.rig.read(case.rig.names.sla_events, "read_uncommitted")
    ids = Counter(orjson.loads(one.value)["id"] for one in written)
    assert max(ids.values()) == 1, "some of it was done twice, though only once committed"
    report(case.finish())


@contextmanager
def frozen(node: Node) -> Iterator[None]:
    """Stop a broker in its tracks: it takes connections, and answers nothing."""
    assert node.pid is not None
    os.kill(node.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(node.pid, signal.SIGCONT)


def test_brokers_that_do_not_answer_keep_no_worker_from_ending(
    tmp_path: Path, report: Report
) -> None:
    """R8: status 0 where all is committed; else 70, after the last commit had its time."""
    with Node(tmp_path / "kafka") as node:
        rig = Rig(node.bootstrap, "frozen", tmp_path, policies(tmp_path), {})
        try:
            rig.start()
            with frozen(node):
                rig.until(lambda: rig.http("/readyz")[0] == 503, "not ready")
                assert "the brokers have not answered for" in rig.http("/readyz")[1]
                assert stopped(rig) == 0, rig.log()
            assert TOO_LATE in rig.log()
            rig.start("--commit-interval", "3")
            flow = Flow(rig)
            with flow.running():
                rig.until(lambda: len(rig.facts()) > 200, "under load")
                rig.until(lambda: 0.2 < uncommitted(rig) < 1, "between two commits")
                with flow.outage():
                    with frozen(node):
                        assert stopped(rig, seconds=LAST_COMMIT_SECONDS) == 70, rig.log()
                    assert "the last commit did not end within 10 s" in rig.log()
                    rig.start()
            report(flow.judge("stopped while the brokers were frozen"))
        finally:
            rig.close()


def uncommitted(rig: Rig) -> float:
    """Give the age of a worker's oldest change that is not committed, in seconds."""
    lines = rig.http("/metrics")[1].splitlines()
    return float(next(one for one in lines if one.startswith("sla_uncommitted_seconds")).split()[1])
