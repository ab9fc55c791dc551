"""SIGTERM before a worker works: there is nothing to commit and nobody to tell, so it ends at once.

By default the signal kills, which a supervisor takes for a failure; and to the first process of a
container it does nothing. From the moment at which it takes part in the group, the worker itself
ends in good order (`work.App.serve`). Until then an end at any point is as good as another: what
is read is only read, and the policies are published in one step or again by the next start.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import NoReturn


def leave_when_asked() -> Callable[[], None]:
    """End the process with status 0 on SIGTERM; give what takes that back."""
    if threading.current_thread() is not threading.main_thread():
        return lambda: None  # nobody else may handle signals
    before = signal.signal(signal.SIGTERM, _leave)
    return lambda: _take_back(before)


def _take_back(before: object) -> None:
    signal.signal(signal.SIGTERM, before)  # type: ignore[arg-type]  # what `signal` gave


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    # Not by an exception: it might come up where one is swallowed, or be held up in clean-ups that
    # wait for brokers. Not through the logs: one may just be writing.
    os.write(2, b"asked to stop before there was anything to stop\n")
    os._exit(0)
