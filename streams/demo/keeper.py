"""A process that stands between the demo and its worker, so that the worker cannot be left behind.

Run as a script, with the standard library alone: `keeper.py LOG COMMAND…`. Decisions that bind it:

- The demo holds the other end of standard input. When the demo goes, however it goes (even by
  kill -9), the pipe closes and the worker is asked to end, then made to.
- It leads a session of its own: Ctrl-C in the terminal reaches the demo alone.
- Where Linux is below, the kernel kills the worker if this process itself is killed.
- Its exit status is the worker's.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys

ORDERLY_S = 5.0
LOOK_S = 0.5
PR_SET_PDEATHSIG = 1


def main(log: str, command: list[str]) -> int:
    """Run the command until it ends or the demo goes; answer its exit status."""
    owner = os.getppid()
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with open(log, "ab") as words:  # noqa: PTH123 - pathlib would double the time it starts in
        worker = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - one thread
        )
    try:
        while worker.poll() is None and os.getppid() == owner:
            ready, _, _ = select.select([sys.stdin], [], [], LOOK_S)
            if ready and not os.read(sys.stdin.fileno(), 512):
                break
    finally:
        if worker.poll() is None:
            worker.terminate()
        try:
            worker.wait(ORDERLY_S)
        except subprocess.TimeoutExpired:
            worker.kill()
    code = worker.wait()
    return code if code >= 0 else 128 - code


def _die_with_parent() -> None:
    """Ask the kernel to kill this process, soon to be the worker, when its parent dies."""
    # What the keeper ignores, the worker must not: it would inherit that.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
