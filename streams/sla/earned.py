"""What a breached cycle has earned of a contract's fee by its lateness (R31), as data on a fact.

A line `late: 30m` counts once a cycle is more than 30 active minutes past its target: like the
breach itself, what ends at that very instant does not reach it (R5). Of a cycle the highest line
that was passed counts, not the sum. What was earned stays earned: a target that loosens takes
nothing back (R16), and a later line adds what it is more than that.

Lines by rate are not here: they judge a month of all tickets, see `credits`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from streams.sla.clock import Clock
from streams.sla.policy import Contract, Credit
from streams.sla.schedule import Schedule
from streams.sla.zone import local_of, parse_zone


@dataclass(frozen=True, slots=True)
class Ahead:
    """A line that a cycle may still pass: `at` (ms UTC), if nothing changes; None: not at all."""

    rule: Credit
    at: int | None


@dataclass(frozen=True, slots=True)
class Earned:
    """What a cycle has earned, as shares of the monthly fee.

    `share` is all of it, `adds` what came with this fact; both go to the `month` ("2026-03") of
    the breach. `ahead` are the lines by lateness that would earn more.
    """

    contract: Contract
    month: str
    share: Fraction
    adds: Fraction
    ahead: tuple[Ahead, ...] = ()

    def says_the_same(self, other: Earned | None) -> bool:
        """Whether two differ at most in what they foresee."""
        return other is not None and self == replace(other, ahead=self.ahead)


def earned(clock: Clock, adds: Fraction) -> Earned | None:
    """Say what a breached clock has earned, after it earned `adds`; None without a contract."""
    contract = clock.policy.contract
    if contract is None:
        return None
    assert clock.breached_at is not None  # nothing is earned before the breach
    return Earned(
        contract,
        month_of(clock.policy.schedule, clock.breached_at),
        clock.earned,
        adds,
        tuple(Ahead(line.rule, clock.reaches(line.active)) for line in clock.lines()),
    )


def month_of(schedule: Schedule, instant: int) -> str:
    """Name the calendar month of an instant (ms UTC), such as "2026-03", where the schedule is."""
    ordinal, _ = local_of(parse_zone(schedule.zone), instant)
    return date.fromordinal(ordinal).isoformat()[:7]
