"""`sla demo` as users run it: real Kafka, a real worker, real signals; nothing left behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.cli.main import sla

WORKER = "-m streams worker"
GONE_S = 15.0
"""Seconds that helpers may take to see that the demo was killed."""


Process = tuple[int, str]
"""A process id and its command line."""


@contextmanager
def demo(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run the demo, its temporary folders below `folder`; kill what is left in the end."""
    with (
        (folder / "words").open("w") as words,
        subprocess.Popen(
            [sys.executable, "-m", "streams", "demo", "--no-tui", *options],
            stdout=subprocess.PIPE,
            stderr=words,
            text=True,
            env={**os.environ, "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"},
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def running() -> dict[int, tuple[int, str]]:
    """Give the parent and the command line of every process that is no zombie."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,args="],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = (line.split(None, 3) for line in listed.stdout.splitlines())
    return {int(row[0]): (int(row[1]), row[3]) for row in rows if len(row) > 3 and row[2][0] != "Z"}


def helpers(process: subprocess.Popen[str]) -> list[Process]:
    """Give all that the demo has started: keepers, broker, worker."""
    known, found, parents = running(), list[Process](), {process.pid}
    while children := {pid for pid, (parent, _) in known.items() if parent in parents}:
        found += [(pid, known[pid][1]) for pid in children]
        parents = children
    return found


def all_gone(processes: list[Process], folder: Path) -> bool:
    """Wait until no process and no temporary folder is left."""

    def left() -> bool:
        known = running()
        return any(known.get(pid, (0, ""))[1] == name for pid, name in processes) or any(
            path.is_dir() for path in folder.iterdir()
        )

    until = time.monotonic() + GONE_S
    while left() and time.monotonic() < until:
        time.sleep(0.1)
    return not left()


def wait_for(process: subprocess.Popen[str], pattern: str) -> str:
    """Read lines until one matches."""
    assert process.stdout
    for line in process.stdout:
        if re.search(pattern, line):
            return line
    message = f"the demo ended without a line like {pattern!r}"
    raise AssertionError(message)


def test_a_run_shows_warnings_breaches_and_rates_and_ends_by_itself(tmp_path: Path) -> None:
    """A warning within 15 s of the play; no false breach; exit status 0; nothing left."""
    with demo(tmp_path, "--for", "25s") as process:
        wait_for(process, " started|met|warning")
        started = helpers(process)
        names = " ".join(name for _, name in started)
        out, _ = process.communicate(timeout=120)
        assert "kafka.Kafka" in names
        assert WORKER in names
        assert process.returncode == 0, (tmp_path / "words").read_text()
    assert re.search(r"^\w+ +\d+ May \d\d:\d\d  warning \d+% used  ", out, re.MULTILINE)
    assert re.search(r"^\w+ +\d+ May 23:00  BREACH  ", out, re.MULTILINE)
    assert re.search(r"rate: critical first response \d+\.\d%", out)
    first = re.search(r"first warning +(\d+\.\d) s after the play's start", out)
    assert first
    assert float(first[1]) < 15
    assert re.search(r"false breaches +0, against a replay of the same events: all", out)
    assert "TAKEN BACK" not in out
    assert "seen twice" not in out
    assert all_gone(started, tmp_path)


@pytest.mark.parametrize("ask", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_it_in_order_within_seconds(tmp_path: Path, ask: signal.Signals) -> None:
    """The summary is written, the exit status is 0, nothing is left running."""
    with demo(tmp_path) as process:
        wait_for(process, "met")
        started = helpers(process)
        asked_at = time.monotonic()
        process.send_signal(ask)
        out, _ = process.communicate(timeout=60)
        took = time.monotonic() - asked_at
        assert process.returncode == 0, (tmp_path / "words").read_text()
    assert "The demo is over." in out
    assert "false breaches" in out
    assert took < 20
    assert all_gone(started, tmp_path)


def test_an_interrupt_before_it_has_begun_leaves_nothing(tmp_path: Path) -> None:
    """While the broker comes up there is no summary to write."""
    with demo(tmp_path) as process:
        until = time.monotonic() + 60
        while not (started := helpers(process)) and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert "nothing is left running" in (tmp_path / "words").read_text()
    assert all_gone(started, tmp_path)


def test_a_killed_demo_takes_broker_and_worker_along(tmp_path: Path) -> None:
    """What kill -9 does cannot be handled: the keepers see the demo go."""
    with demo(tmp_path) as process:
        wait_for(process, "met")
        started = helpers(process)
        assert len(started) >= 4
        process.kill()
        process.wait()
    assert all_gone(started, tmp_path)


def test_a_worker_that_dies_ends_the_demo_with_its_last_words(tmp_path: Path) -> None:
    """Exit status 1, the tail of the worker's log, no traceback, nothing left running."""
    with demo(tmp_path) as process:
        wait_for(process, "met")
        started = helpers(process)
        (worker,) = (pid for pid, name in started if WORKER in name and "keeper" not in name)
        os.kill(worker, signal.SIGKILL)
        process.communicate(timeout=60)
        assert process.returncode == 1
    words = (tmp_path / "words").read_text()
    assert "the worker ended by itself" in words
    assert "changelog records of 4 partitions" in words
    assert "Traceback" not in words
    assert all_gone(started, tmp_path)


def test_a_broker_that_dies_ends_the_demo_in_words(tmp_path: Path) -> None:
    """Exit status 1, no traceback, nothing left running."""
    with demo(tmp_path) as process:
        wait_for(process, "met")
        started = helpers(process)
        (broker,) = (pid for pid, name in started if "kafka.Kafka" in name)
        os.kill(broker, signal.SIGKILL)
        process.communicate(timeout=90)
        assert process.returncode == 1
    words = (tmp_path / "words").read_text()
    assert "Kafka ended by itself" in words
    assert "Traceback" not in words
    assert all_gone(started, tmp_path)


def test_a_taken_port_is_said_in_the_workers_words(tmp_path: Path) -> None:
    """The worker refuses; the demo shows why and leaves nothing running."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with demo(tmp_path, "--http-port", str(port)) as process:
            process.communicate(timeout=90)
            assert process.returncode == 1
    words = (tmp_path / "words").read_text()
    assert f"{port}" in words
    assert "Traceback" not in words


@pytest.mark.parametrize("duration", ["soon", "5", "1d", "2m!", "-3s"])
def test_a_duration_that_is_none_is_refused_with_the_fix(duration: str) -> None:
    """Exit status 2: usage."""
    done = CliRunner().invoke(sla, ["demo", f"--for={duration}"])
    assert done.exit_code == 2
    assert "write it like 45s, 2m or 1m30s" in done.output


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    """Facts of an earlier run would be shown as this one's."""
    (tmp_path / "old").touch()
    done = CliRunner().invoke(sla, ["demo", "--keep", str(tmp_path)])
    assert done.exit_code == 1
    assert "is not empty; name a new folder" in done.output


def test_help_shows_an_example() -> None:
    """As each command's does."""
    done = CliRunner().invoke(sla, ["demo", "--help"])
    assert done.exit_code == 0
    assert "sla demo --no-tui --for 60s" in done.output
