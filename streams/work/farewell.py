"""The end that was asked for, in time, whatever the brokers do.

Decisions: the commit is what must be done, and it gets the longer time. To leave the group is a
courtesy: who cannot take leave is missed after the session timeout. The client library waits
for answers much longer than anybody who stops a worker does, in threads and tasks that are not
ours, so that a thread of its own watches over the end.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

from streams.work.fatal import die, flush_logs

log = logging.getLogger(__name__)

LEAVE_SECONDS = 4.0
"""After this nobody is waited for, once all is committed."""
LOOK_SECONDS = 0.05


def watch(committed: Callable[[], bool], commit_seconds: float) -> None:
    """End the process where it has not ended by itself.

    With status 0 after LEAVE_SECONDS, if all is committed by then or as soon as it is; with that of
    `die` where it is not after `commit_seconds`.
    """
    threading.Thread(
        target=_watch, args=(committed, commit_seconds), name="farewell", daemon=True
    ).start()


def _watch(committed: Callable[[], bool], commit_seconds: float) -> None:
    last = time.monotonic() + commit_seconds
    time.sleep(LEAVE_SECONDS)
    while not committed():
        if time.monotonic() >= last:
            die(f"asked to stop, and the last commit did not end within {commit_seconds:.0f} s")
        time.sleep(LOOK_SECONDS)
    log.warning("all is committed, but the brokers did not let this worker take its leave in time")
    flush_logs()
    os._exit(0)
