"""What the user asked of the demo."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Wishes:
    """`seconds` None plays the log to its end; `keep` None keeps nothing."""

    seconds: float | None
    rate: float
    tui: bool
    keep: Path | None = None
    http_port: int | None = None
