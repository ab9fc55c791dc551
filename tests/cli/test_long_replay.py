"""`sla replay` of what does not fit in memory: in processes, and however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streams.history.fold import Portions
from tests.history.logs import line, long

POLICIES = Path(__file__).parents[2] / "streams" / "demo_data" / "policies.yaml"
REPLAY = [sys.executable, "-m", "streams", "replay", "--policies", str(POLICIES)]


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write more than is replayed at once."""
    path = tmp_path_factory.mktemp("long") / "events.ndjson"
    path.write_bytes(b"".join(map(line, long(13_000))))
    assert path.stat().st_size > Portions().at_once + (1 << 20)
    return path


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """Give the folder of temporary files."""
    folder = tmp_path / "room"
    folder.mkdir()
    return folder


def others(group: int) -> list[int]:
    """Name the processes of a group, but for its leader."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, rest = path.parent.name, path.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # gone meanwhile
        if int(rest[2]) == group != int(pid) and rest[0] != "Z":
            found.append(int(pid))
    return sorted(found)


@contextmanager
def waiting(events: Path, room: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a replay that waits for the rest of its input, with temporary files on disk."""
    with subprocess.Popen(
        [*REPLAY, "--jobs", "2", "-"],
        env={**os.environ, "TMPDIR": str(room)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdin is not None
            process.stdin.write(events.read_bytes())
            process.stdin.flush()
            while not list(room.glob("sla-replay-*/tickets-*")):
                assert process.poll() is None
                time.sleep(0.05)
            yield process
        finally:
            process.kill()


def nobody_is_left(group: int) -> bool:
    """Wait until the processes of a group are gone."""
    for _ in range(200):
        if not others(group):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(
    ("asked", "status"), [(signal.SIGINT, 1), (signal.SIGTERM, 128 + signal.SIGTERM)]
)
def test_asked_to_end_it_leaves_nothing(
    events: Path, room: Path, asked: signal.Signals, status: int
) -> None:
    """An interrupt at a terminal goes to all processes, a supervisor's signal to one."""
    with waiting(events, room) as process:
        if asked == signal.SIGINT:
            os.killpg(process.pid, asked)
        else:
            process.send_signal(asked)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (status, b"")
    assert b"Traceback" not in err
    assert nobody_is_left(process.pid)
    assert list(room.iterdir()) == []


def test_killed_it_leaves_no_process(events: Path, room: Path) -> None:
    """The others notice."""
    with waiting(events, room) as process:
        assert len(others(process.pid)) >= 2
        process.kill()
        process.wait()
        assert nobody_is_left(process.pid)


def test_a_process_that_is_killed_is_an_error(events: Path, room: Path) -> None:
    """As a system that is short of memory does: status 1, words, nothing left."""
    with waiting(events, room) as process:
        youngest = others(process.pid)[-1]
        os.kill(youngest, signal.SIGKILL)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, b"")
    assert err.startswith(b"Error: a process was ended by signal 9 in the middle of its work")
    assert nobody_is_left(process.pid)
    assert list(room.iterdir()) == []


@pytest.mark.parametrize(("jobs", "what"), [("1", []), ("2", ["--summary"])])
def test_a_full_disk_is_an_error(events: Path, room: Path, jobs: str, what: list[str]) -> None:
    """Told by place, reason and fix; nothing left."""
    done = subprocess.run(
        [
            "/bin/sh",
            "-c",
            'ulimit -f 100 && exec "$@"',
            "-",
            *REPLAY,
            "--jobs",
            jobs,
            *what,
            events,
        ],
        env={**os.environ, "TMPDIR": str(room)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Error: {room}/sla-replay-")
    assert "name a folder that has room for them in TMPDIR" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(room.iterdir()) == []


def test_the_output_is_the_same_with_any_number_of_jobs(events: Path, room: Path) -> None:
    """R8: byte for byte, in both orders, from a file and from a pipe."""
    for order, ways in (("time", [("1", str(events)), ("3", "-")]), ("arrival", [("1", "-")])):
        said = [
            subprocess.run(
                [*REPLAY, "--order", order, "--jobs", jobs, name],
                env={**os.environ, "TMPDIR": str(room)},
                input=events.read_bytes(),
                capture_output=True,
                check=True,
            ).stdout
            for jobs, name in (("2", str(events)), *ways)
        ]
        assert len(set(said)) == 1
        assert said[0].count(b"\n") > 10_000
    assert list(room.iterdir()) == []
