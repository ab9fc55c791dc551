"""A channel that fails again and again is left alone for a while, then asked by one probe.

Any answer closes the breaker, a refusal too: the far side is there.
"""

from __future__ import annotations

from dataclasses import dataclass

FAILURES = 5
REST = 30_000


@dataclass(slots=True)
class Breaker:
    """What a channel did of late; `rest` in ms."""

    failures: int = FAILURES
    rest: int = REST
    in_row: int = 0
    opened: int | None = None
    probing: bool = False

    def admits(self, now: int) -> bool:
        """Tell whether an attempt may begin now; while it is half-open this one is the probe."""
        if self.opened is None:
            return True
        if self.probing or now < self.opened + self.rest:
            return False
        self.probing = True
        return True

    def answered(self) -> None:
        """Take note of an answer."""
        self.in_row, self.opened, self.probing = 0, None, False

    def failed(self, now: int) -> None:
        """Take note of a failure."""
        self.in_row += 1
        self.probing = False
        if self.in_row >= self.failures:
            self.opened = now

    def abandoned(self) -> None:
        """Take note that an attempt ended without any result, as when its partition went."""
        self.probing = False
