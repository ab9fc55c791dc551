"""What an import has done so far, in numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Counts of one import.

    `unchanged` rows changed no mapped attribute; `spread` events were moved by milliseconds to
    keep the file's order; `late` rows are older than one before them; `early` times lie before
    the ticket's creation and were taken at the creation.
    """

    rows: int = 0
    tickets: int = 0
    events: int = 0
    rejected: int = 0
    unchanged: int = 0
    spread: int = 0
    late: int = 0
    early: int = 0
