"""What is found of a segment in a metric: numbers without a word, for a table or for JSON."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from streams.insight.forecast import Forecast
from streams.insight.segment import Segment
from streams.insight.survival import Share, Span
from streams.sla.duration import Duration
from streams.sla.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Counts:
    """Cycles of a segment: how they stand at the end, and how many changed the segment since."""

    cycles: int
    tickets: int
    ended: int
    open: int
    cancelled: int
    moved: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A target, the share that kept it, and the share that cycles to come would.

    `ahead` is that of the next four weeks, None where too few weeks are known to tell; `forecast`
    gives it of any others.
    """

    target: Duration
    kept: Share
    forecast: Forecast
    ahead: Share | None


@dataclass(frozen=True, slots=True)
class Brought:
    """A proposal that was brought into the order of priorities: from which target, and why.

    `own`: the target that the segment's cycles alone would have. `other`: the segment whose target
    it has. `tightened`: that one is less urgent; else it is more urgent.
    """

    own: Duration
    other: Segment
    tightened: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """A target to promise. `shorter`: the next shorter round one."""

    candidate: Candidate
    shorter: Candidate | None
    brought: Brought | None = None


@dataclass(frozen=True, slots=True)
class Drift:
    """The first two thirds of the cycles and the last, and whether they are alike.

    `since`: the start of the last third (ms UTC). The shares that were done in each within a part
    of `target`, `within` (1 is all): no more than both were watched for, and where they are
    furthest apart if only that is far. `chance`: the p-value that
    they are alike, None where nothing ended. `matters`: a proposal should not rest on both.
    """

    since: int
    target: Duration
    within: float
    earlier: Share
    later: Share
    chance: float | None
    matters: bool


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean in active ms, and the share that a promise of it would have kept."""

    ms: float
    kept: Share
    misleads: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """All that is told of a segment in a metric. Times in ms of active time.

    `expected_open`: how many would be open by the end if those of late took as long as the others.
    `needed`: with fewer cycles the objective cannot be proved at all.
    """

    policy: str
    metric: str
    schedule: Schedule
    segment: Segment
    objective: Fraction
    counts: Counts
    within: tuple[tuple[int, Span], ...]
    mean: Mean | None
    proposal: Proposal | None
    longest: Candidate | None
    candidates: tuple[Candidate, ...]
    drift: Drift | None
    expected_open: float
    needed: int

    @property
    def too_few(self) -> bool:
        """Whether it is for want of cycles that nothing is proposed.

        A spotless record would not prove the objective, or the longest target was kept by as many
        as it asks for, and they prove less.
        """
        if self.counts.cycles < self.needed:
            return True
        return self.longest is not None and self.longest.kept.value >= self.objective

    @property
    def finished_only(self) -> bool:
        """Whether the history seems to hold finished tickets alone: what takes long is missing."""
        return self.expected_open >= 5 and self.counts.open < self.expected_open / 4
