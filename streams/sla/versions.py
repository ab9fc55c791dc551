"""Policy sets by version, and from when on each of them holds (R18).

A version is *adopted* at an instant. What starts after it starts under that version; clocks that
run keep the one they started with, unless the adoption is applied to open clocks too. An adoption
takes hold of a ticket once: an `Adopted` stands in the ticket's history from then on, so a ticket
remains a pure function of what it keeps.

The first adoption holds from the beginning of time: a history may be older than its policies.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from streams.sla.events import Since
from streams.sla.policy import Policy, PolicySet
from streams.sla.ticket import Ticket


class UnknownVersion(LookupError):
    """A ticket runs under a policy set that the engine was not given (R18)."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """A version holds for what starts after `at` (ms UTC); `since`: and for open clocks how."""

    at: int
    version: str
    since: Since | None = None


class Versions:
    """The policy sets that tickets run under; `current` is what new tickets get."""

    def __init__(
        self,
        current: PolicySet,
        others: Mapping[str, PolicySet] | None = None,
        adoptions: Iterable[Adoption] = (),
    ) -> None:
        self.sets = {**(others or {}), current.version: current}
        self._first = current.version
        self._adoptions: list[Adoption] = []
        self._instants: list[int] = []
        for adoption in adoptions:
            self.adopt(adoption)

    @property
    def current(self) -> PolicySet:
        """The set that was adopted last."""
        return self.set(self._adoptions[-1].version if self._adoptions else self._first)

    @property
    def adoptions(self) -> tuple[Adoption, ...]:
        """Every adoption known, in the order of their instants."""
        return tuple(self._adoptions)

    def adopt(self, adoption: Adoption, policies: PolicySet | None = None) -> None:
        """Learn of an adoption, and of its set where that is new. Raises UnknownVersion."""
        if policies is not None:
            self.sets[policies.version] = policies
        self.set(adoption.version)
        if adoption in self._adoptions:
            return
        place = bisect_right(self._instants, adoption.at)
        self._adoptions.insert(place, adoption)
        self._instants.insert(place, adoption.at)

    def set(self, version: str) -> PolicySet:
        """Give the set of a version. Raises UnknownVersion."""
        policies = self.sets.get(version)
        if policies is None:
            known = ", ".join(sorted(self.sets))
            message = f"policies version {version!r} is not among those known: {known}"
            raise UnknownVersion(message)
        return policies

    def policy(self, version: str, kind: str, name: str) -> Policy:
        """Find a policy of a version by kind and name. Raises UnknownVersion."""
        for policy in self.set(version).policies:
            if (policy.kind, policy.name) == (kind, name):
                return policy
        message = f"policies version {version!r} has no {kind} policy {name!r}"
        raise UnknownVersion(message)

    def at(self, instant: int) -> tuple[str, int]:
        """Give the version that holds at an instant, and when it was adopted (-1: ever)."""
        place = bisect_left(self._instants, instant)
        if place:
            held = self._adoptions[place - 1]
            return held.version, held.at
        return (self._adoptions[0].version if self._adoptions else self._first), -1

    def awaits(self, adopted: int) -> bool:
        """Whether there is an adoption after the latest that has taken hold of a ticket."""
        return bool(self._instants) and adopted < self._instants[-1]

    def pending(self, ticket: Ticket, instant: int) -> list[Adoption]:
        """Give the adoptions before an instant that have not taken hold of the ticket yet."""
        if not self.awaits(ticket.adopted):
            return []
        first = bisect_right(self._instants, ticket.adopted)
        return self._adoptions[first : bisect_left(self._instants, instant)]

    def applied(self, ticket: Ticket) -> int | None:
        """Give the first instant at which an adoption is to be applied to the open ticket."""
        if not self.awaits(ticket.adopted) or ticket.closed:
            return None
        ahead = self._adoptions[bisect_right(self._instants, ticket.adopted) :]
        return next((adoption.at for adoption in ahead if adoption.since is not None), None)
