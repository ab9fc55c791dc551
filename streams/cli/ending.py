"""Asked to end, work ends in order: what it began is cleared away."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

ASKING = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def in_order() -> Iterator[None]:
    """Let the signals that ask to end be exceptions here, as an interrupt is one."""
    if threading.current_thread() is not threading.main_thread():
        yield  # nobody else may handle signals
        return
    before = {number: signal.signal(number, _leave) for number in ASKING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)
