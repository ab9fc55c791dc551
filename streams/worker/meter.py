"""What is counted as it happens: the processor tells, nothing here can stop it.

Decisions: an observation that fails is logged and counted, never raised, because an exception in a
unit of work ends the process and the record would come again. Each outcome is counted once (R26):
breached at the breach, so the later fulfilment of a breached clock counts no more. Units that were
counted and then lost in a crash are counted again by the next process, which is why the exact rate
comes from the ledger. Where a number is about one ticket, an exemplar names it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any, Concatenate, ParamSpec

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import disable_created_metrics

from streams.sla.events import Attributes
from streams.sla.facts import TYPES, Fact
from streams.sla.policy import KINDS, PolicySet
from streams.wire.ticket_events import REASONS
from streams.worker import metrics
from streams.worker.exemplars import exemplar
from streams.worker.labels import LIMIT, OTHER, SETS, Labels, LabelSets, Values

log = logging.getLogger(__name__)

EVENT_TYPES = (
    "ticket.created",
    "ticket.message",
    "ticket.changed",
    "ticket.merged",
    "ticket.deleted",
    "ticket.absorbed",
    "other",
)
RESULTS = ("applied", "duplicate", "ignored", "rejected")
OUTCOMES = ("met", "breached", "cancelled")
TEAM = metrics.ATTRIBUTES.index("team")
CAUSES = ("deadline_passed", "target_tightened", "policy_applied", "policies_changed", "merged")

P = ParamSpec("P")


class Children(dict[Labels, Any]):
    """The children of a metric by their labels, which prometheus_client is slow to find."""

    def __init__(self, metric: Any) -> None:
        super().__init__()
        self._metric = metric

    def __missing__(self, labels: Labels) -> Any:
        child = self[labels] = self._metric.labels(*labels)
        return child

    def begin(self, *labels: str) -> None:
        """Begin a child at 0."""
        self[labels]


def _never_raises(
    method: Callable[Concatenate[Meter, P], None],
) -> Callable[Concatenate[Meter, P], None]:
    def counted(self: Meter, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception:
            self._failures.inc()
            log.exception("the meter could not count %s", method.__name__)

    counted.__doc__ = method.__doc__
    return counted


class Meter:
    """The counters of the worker, in the registry that it was handed.

    `limit` bounds the values of each label, `sets` the combinations of ticket attributes.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        policies: PolicySet,
        *,
        limit: int = LIMIT,
        sets: int = SETS,
    ) -> None:
        # A `_created` sample beside each counter doubles the series and nobody asks for it.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._failures = metrics.METER_ERRORS.counter(registry)
        self._folds = metrics.FOLDED.counter(registry)
        self._closed = Children(metrics.CLOSED.counter(registry))
        self._breaches = Children(metrics.BREACHES.counter(registry))
        self._warnings = Children(metrics.WARNINGS.counter(registry))
        self._retractions = metrics.RETRACTIONS.counter(registry)
        self._corrections = Children(metrics.CORRECTIONS.counter(registry))
        self._used = Children(metrics.USED.histogram(registry))
        self._reopened = Children(metrics.REOPENED.counter(registry))
        self._team_seconds = Children(metrics.TEAM_SECONDS.counter(registry))
        self._unassigned_seconds = Children(metrics.UNASSIGNED_SECONDS.counter(registry))
        self._reopened_breaches = Children(metrics.REOPENED_BREACHES.counter(registry))
        self._unmatched = metrics.UNMATCHED.counter(registry)
        self._events = Children(metrics.EVENTS.counter(registry))
        self._dead_letters = Children(metrics.DEAD_LETTERS.counter(registry))
        self._lateness = metrics.LATENESS.histogram(registry)
        names = (*metrics.CLOCK, *metrics.ATTRIBUTES, "level", "cause", "reason", "result")
        self._values = {name: Values(name, limit, self._fold) for name in names}
        clock = [self._values[name] for name in metrics.CLOCK]
        attributes = [self._values[name] for name in metrics.ATTRIBUTES]
        self._sets = LabelSets(clock, attributes, sets, self._fold)
        self._teams = LabelSets(clock, [self._values["team"]], sets, self._fold)
        self._expected: set[tuple[object, ...]] = set()
        self._clocks: set[Labels] = set()
        self._begun: set[Labels] = set()
        self._begin()
        self.begin(policies)

    # -- what the processor says

    @_never_raises
    def events(self, type_: str, result: str, count: int = 1) -> None:
        """Count ticket events: their type and what became of them."""
        known = type_ if type_ in EVENT_TYPES else "other"
        self._events[known, self._values["result"].fold(result)].inc(count)

    @_never_raises
    def dead_letter(self, reason: str) -> None:
        """Count a record that was put aside."""
        self._dead_letters[(self._values["reason"].fold(reason),)].inc()

    @_never_raises
    def unmatched(self) -> None:
        """Count a ticket that no policy matches (R19)."""
        self._unmatched.inc()

    @_never_raises
    def lateness(self, seconds: float, fact: Fact) -> None:
        """Note how late a tick fired a fact."""
        self._lateness.observe(seconds, exemplar(fact))

    @_never_raises
    def fact(self, fact: Fact) -> None:
        """Count what a fact means for the numbers."""
        if fact.corrects:
            self._corrections[(fact.type,)].inc()
        clock = (fact.policy, fact.kind, fact.metric)
        if fact.type in ("started", "retargeted"):
            self._start(self._labels(fact))
        elif fact.type in ("breached", "fulfilled", "cancelled"):
            self._outcome(fact, clock)
        elif fact.type == "breach_imminent":
            level = self._values["level"].fold(fact.level)
            self._warnings[*self.clock(clock), level].inc()
        elif fact.type == "breach_retracted":
            self._retractions.inc()
        elif fact.type == "resumed" and fact.withdraws == "met":
            self._reopened[*self.clock(fact.counted_under)].inc()

    def _outcome(self, fact: Fact, clock: tuple[str, str, str]) -> None:
        """Count a cycle at its outcome, once (R26)."""
        told = exemplar(fact) if fact.type != "cancelled" else None
        if fact.type == "fulfilled":
            self._used[*self.clock(clock)].observe(fact.margin, told)
        if fact.type != "breached" and fact.breached_at is not None:
            return  # it was counted when it was breached
        labels = self._labels(fact)
        if fact.type != "breached":
            self._closed[*labels, "met" if fact.type == "fulfilled" else fact.type].inc()
            return
        self._closed[*labels, fact.type].inc(1, told)
        self._breaches[*labels, self._values["cause"].fold(fact.reason)].inc(1, told)
        self._causes(fact, clock)

    def _causes(self, breach: Fact, clock: tuple[str, str, str]) -> None:
        """Add up in whose hands the time of a breached cycle went (R28)."""
        labels, unassigned = self.clock(clock), 0
        for (team, _, assignee), ms in breach.causes:
            self._team_seconds[self._teams.fold(clock, [team], silent=True)].inc(ms / 1000)
            unassigned += ms if assignee is None else 0
        self._unassigned_seconds[labels].inc(unassigned / 1000)
        if breach.reopens:
            self._reopened_breaches[labels].inc()

    @_never_raises
    def expect(self, clock: tuple[str, str, str], attributes: Attributes) -> None:
        """Begin the series of an open clock at 0, so that its outcome is an increase."""
        get = attributes.get
        told = (get("priority"), get("channel"), get("tier"), get("team"))
        if (*clock, *told) not in self._expected:
            self._start(self._sets.fold(clock, told, silent=True))
            if self._sets.remembers((*clock, *told)):
                self._expected.add((*clock, *told))

    # -- labels

    def clock(self, clock: tuple[str, str, str]) -> Labels:
        """Give a clock's labels, for gauges: bounded as those of the counters are."""
        if clock in self._clocks:
            return clock
        return self._sets.fold_clock(clock, silent=True)

    def team(self, clock: Labels, team: str | None) -> Labels:
        """Give the labels of a clock and the team that holds the ticket, bounded too."""
        return self._teams.fold(clock, [team], silent=True)

    def _labels(self, fact: Fact) -> Labels:
        told = [fact.attributes.get(name) for name in metrics.ATTRIBUTES]
        return self._sets.fold((fact.policy, fact.kind, fact.metric), told)

    def _fold(self, label: str) -> None:
        self._folds.labels(label).inc()

    def _begin(self) -> None:
        """Begin at 0 what is known beforehand."""
        values = self._values
        values["kind"].name_all(KINDS)
        values["cause"].name_all(CAUSES)
        values["reason"].name_all(REASONS)
        values["result"].name_all(RESULTS)
        for type_ in EVENT_TYPES:
            for result in RESULTS:
                self._events.begin(type_, result)
        for reason in REASONS:
            self._dead_letters.begin(reason)
        for fact_type in TYPES:
            self._corrections.begin(fact_type)
        for label in (*self._values, "label_set"):
            self._folds.labels(label)

    @_never_raises
    def begin(self, policies: PolicySet) -> None:
        """Begin at 0 what a policy set promises; one that is known already begins nothing new."""
        values = self._values
        values["policy"].name_all(policy.name for policy in policies.policies)
        values["metric"].name_all(metric for one in policies.policies for metric in one.targets)
        for policy in policies.policies:
            values["priority"].name_all(p for by in policy.targets.values() for p in by)
            for name in metrics.ATTRIBUTES:
                values[name].name_all(policy.match.get(name, ()))
            levels = {
                "" if warning.level is None else str(warning.level) for warning in policy.warnings
            }
            values["level"].name_all(levels)
            for metric in policy.targets:
                clock = (policy.name, policy.kind, metric)
                self._clocks.add(clock)
                self._start_clock(clock, levels)
                self._start(self._sets.fold(clock, [None] * len(metrics.ATTRIBUTES)))

    def _start(self, labels: Labels) -> None:
        if labels in self._expected:
            return
        self._expected.add(labels)
        for outcome in OUTCOMES:
            self._closed.begin(*labels, outcome)
        for cause in CAUSES:
            self._breaches.begin(*labels, cause)
        clock, team = labels[: len(metrics.CLOCK)], labels[len(metrics.CLOCK) :][TEAM]
        self._team_seconds.begin(*self._teams.fold(clock, [team], silent=True))
        if clock not in self._begun:  # under policies that were adopted before this worker began
            self._start_clock(clock, self._values["level"].named - {OTHER})

    def _start_clock(self, clock: Labels, levels: Iterable[str]) -> None:
        self._begun.add(clock)
        for counted in (
            self._used,
            self._reopened,
            self._unassigned_seconds,
            self._reopened_breaches,
        ):
            counted.begin(*clock)
        for level in levels:
            self._warnings.begin(*clock, level)
