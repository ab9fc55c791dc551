"""The worker of the demo: the same `sla worker` as in production, as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from streams.broker.ports import HOST, draw_port
from streams.demo import keeper
from streams.demo.clock import DemoClock
from streams.demo.failure import DemoFailed
from streams.demo.plan import Plan
from streams.wire.instant import show

APP_ID = "sla-demo"
TAIL_LINES = 15
STOP_S = keeper.ORDERLY_S + 5


class Worker:
    """A worker subprocess; `folder` takes its log and whatever else it keeps on disk."""

    def __init__(self, bootstrap: str, policies: Path, folder: Path, port: int | None) -> None:
        self._bootstrap = bootstrap
        self._policies = policies
        self._folder = folder
        self._port = port or draw_port()
        self._keeper: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of its page, without a slash at the end."""
        return f"http://{HOST}:{self._port}"

    @property
    def log(self) -> Path:
        """The file that takes what it says."""
        return self._folder / "worker.log"

    def start(self, clock: DemoClock, plan: Plan) -> None:
        """Start it in the log's year; does not wait until it is ready.

        Settings that the user's environment holds for a worker of his own are not for this one.
        """
        command = [sys.executable, "-I", "-S", keeper.__file__, str(self.log)]
        command += [sys.executable, "-m", "streams", "worker", *self._options(clock, plan)]
        self._keeper = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            cwd=self._folder,
            env={name: value for name, value in os.environ.items() if name[:4] != "SLA_"},
            start_new_session=True,
        )

    def _options(self, clock: DemoClock, plan: Plan) -> list[str]:
        options = {
            "broker": self._bootstrap,
            "policies": str(self._policies),
            "app-id": APP_ID,
            "http-port": str(self._port),
            "clock-start": show(clock.start),
            "clock-origin": show(clock.origin),
            "clock-rate": f"{clock.rate:g}",
            "grace": f"{plan.grace:g}",
            "replication": "1",
        }
        return [word for name, value in options.items() for word in (f"--{name}", value)]

    def check(self) -> None:
        """Raise DemoFailed, with the last words of its log, where it has ended."""
        if self._keeper is None or (code := self._keeper.poll()) is None:
            return
        message = f"the worker ended by itself (exit status {code}). Its last words:\n{self.tail()}"
        raise DemoFailed(message)

    def tail(self) -> str:
        """Give the last lines of its log."""
        try:
            lines = self.log.read_text("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return "(it said nothing)"
        return "\n".join(lines[-TAIL_LINES:]) or "(it said nothing)"

    def stop(self) -> None:
        """End it in order; a no-op where it is not running."""
        kept = self._keeper
        if kept is None:
            return
        assert kept.stdin
        kept.stdin.close()
        try:
            kept.wait(STOP_S)
        except subprocess.TimeoutExpired:
            kept.kill()  # The kernel, on Linux, takes the worker along.
            kept.wait()
        self._keeper = None
