"""A real Prometheus and its tool: demanded where CI says so, else used where they are found."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import pytest

from tests.worker.rig import free_port

PATIENCE = 30.0
Labels = dict[str, str]
Series = list[tuple[Labels, float]]


def program(name: str) -> str:
    """Find `prometheus` or `promtool`; skip the test without it, or fail where it is required."""
    found = shutil.which(name)
    if found is None:
        message = f"{name} is not installed (Debian package prometheus): NOTHING was checked"
        if os.environ.get("SLA_REQUIRE_PROMTOOL"):
            pytest.fail(message)
        pytest.skip(message)
    return found


def promtool(*arguments: str | Path) -> str:
    """Run the tool; answer what it said, or fail with that."""
    command = [program("promtool"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def lint(page: bytes) -> str:
    """Give what the tool says of a page in the text format; "" where it has nothing to say."""
    command = [program("promtool"), "check", "metrics"]
    found = subprocess.run(command, input=page, capture_output=True, check=False)
    said = (found.stdout + found.stderr).decode()
    return said if said or not found.returncode else f"status {found.returncode}"


class Prometheus:
    """A server of its own, within its context: scrapes `targets` (host:port) every `every` seconds.

    A value holds until the next one, but not longer than `back`. What it scraped stays in `folder`.
    """

    def __init__(
        self, folder: Path, targets: Sequence[str], every: float = 0.5, back: str = "5m"
    ) -> None:
        self.folder = folder
        self.back = back
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        often = f"{every * 1000:.0f}ms"
        job = {"job_name": "sla-worker", "static_configs": [{"targets": list(targets)}]}
        how = {"scrape_interval": often, "scrape_timeout": often, "evaluation_interval": "1m"}
        config = {"global": how, "scrape_configs": [job] if targets else []}
        (folder / "prometheus.json").write_text(json.dumps(config))  # JSON is YAML
        self._began = time.time()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        command = [
            program("prometheus"),
            f"--config.file={self.folder / 'prometheus.json'}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            # What was recorded of another year is not to be thrown away.
            "--storage.tsdb.retention.time=100y",
            f"--web.listen-address=127.0.0.1:{self.port}",
            f"--query.lookback-delta={self.back}",
            "--enable-feature=exemplar-storage",
            "--log.level=warn",
        ]
        with (self.folder / "prometheus.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self.until(self._ready, "ready", PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(PATIENCE)

    def until(self, holds: Callable[[], bool], what: str, seconds: float = 60) -> None:
        """Wait until something holds; a server that ended meanwhile is an error."""
        deadline = time.monotonic() + seconds
        while not holds():
            words = (self.folder / "prometheus.log").read_text()
            assert self._process is not None
            assert self._process.poll() is None, words
            assert time.monotonic() < deadline, f"not {what} in {seconds} s: {words[-2000:]}"
            time.sleep(0.1)

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready") as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def ask(self, query: str, at: float | None = None) -> Series:
        """Ask for values at an instant, in s since 1970; a number alone has no labels."""
        told = {"query": query} if at is None else {"query": query, "time": f"{at:.3f}"}
        data = self._get("query", told)
        return [(one["metric"], float(one["value"][1])) for one in data["result"]]

    def value(self, query: str, at: float | None = None) -> float | None:
        """Ask for what has one series, or none."""
        found = self.ask(query, at)
        assert len(found) <= 1, found
        return found[0][1] if found else None

    def over(self, query: str, start: float, end: float, step: float) -> list[Labels]:
        """Ask for values over time; give the labels of those that had one."""
        told = {"query": query, "start": f"{start}", "end": f"{end}", "step": f"{step}"}
        return [one["metric"] for one in self._get("query_range", told)["result"]]

    def values(self, label: str, selector: str, start: float, end: float) -> list[str]:
        """Ask which values a label has, as Grafana does for a variable."""
        told = {"match[]": selector, "start": f"{start}", "end": f"{end}"}
        found: list[str] = self._get(f"label/{label}/values", told)
        return found

    def exemplars(self, query: str) -> list[Labels]:
        """Give the labels of the exemplars of an expression's series."""
        told = {"query": query, "start": f"{self._began - 60}", "end": f"{time.time() + 60}"}
        found = self._get("query_exemplars", told)
        return [one["labels"] for series in found for one in series["exemplars"]]

    def _get(self, what: str, told: dict[str, str]) -> Any:
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{what}?{urlencode(told)}") as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as fault:
            raise AssertionError(f"{told}: {fault.read().decode()}") from None
