"""What to promise: by segment, how long things took, and a target that would have been kept (R32).

Decisions that bind this module:

- A proposal is the least round target (`ladder`) of which the *lower* bound of the kept share is at
  or above the objective. The estimate alone would be missed every other time.
- Where no round target holds, none is proposed: a longer one is no promise. It is the process that
  needs work, or, where even a spotless record would not prove the objective, more tickets.
- A more urgent priority is never promised a longer time than a less urgent one of the same clock.
  Where it would be because its tickets are few and prove less, it is tightened to the other's
  target, if its own *estimate* there is at or above the objective. Where it is not, the data do
  contradict the order, and the less urgent promise is loosened to the more urgent one's: a
  tightened one would be broken. Either is told with its cause.
- The mean is told with the share that a promise of it would have kept, never alone.
- The last third of the cycles, by their start, is held against the first two by the log-rank test.
  With many cycles any difference is significant: a drift is told where it is beyond chance
  (p < 1 %) and moves the share that keeps the target, or as much of it as the last third has been
  watched for, by half of what the objective leaves; or that of any shorter time by ten points.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from streams.insight.finding import Brought, Candidate, Counts, Drift, Finding, Mean, Proposal
from streams.insight.forecast import WEEK, Forecast, forecast
from streams.insight.gathering import Gathering
from streams.insight.ladder import active_ms, ladder
from streams.insight.measure import Measure
from streams.insight.sample import Sample
from streams.insight.segment import Segment, more_urgent, segments
from streams.insight.survival import Curve, Share, differ, furthest_apart, least_cycles
from streams.sla.duration import Duration
from streams.sla.policy import METRICS, Policy

SHARES = (50, 80, 90, 95)
"""Percent of the cycles of which the time is told."""

AHEAD = 4
"""Weeks that are foreseen, where as many are known."""

MISLEADS, FAR = 0.65, 2
"""A mean misleads that fewer would have kept, or that is so many times the median."""

CHANCE = 0.01
FAR_APART = 0.1
"""A share that moved by so much says that the work is done otherwise than before."""


def advise(
    gathered: Gathering,
    measure: Measure,
    *,
    least: int,
    objective: Fraction | None = None,
    targets: Sequence[Duration] = (),
) -> list[Finding]:
    """Find a promise for each segment; `targets` are looked at besides. Raises NotSegmentable."""
    findings: list[Finding] = []
    order = {policy.name: place for place, policy in enumerate(measure.base)}
    policies = {policy.name: policy for policy in measure.base}
    for name, metric in sorted(gathered.cells, key=lambda key: (order[key[0]], _place(key[1]))):
        cells = gathered.cells[name, metric]
        tickets = {cell: {one.ticket for one in found} for cell, found in cells.items()}
        tasks = [
            _Task(
                policies[name],
                metric,
                segment,
                objective,
                gathered.until,
                _sorted(one for cell in segment.cells for one in cells[cell]),
            )
            for segment in segments(gathered.by, tickets, least)
        ]
        findings += _in_order([(task, task.finding(targets)) for task in tasks])
    return findings


def _sorted(found: Iterable[Sample]) -> list[Sample]:
    return sorted(found, key=lambda one: (one.started_at, one.ticket, one.need))


def _place(metric: str) -> int:
    return METRICS.index(metric)


@dataclass(frozen=True, slots=True)
class _Task:
    """A segment's samples in a metric, by their start."""

    policy: Policy
    metric: str
    segment: Segment
    wanted: Fraction | None
    until: int
    samples: list[Sample]
    known: dict[Duration, list[float] | None] = field(default_factory=dict)

    @property
    def objective(self) -> Fraction:
        return self.policy.objective if self.wanted is None else self.wanted

    def finding(self, targets: Sequence[Duration]) -> Finding:
        curve = self._curve([one.need for one in self.samples])
        proposal, longest = self._propose()
        return Finding(
            policy=self.policy.name,
            metric=self.metric,
            schedule=self.policy.schedule,
            segment=self.segment,
            objective=self.objective,
            counts=_counts(self.samples, self.segment),
            within=tuple((share, curve.within(share / 100)) for share in SHARES),
            mean=_mean(curve),
            proposal=proposal,
            longest=longest,
            candidates=tuple(filter(None, map(self.candidate, targets))),
            drift=self._drift(longest if proposal is None else proposal.candidate),
            expected_open=self._expected_open(curve),
            needed=least_cycles(float(self.objective)),
        )

    def _curve(self, times: Sequence[float]) -> Curve:
        return Curve.of(times, [one.ended for one in self.samples])

    def _used(self, target: Duration) -> list[float] | None:
        """Give what each cycle used of a target; business days differ from start to start (R24).

        None where the schedule ends before one does. Exact at 1: whole ms below 2^52 never round
        to it.
        """
        if target not in self.known:
            starts = [one.started_at for one in self.samples]
            active = active_ms(target, self.policy.schedule, starts)
            self.known[target] = (
                None
                if active is None
                else [one.need / ms for one, ms in zip(self.samples, active, strict=True)]
            )
        return self.known[target]

    def kept(self, target: Duration) -> Share | None:
        """Give the share that kept a target; None where the schedule ends before."""
        used = self._used(target)
        return None if used is None else self._curve(used).by(1.0)

    def candidate(self, target: Duration) -> Candidate | None:
        used = self._used(target)
        if used is None:
            return None
        starts = [one.started_at for one in self.samples]
        ended = [one.ended for one in self.samples]
        seen = forecast(starts, used, ended)
        return Candidate(target, self._curve(used).by(1.0), seen, _ahead(seen, starts))

    def _propose(self) -> tuple[Proposal | None, Candidate | None]:
        """Find the least rung that holds; else give the longest, which does not."""
        rungs = ladder(self.policy.schedule)
        low, high = 0, len(rungs)
        while low < high:  # what keeps a rung, keeps all longer ones
            middle = (low + high) // 2
            kept = self.kept(rungs[middle])
            if kept is None or kept.low >= self.objective:
                high = middle
            else:
                low = middle + 1
        shorter = self.candidate(rungs[low - 1]) if low else None
        found = self.candidate(rungs[low]) if low < len(rungs) else None
        return (None, shorter) if found is None else (Proposal(found, shorter), None)

    def _drift(self, at: Candidate | None) -> Drift | None:
        """Hold the last third, by the start, against the first two, within a target."""
        since = self.samples[-(-len(self.samples) * 2 // 3) - 1].started_at + 1
        used = None if at is None else self._used(at.target)
        if at is None or used is None or self.samples[-1].started_at < since:
            return None  # nothing to hold them against, or all came at once
        parts = [_part(used, self.samples, since, late=late) for late in (False, True)]
        curves = [Curve.of(*part) for part in parts]
        chance = differ(*parts)
        end = min(1.0, *(curve.followed for curve in curves))
        bounds = {
            end: float(1 - self.objective) / 2,
            furthest_apart(curves[0], curves[1], end): FAR_APART,
        }
        for within, far in bounds.items():
            earlier, later = (curve.by(within) for curve in curves)
            if chance is not None and chance < CHANCE and abs(later.value - earlier.value) >= far:
                return Drift(since, at.target, within, earlier, later, chance, matters=True)
        earlier, later = (curve.by(end) for curve in curves)
        return Drift(since, at.target, end, earlier, later, chance, matters=False)

    def _expected_open(self, curve: Curve) -> float:
        elapsed = self.policy.schedule.elapsed
        return sum(1 - curve.by(elapsed(one.started_at, self.until)).value for one in self.samples)


def _part(
    used: Sequence[float], found: Sequence[Sample], since: int, *, late: bool
) -> tuple[list[float], list[bool]]:
    """Give what cycles used, and whether they ended, of those that started before or since."""
    chosen = [
        (share, one.ended)
        for share, one in zip(used, found, strict=True)
        if (one.started_at >= since) == late
    ]
    return [share for share, _ in chosen], [ended for _, ended in chosen]


def _counts(found: Sequence[Sample], segment: Segment) -> Counts:
    return Counts(
        cycles=len(found),
        tickets=segment.tickets,
        ended=sum(one.ended for one in found),
        open=sum(one.open for one in found),
        cancelled=sum(one.cancelled for one in found),
        moved=sum(one.moved for one in found),
    )


def _mean(curve: Curve) -> Mean | None:
    if not curve.ended:
        return None
    mean, half = curve.mean(), curve.within(0.5).value
    kept = curve.by(mean)
    far = half is not None and mean >= FAR * half and mean > 0
    return Mean(mean, kept, kept.value < MISLEADS or far)


def _ahead(seen: Forecast, starts: Sequence[int]) -> Share | None:
    """Foresee as many weeks as are known at the least, as full as they were."""
    if seen.weeks < AHEAD:
        return None
    weeks = max(1.0, (max(starts) - min(starts)) / (WEEK))
    weekly = max(1, round(len(starts) / weeks))
    return seen.interval([weekly] * AHEAD)


def _in_order(pairs: list[tuple[_Task, Finding]]) -> list[Finding]:
    """Bring the proposals of a metric into the order of priorities."""
    if not pairs:
        return []
    rungs = ladder(pairs[0][1].schedule)
    own = {
        place: rungs.index(one.proposal.candidate.target)
        for place, (_, one) in enumerate(pairs)
        if one.proposal is not None
    }
    urgent = [
        (first, second)
        for first in own
        for second in own
        if more_urgent(pairs[first][1].segment, pairs[second][1].segment)
    ]
    found, other = dict(own), dict[int, int]()
    for first, second in urgent:
        if found[first] > own[second]:
            kept = pairs[first][0].kept(rungs[own[second]])
            if kept is not None and kept.value >= pairs[first][1].objective:
                found[first], other[first] = own[second], second
    for _ in urgent:  # as often as one may hand on to the next
        for first, second in urgent:
            if found[first] > found[second]:
                found[second], other[second] = found[first], first
    return [
        one
        if place not in own or found[place] == own[place]
        else _brought(task, one, rungs, found[place], pairs[other[place]][1].segment)
        for place, (task, one) in enumerate(pairs)
    ]


def _brought(
    task: _Task, one: Finding, rungs: Sequence[Duration], rung: int, other: Segment
) -> Finding:
    """Give a finding with another proposal."""
    candidate = task.candidate(rungs[rung])
    if one.proposal is None or candidate is None:
        return one
    own = one.proposal.candidate.target
    shorter = task.candidate(rungs[rung - 1]) if rung else None
    brought = Brought(own, other, tightened=rung < rungs.index(own))
    return replace(one, proposal=Proposal(candidate, shorter, brought))
