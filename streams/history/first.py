"""The first of many: what is shown of a list that may be longer than memory."""

from __future__ import annotations

from dataclasses import dataclass, field

KEPT = 100


@dataclass(slots=True)
class First:
    """Lines that stand first by their places, at most `KEPT`, and how many there were in all."""

    count: int = 0
    kept: list[tuple[int, str]] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """The lines that are kept, in the order of their places."""
        return [line for _, line in self.kept]

    def add(self, place: int, line: str) -> None:
        """Count a line; keep it where it is among the first. Those of a place keep their order."""
        self.count += 1
        if len(self.kept) < KEPT or place < self.kept[-1][0]:
            self._keep([(place, line)])

    def merge(self, other: First) -> None:
        """Take over those of others, whose places are others."""
        self.count += other.count
        self._keep(other.kept)

    def _keep(self, more: list[tuple[int, str]]) -> None:
        self.kept = sorted(self.kept + more, key=lambda one: one[0])[:KEPT]
