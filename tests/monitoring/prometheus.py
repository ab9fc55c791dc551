"""A real Prometheus, as a process of its own: it scrapes, or serves what was scraped before."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from tests.worker.rig import free_port

PATIENCE = 30.0
Series = list[tuple[dict[str, str], float]]


def prometheus() -> str | None:
    """Find one."""
    return shutil.which("prometheus")


class Prometheus:
    """Scrapes `targets` (host:port) every `every` seconds, into a folder; ends with its context.

    A value holds until the next one, but not longer than `back`.
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
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        command = [
            prometheus() or "prometheus",
            f"--config.file={self.folder / 'prometheus.json'}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            # What was recorded of another year is not to be thrown away.
            "--storage.tsdb.retention.time=100y",
            f"--web.listen-address=127.0.0.1:{self.port}",
            f"--query.lookback-delta={self.back}",
            "--log.level=warn",
        ]
        with (self.folder / "prometheus.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + PATIENCE
        while not self._ready():
            words = (self.folder / "prometheus.log").read_text()
            assert self._process.poll() is None, words
            assert time.monotonic() < until, words
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(PATIENCE)

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

    def over(self, query: str, start: float, end: float, step: float) -> list[dict[str, str]]:
        """Ask for values over time; give the labels of those that had one."""
        told = {"query": query, "start": f"{start}", "end": f"{end}", "step": f"{step}"}
        return [one["metric"] for one in self._get("query_range", told)["result"]]

    def values(self, label: str, selector: str, start: float, end: float) -> list[str]:
        """Ask which values a label has, as Grafana does for a variable."""
        told = {"match[]": selector, "start": f"{start}", "end": f"{end}"}
        found: list[str] = self._get(f"label/{label}/values", told)
        return found

    def _get(self, what: str, told: dict[str, str]) -> Any:
        address = f"{self.url}/api/v1/{what}?{urllib.parse.urlencode(told)}"
        try:
            with urllib.request.urlopen(address) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as fault:
            raise AssertionError(f"{told}: {fault.read().decode()}") from None
