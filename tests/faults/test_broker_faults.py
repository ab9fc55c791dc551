"""One broker that goes and comes back while the worker works (R3, R8)."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.faults.cluster import Node, until
from tests.faults.flow import Flow, policies
from tests.faults.judge import Verdict
from tests.worker.rig import Rig

GONE, BACK = "the brokers do not answer", "the brokers answer again"
EXIT_FATAL = 70


@contextmanager
def at_work(folder: Path, data: Path | None = None) -> Iterator[tuple[Node, Rig, Flow]]:
    """Bring up a broker and a worker, and ticket events in a steady flow."""
    with Node(data or folder / "kafka") as node:
        rig = Rig(node.bootstrap, "away", folder, policies(folder), {})
        try:
            rig.start()
            yield node, rig, Flow(rig)
        finally:
            rig.close()


def test_a_broker_killed_under_load_and_back_again_loses_and_doubles_nothing(
    tmp_path: Path, report: Callable[[Verdict], None]
) -> None:
    """R8: who outlives it says so in two lines; what fell due meanwhile is said once."""
    with at_work(tmp_path) as (node, rig, flow):
        with flow.running():
            rig.until(lambda: len(rig.facts()) > 500, "under load")
            before = len(rig.log().splitlines())
            with flow.outage():
                node.kill()
                ended = rig.workers[0].poll
                until(lambda: GONE in rig.log(0) or ended() is not None, "told that it went")
                node.restart()
                until(lambda: BACK in rig.log(0) or ended() is not None, "told that it is back")
                outlived = ended() is None
                if not outlived:
                    # The client gives up where it loses the line while it asks for a coordinator.
                    assert ended() == EXIT_FATAL
                    rig.start()
                rig.wait_ready()
            said = len(rig.facts())
            rig.until(lambda: len(rig.facts()) > said + 200, "at work again")
        if outlived:
            told = rig.log().splitlines()[before:]
            assert [sum(words in line for line in told) for words in (GONE, BACK)] == [1, 1]
            assert len(told) <= 4, "\n".join(told)
        report(flow.judge("a broker away for seconds"))


@pytest.mark.long
def test_a_broker_away_for_a_minute_ends_no_worker_for_good(
    tmp_path: Path, seed: int, report: Callable[[Verdict], None]
) -> None:
    """R8: what fell due is said once it is back, by the same worker or by the next.

    A worker whose commit was on its way ends with words after 30 s: nobody could tell it whether
    that commit holds. One that had nothing on its way waits, not ready, as long as it takes.
    """
    with at_work(tmp_path) as (node, rig, flow):
        with flow.running():
            rig.until(lambda: len(rig.facts()) > 500 + 100 * seed, "under load")
            with flow.outage():
                node.kill()
                back = time.monotonic() + 60
                while time.monotonic() < back and rig.workers[-1].poll() is None:
                    time.sleep(0.5)  # a minute is what the case is about
                if rig.workers[-1].poll() is None:
                    code, text = rig.http("/readyz")
                    assert (code, "the brokers have not answered for" in text) == (503, True)
                else:
                    assert rig.workers[-1].wait() == EXIT_FATAL
                    assert "did not end in time" in rig.log()
                    refused = rig.start(wait=False)
                    assert refused.wait(60) == 1
                    assert "no broker answers" in rig.log()
                time.sleep(max(0.0, back - time.monotonic()))
                node.restart()
                if rig.workers[-1].poll() is not None:
                    rig.start()
                rig.wait_ready()
        report(flow.judge("a broker away for a minute"))


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a file system of a few megabytes, where this machine lets us."""
    folder.mkdir()
    size = f"size={megabytes}m"
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("a full disk needs a small one, and only root may mount that")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.skipif(not shutil.which("mount"), reason="no mount on the PATH")
def test_a_full_disk_under_the_broker_loses_nothing_once_there_is_room(
    tmp_path: Path, report: Callable[[Verdict], None]
) -> None:
    """R8: Kafka ends itself on a full disk; with room, all restarted, everything is there."""
    with (
        small_disk(tmp_path / "disk", 100) as disk,
        at_work(tmp_path, disk / "kafka") as (node, rig, flow),
    ):
        with flow.running():
            rig.until(lambda: len(rig.facts()) > 500, "under load")
            with flow.outage():
                ballast = disk / "ballast"
                # Kafka may make room by deleting what it no longer needs: that is filled too.
                until(lambda: fill(ballast) or node.pid is None, "the broker has ended itself")
                ballast.unlink()
                node.restart()
                # Where the broker still answered, and the answer was a failure, it ended (fact 8).
                if rig.workers[-1].poll() is not None:
                    assert rig.workers[-1].wait() == EXIT_FATAL
                    assert "the next one resumes from the last commit" in rig.log()
                    rig.start()
                rig.wait_ready()
            said = len(rig.facts())
            rig.until(lambda: len(rig.facts()) > said + 200, "at work again")
        report(flow.judge("a full disk"))


def fill(path: Path) -> bool:
    """Write until there is no room; always False."""
    with path.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1 << 12))
    return False
