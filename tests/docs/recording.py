"""What the demo's worker exposes, kept for pictures of dashboards: in our time and in the log's.

The demo plays ten days in four minutes. A real Prometheus scrapes its worker meanwhile, in our
time; and what the worker exposes is written down with the worker's own clock, as a Prometheus in
the log's year would have it. Of that its own tool makes blocks, which another Prometheus serves.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.prometheus import Prometheus
from tests.worker.rig import free_port

EVERY = 0.25
"""Seconds between two looks: a quarter of an hour of the log."""

INSTANCE = "worker-1:6066"
SAMPLE = re.compile(r"^(sla_[a-z_]+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
CLOCK = re.compile(r"^sla_clock_timestamp_seconds (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Recording:
    """Two servers, and from when to when each has something, in s since 1970."""

    live: Prometheus
    live_since: float
    live_until: float
    log: Prometheus
    log_since: float
    log_until: float


@contextmanager
def recorded(folder: Path) -> Iterator[Recording]:
    """Play the demo to its end, and serve what was seen of it."""
    (folder / "live").mkdir()
    (folder / "log").mkdir()
    port = free_port()
    began = time.time()
    with Prometheus(folder / "live", [f"127.0.0.1:{port}"], every=1) as live:
        first, last, ended = _play(folder, port)
        blocks = ["tsdb", "create-blocks-from", "--max-block-duration=720h", "openmetrics"]
        made = [str(folder / "seen.txt"), str(folder / "log" / "data")]
        subprocess.run(["promtool", *blocks, *made], check=True, stdout=subprocess.DEVNULL)
        with Prometheus(folder / "log", [], back="2h") as log:
            yield Recording(live, began, ended, log, first, last)


def _play(folder: Path, port: int) -> tuple[float, float, float]:
    """Run the demo, and write down what its worker exposes.

    Give the first and the last instant of its clock, and the last of ours.
    """
    command = [sys.executable, "-m", "streams", "demo", "--no-tui", "--http-port", str(port)]
    seen, ended = list[float](), 0.0
    with (
        (folder / "demo.log").open("wb") as words,
        (folder / "seen.txt").open("w") as out,
        subprocess.Popen(command, stdout=words, stderr=words) as demo,
    ):
        while demo.poll() is None:
            text = _look(port)
            clock = CLOCK.search(text)
            if clock and (not seen or float(clock[1]) > seen[-1]):
                seen.append(float(clock[1]))
                out.writelines(_lines(text, seen[-1]))
                ended = time.time()
            time.sleep(EVERY)
        out.write("# EOF\n")
    assert demo.returncode == 0, (folder / "demo.log").read_text()
    return seen[0], seen[-1], ended


def _look(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            text: str = answer.read().decode()
            return text
    except OSError:
        return ""


def _lines(text: str, at: float) -> Iterator[str]:
    """Give each sample with the labels that a scrape adds, and the instant."""
    added = f'job="sla-worker",instance="{INSTANCE}"'
    for name, labels, value in SAMPLE.findall(text):
        yield f"{name}{{{added}{',' if labels else ''}{labels}}} {value} {at:.3f}\n"
