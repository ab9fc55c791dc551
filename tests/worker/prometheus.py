"""A real Prometheus that scrapes workers every second, and its linter."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.worker.rig import free_port

Labels = dict[str, str]


def program(name: str) -> str:
    """Find a program of Prometheus; skip the test without it, or fail where it is required."""
    found = shutil.which(name)
    if found is not None:
        return found
    if os.environ.get("SLA_REQUIRE_PROMTOOL"):
        pytest.fail(f"SLA_REQUIRE_PROMTOOL is set, and there is no {name} on the PATH")
    pytest.skip(f"NO {name.upper()}: install Prometheus to have this checked")


def lint(page: bytes) -> str:
    """Give what promtool says of a page in the text format; "" where it has nothing to say."""
    command = [program("promtool"), "check", "metrics"]
    found = subprocess.run(command, input=page, capture_output=True, check=False)
    said = (found.stdout + found.stderr).decode()
    return said if said or not found.returncode else f"status {found.returncode}"


class Prometheus:
    """A server of its own, for workers that will listen on these ports of this machine."""

    def __init__(self, folder: Path, ports: Iterable[int]) -> None:
        """Start it; `ready` tells when it answers."""
        targets = [f"127.0.0.1:{port}" for port in ports]
        config = {
            "global": {"scrape_interval": "1s"},
            "scrape_configs": [{"job_name": "sla", "static_configs": [{"targets": targets}]}],
        }
        (folder / "prometheus.yml").write_text(json.dumps(config))
        self._address = f"127.0.0.1:{free_port()}"
        self._began = time.time()
        self.log = folder / "prometheus.log"
        command = [
            program("prometheus"),
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'prometheus'}",
            f"--web.listen-address={self._address}",
            "--enable-feature=exemplar-storage",
        ]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(30)

    def query(self, promql: str, at: float | None = None) -> list[tuple[Labels, float]]:
        """Evaluate an expression, by default now; labels and value of each series."""
        asked = {"query": promql} if at is None else {"query": promql, "time": str(at)}
        found = self._get("query", asked)["result"] if self._alive() else []
        return [(one["metric"], float(one["value"][1])) for one in found]

    def value(self, promql: str, at: float | None = None) -> float | None:
        """Evaluate what has one series, or none."""
        found = self.query(promql, at)
        assert len(found) <= 1, found
        return found[0][1] if found else None

    def exemplars(self, promql: str) -> list[Labels]:
        """Give the labels of the exemplars of an expression's series."""
        asked = {"query": promql, "start": str(self._began - 60), "end": str(time.time() + 60)}
        found = self._get("query_exemplars", asked)
        return [one["labels"] for series in found for one in series["exemplars"]]

    def scrape_errors(self) -> dict[str, str]:
        """Give what went wrong at the last scrape of each target, "" for nothing."""
        found = self._get("targets", {})["activeTargets"]
        return {one["labels"]["instance"]: one["lastError"] for one in found}

    def until(self, holds: Callable[[], bool], what: str, seconds: float = 60) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert self._process.poll() is None, self.log.read_text()[-2000:]
            assert time.monotonic() < deadline, f"not {what} in {seconds} s: {self.scrape_errors()}"
            time.sleep(0.2)

    def _alive(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self._address}/-/ready"):
                return True
        except OSError:
            return False

    def _get(self, path: str, asked: dict[str, str]) -> Any:
        with urllib.request.urlopen(
            f"http://{self._address}/api/v1/{path}?{urlencode(asked)}"
        ) as it:
            return json.load(it)["data"]
