"""A history studied: measured, advised on, and replayed under what is advised.

Twice through the history: first it is measured (and judged by the promises that hold now, where
there are any), then it is replayed under the proposals, so that what they would have yielded is
what the engine says, with every change of priority on the way (R16), and no formula's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Protocol

from streams.history.gathering import G
from streams.history.replay import each
from streams.insight.advice import advise
from streams.insight.draft import Draft, NothingToWrite, draft
from streams.insight.finding import Finding
from streams.insight.gathering import Gathering, Measured, Outcomes, known_words
from streams.insight.measure import Measure, measure
from streams.insight.week import Flow, Week, week
from streams.policies import load
from streams.sla.compliance import Tally
from streams.sla.duration import Duration
from streams.sla.events import TicketEvent
from streams.sla.policy import METRICS, PolicySet

BY = ("priority", "channel", "tier")
LEAST = 100
"""Tickets in a segment: 73 that all keep a promise prove 95 % of it, so fewer could prove none."""


Gather = Callable[[Sequence[PolicySet], int], G]
"""Makes an empty gathering for policy sets, and the end of the history (ms UTC)."""


class History(Protocol):
    """A history that can be folded, as often as is asked."""

    def fold(self, promises: Sequence[PolicySet], gather: Gather[G]) -> G:
        """Fold it under each of the policy sets, into what `gather` makes."""


@dataclass(frozen=True, slots=True)
class Events:
    """A history in memory, up to `until` (ms UTC)."""

    events: Sequence[TicketEvent]
    until: int

    def fold(self, promises: Sequence[PolicySet], gather: Gather[G]) -> G:
        """Fold each ticket under each policy set."""
        told = gather(promises, self.until)
        for one in each(self.events, promises, until=self.until):
            told.add(one)
        return told


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for; see `sla advise --help`. `since` in ms UTC."""

    by: tuple[str, ...] = BY
    metrics: tuple[str, ...] = ()
    schedule: str | None = None
    objective: Fraction | None = None
    targets: tuple[Duration, ...] = ()
    least: int = LEAST
    since: int = 0


@dataclass(frozen=True, slots=True)
class Study:
    """What came of it.

    `proposed`: what a replay under the draft says; None, as the draft, where nothing was proposed.
    """

    measure: Measure
    wish: Wish
    gathered: Gathering
    findings: tuple[Finding, ...]
    draft: Draft | None = None
    proposed: Outcomes | None = None
    weeks: tuple[Week, ...] = field(default=())

    def replayed(self, place: int) -> Tally | None:
        """Give what the proposal of a finding (by its place) would have yielded."""
        if self.draft is None or self.proposed is None or self.findings[place].proposal is None:
            return None
        return self.proposed.tally(self.draft.promises.get(place, ()))

    def present(self) -> Mapping[Measured, Tally]:
        """Give what came of the promises that hold now; nothing where there are none."""
        present = self.gathered.present
        return {} if present is None else present.tallies


def study(history: History, policies: PolicySet | None, wish: Wish) -> Study:
    """Study a history; raises NothingToMeasure and NotSegmentable."""
    how = measure(policies, schedule=wish.schedule, metrics=wish.metrics)
    sets = (how.set,) if policies is None else (how.set, policies)
    gathered = history.fold(sets, partial(gathering, how, wish))
    findings = tuple(
        advise(gathered, how, least=wish.least, objective=wish.objective, targets=wish.targets)
    )
    try:
        made = draft(findings, how, gathered.until)
    except NothingToWrite:
        weeks = _weeks(how, gathered, gathered.present)
        return Study(how, wish, gathered, findings, weeks=weeks)
    promised = load(made.text, "the draft")
    proposed = history.fold((promised,), partial(_outcomes, how.kind, wish.since))
    told = draft(findings, how, gathered.until, proposed)
    weeks = _weeks(how, gathered, gathered.present or proposed)
    return Study(how, wish, gathered, findings, told, proposed, weeks)


def gathering(how: Measure, wish: Wish, sets: Sequence[PolicySet], until: int) -> Gathering:
    """Make an empty gathering for the measuring set, and what is promised now, if anything is."""
    return Gathering(
        by=wish.by,
        schedules=how.schedules,
        known_statuses=known_words(how.policies.statuses),
        since=wish.since,
        until=until,
        present=_outcomes(how.kind, wish.since, sets[1:], until) if len(sets) > 1 else None,
    )


def _outcomes(kind: str, since: int, _sets: Sequence[PolicySet], until: int) -> Outcomes:
    return Outcomes(kind, since, until)


def _weeks(how: Measure, gathered: Gathering, judged: Outcomes | None) -> tuple[Week, ...]:
    """Count the week of each metric, in the zone of the policy that has most of its cycles."""
    found: list[Week] = []
    for metric in METRICS:
        cycles = {
            policy: [one for samples in cells.values() for one in samples]
            for (policy, name), cells in gathered.cells.items()
            if name == metric
        }
        if not cycles:
            continue
        most = max(sorted(cycles), key=lambda policy: len(cycles[policy]))
        all_ = [one for samples in cycles.values() for one in samples]
        flow = Flow(
            tickets=gathered.created,
            messages=gathered.asked,
            started=[one.started_at for one in all_],
            ended=[one.ended_at for one in all_ if one.ended_at is not None],
            kept=judged.kept.get(metric, []) if judged else [],
            broken=judged.broken.get(metric, []) if judged else [],
        )
        since = max(gathered.since, min([*flow.started, *flow.tickets]))
        found.append(week(metric, how.schedules[most], flow, since, gathered.until))
    return tuple(found)
