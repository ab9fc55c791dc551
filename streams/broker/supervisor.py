"""A process that stands between the broker and its owner, so that neither outlives the other.

Run as a script by `EmbeddedKafka`, with the standard library alone. Decisions that bind it:

- The owner holds the other end of standard input. When the owner goes, however it goes (even by
  kill -9), the pipe closes; a parent that changed says the same, for a pipe that a fork of the
  owner still holds. Then the broker goes, and with it the temporary data.
- It leads a session of its own: Ctrl-C in the terminal reaches the owner alone, which then stops
  the broker in order.
- Where Linux is below, the kernel kills the broker if this process itself is killed.
- A folder has one supervisor, which holds its lock for as long as the broker lives. One whose
  owner has just gone is waited for.
- A temporary folder is made here and not by the owner: whoever makes it removes it.

Standard input takes lines: `start`, `stop` (in order), `kill`. Standard output answers with
lines: `folder PATH`, `in-use PATH`, `started PID`, `failed WORDS`, `exited CODE`.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ORDERLY_S = 30.0
LOOK_S = 0.5
LOCK_WAIT_S = 5.0
PR_SET_PDEATHSIG = 1


class Supervisor:
    """Keeps one broker's process for one owner."""

    def __init__(self, folder: str | None) -> None:
        self._owner = os.getppid()
        self._temporary = folder is None
        self._folder = folder or tempfile.mkdtemp(prefix="sla-kafka-")
        self._broker: subprocess.Popen[bytes] | None = None
        self._line = b""

    def run(self) -> None:
        """Serve the owner until it goes, then leave nothing behind."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        wake, woken = os.pipe()
        os.set_blocking(woken, False)
        signal.set_wakeup_fd(woken)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            if not self._lock():
                self._say(f"in-use {self._folder}")
                return
            self._say(f"folder {self._folder}")
            with selectors.DefaultSelector() as ears:
                ears.register(sys.stdin, selectors.EVENT_READ)
                ears.register(wake, selectors.EVENT_READ)
                while self._listen(ears, wake):
                    pass
        finally:
            self._end(orderly=not self._temporary)
            if self._temporary:
                shutil.rmtree(self._folder, ignore_errors=True)

    def _lock(self) -> bool:
        """Take the folder, held until this process ends; False where another keeps it."""
        held = os.open(os.path.join(self._folder, "lock"), os.O_CREAT | os.O_RDWR, 0o644)
        deadline = time.monotonic() + LOCK_WAIT_S
        while True:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)

    def _listen(self, ears: selectors.BaseSelector, wake: int) -> bool:
        """Take what came; False once the owner has gone."""
        for key, _ in ears.select(LOOK_S):
            if key.fd == wake:
                os.read(wake, 512)
                continue
            heard = os.read(key.fd, 512)
            if not heard:
                return False
            *lines, self._line = (self._line + heard).split(b"\n")
            for line in lines:
                self._obey(line.decode())
        if self._broker and self._broker.poll() is not None:
            self._gone()
        return os.getppid() == self._owner

    def _obey(self, line: str) -> None:
        order, _, argument = line.partition(" ")
        if order == "start":
            self._start(json.loads(argument))
        else:
            self._end(orderly=order == "stop")

    def _start(self, command: list[str]) -> None:
        path = os.path.join(self._folder, "broker.log")
        try:
            with open(path, "ab") as log:
                self._broker = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self._folder,
                    preexec_fn=_die_with_parent if sys.platform == "linux" else None,
                )
        except OSError as error:
            self._say(f"failed {error}")
        else:
            self._say(f"started {self._broker.pid}")

    def _end(self, *, orderly: bool) -> None:
        if not self._broker:
            return
        if orderly:
            self._broker.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._broker.wait(ORDERLY_S)
        self._broker.kill()
        self._gone()

    def _gone(self) -> None:
        assert self._broker
        code = self._broker.wait()
        self._broker = None
        self._say(f"exited {code}")

    def _say(self, line: str) -> None:
        # An owner that has gone does not listen; that is no reason to stop half-way.
        with contextlib.suppress(OSError):
            os.write(sys.stdout.fileno(), f"{line}\n".encode())


def _die_with_parent() -> None:
    """Ask the kernel to kill this process, soon to be the broker, when its parent dies."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    Supervisor(sys.argv[1] if len(sys.argv) > 1 else None).run()
