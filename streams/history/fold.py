"""Histories of any length, folded: files in, a gathering out.

What is wanted of a history is a *gathering*: it takes in a ticket at a time, and two of them can be
put together. So nobody holds more than some tickets at once, and they can be folded apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Generic, Protocol, Self, TypeVar

from streams.history.first import First
from streams.history.reading import Reading, read
from streams.history.replay import Replayed, each
from streams.sla.policy import PolicySet


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


def fold(
    files: Sequence[str],
    promises: Sequence[PolicySet],
    gather: Callable[[Sequence[PolicySet], int], G],
    *,
    until: int | None = None,
    arrival: bool = False,
    jobs: int | None = None,
    stage: Stage = silent,
) -> Folded[G]:
    """Fold the ticket events of files (NDJSON, gzipped or not, `-` for standard input).

    Each ticket is folded under each of the policy sets, and settled up to `until` (ms UTC), by
    default the last event's time. `gather` makes an empty gathering for the policy sets and the
    end; other processes call it too, so it is a function or class of a module. `jobs` is the number
    of processes, by default one for each core. Raises UnreadableFile.
    """
    del jobs
    reading = Reading()
    with stage("reading", None) as advance:
        arrived = list(read(files, reading, advance))
    end = max((event.time for event in arrived), default=0) if until is None else until
    done = Folded(
        gather(promises, end), end, reading.lines, len(arrived), unmatched=(0,) * len(promises)
    )
    for place, (name, number, reason) in enumerate(reading.rejected):
        done.rejected.add(place, f"{name}:{number}: {reason}")
    with stage("replaying", len(arrived)) as advance:
        for told in each(arrived, promises, until=end, arrival=arrival, advance=advance):
            done.add(told)
    return done
