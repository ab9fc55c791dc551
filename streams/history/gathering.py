"""What is made of a history: a gathering, and what there is to say beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Generic, Protocol, Self, TypeVar

from streams.history.first import First
from streams.history.replay import Replayed


class Gathering(Protocol):
    """What is made of the tickets of a history; it can be pickled.

    Neither the order of tickets nor how they are shared out may matter for what it says.
    """

    def add(self, told: tuple[Replayed, ...], /) -> None:
        """Take in a ticket, folded under each of the policy sets, in their order."""

    def merge(self, other: Self, /) -> None:
        """Take over what another has gathered of other tickets; the other is not used again."""


G = TypeVar("G", bound=Gathering)
Advance = Callable[[int], None]
Stage = Callable[[str, int | None], AbstractContextManager[Advance]]
"""Begins a stage of the work of so many units, None where nobody knows; gives what counts them."""


@contextmanager
def silent(_words: str, _total: int | None) -> Iterator[Advance]:
    """Tell nobody of a stage."""
    yield lambda _: None


@dataclass(slots=True)
class Folded(Generic[G]):
    """A history, folded: instants in ms UTC.

    `until`: the instant reached. `lines` of the files, of which `known` are events, and `rejected`
    could not be read. `tickets` and `events`: those that had happened by then, with what merges
    handed on. `unmatched`: tickets that no policy was there for, by policy set. `refused`: events
    that came too late to be told where they belong (R7), under the first of the policy sets.
    """

    gathering: G
    until: int
    lines: int = 0
    known: int = 0
    tickets: int = 0
    events: int = 0
    unmatched: tuple[int, ...] = ()
    rejected: First = field(default_factory=First)
    refused: First = field(default_factory=First)

    def add(self, told: tuple[Replayed, ...]) -> None:
        """Take in a ticket, folded under each of the policy sets."""
        self.gathering.add(told)
        one = told[0]
        self.tickets += 1
        self.events += len(one.events)
        self.unmatched = tuple(
            count + replayed.unmatched for count, replayed in zip(self.unmatched, told, strict=True)
        )
        for _, words in one.refused:
            self.refused.add(one.place, f"too_late: {words}")

    def merge(self, other: Folded[G]) -> None:
        """Take over what was folded of other tickets."""
        self.gathering.merge(other.gathering)
        self.tickets += other.tickets
        self.events += other.events
        counts = zip(self.unmatched, other.unmatched, strict=True)
        self.unmatched = tuple(one + more for one, more in counts)
        self.refused.merge(other.refused)
