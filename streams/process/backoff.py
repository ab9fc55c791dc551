"""How long to wait before the next attempt: exponential, full jitter, the far side's word first."""

from __future__ import annotations

FIRST = 1_000
MOST = 300_000
LONGEST_ASKED = 3_600_000
"""Milliseconds; a far side that asks for more than an hour is asked again after one."""


def wait(attempts: int, draw: float, retry_after: float | None = None) -> int:
    """Give ms to wait after so many attempts that failed; `draw` in [0, 1), the rest in seconds.

    Never sooner than the far side asked for.
    """
    most = min(MOST, FIRST << min(attempts, 20))
    asked = 0 if retry_after is None else min(LONGEST_ASKED, max(0, round(retry_after * 1000)))
    return max(round(draw * most), asked)
