"""A naive oracle: walks the minutes of a ticket's life one by one, for all metrics and both kinds.

It shares no code with the engine: what was said is kept in lists (`tale`), schedules are looked up
minute by minute on the local clock (`local`), clocks are plain numbers (`run`). It sorts the events
by itself (R6), drops duplicates (R7) and tells the whole life again. Everything in its world
happens on whole minutes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from streams.sla.events import Changed, Created, Deleted, Merged, Messaged, TicketEvent
from tests.sla.local import DAY, business_minutes, open_minutes
from tests.sla.promise import Promise
from tests.sla.run import Hands, Run
from tests.sla.tale import METRICS, RESTS_IN, VIEWS, Tale, View

MINUTE = 60_000
KINDS = ("sla", "olo")

Name = tuple[str, str]
"""A kind and a metric."""


@dataclass
class AsIf:
    """What a metric would have used, had a promise always held: of a cycle, by hands (R9, R16)."""

    cycle: int = 0
    hands: Counter[Hands] = field(default_factory=Counter)


class Life:
    """A ticket's life by the minute, under promises in the file's order."""

    def __init__(self, promises: tuple[Promise, ...], statuses: Mapping[str, str], at: int) -> None:
        self.promises = promises
        self.tale = Tale(statuses)
        self.first, self.minute = at - at % (7 * DAY), at  # one table for all lives of a week
        self.runs: dict[Name, list[Run]] = {(kind, one): [] for kind in KINDS for one in METRICS}
        self.as_if = {(one, metric): AsIf() for one in promises for metric in one.targets}

    @property
    def hands(self) -> Hands:
        """Say whose the ticket is now (R28)."""
        team, status, assignee = map(self.tale.attributes.get, ("team", "status", "assignee"))
        return team, status, assignee

    @property
    def reopens(self) -> int:
        """Count the reopens."""
        return len(self.tale.reopens())

    def view(self, metric: str, promise: Promise) -> View | None:
        """Say what the metric's clock should be doing under a promise (R9-R15)."""
        view = VIEWS[metric](self.tale, promise.answering)
        if view is None or view.state != "running":
            return view
        if self.tale.gone is not None:
            return replace(view, state=self.tale.gone)
        word = self.tale.attributes.get("status")
        category = self.tale.category(word)
        rests = metric in promise.resting and not promise.rests.isdisjoint({word, category})
        if promise.wakes and self.tale.woken:
            rests = False
        if rests or category in RESTS_IN.get(metric, ()):
            return replace(view, state="paused")
        return view

    def walk(self, until: int) -> None:
        """Let the minutes pass, one by one."""
        begin, end = self.minute - self.first, until - self.first
        for run in (run for runs in self.runs.values() for run in runs if run.state == "running"):
            opened, next_ = open_minutes(run.promise.hours, self.first), run.next()
            for minute in range(begin, end):
                if next_ is not None and run.used >= next_:
                    run.ring(self.first + minute, self.hands, self.reopens)
                    next_ = run.next()
                run.used += opened[minute]
            if end > begin:
                run.late = max(run.late, run.used - opened[end - 1] - run.target)
            run.spend(self.hands)
        for (promise, metric), as_if in self.as_if.items():
            view = self.view(metric, promise)
            if view is not None and view.state == "running":
                opened = open_minutes(promise.hours, self.first)
                as_if.hands[self.hands] += sum(opened[begin:end])
        self.minute = until

    def hear(self, event: TicketEvent) -> None:
        """Take in an event: what it ends, ends on the old terms, then the new ones hold (R16)."""
        self.tale.hear(event)
        for (_, metric), runs in self.runs.items():
            for run in runs:
                if run.open:
                    self._end(run, metric)
        for (promise, metric), as_if in self.as_if.items():
            view = self.view(metric, promise)
            if view is not None and view.cycle != as_if.cycle:
                as_if.cycle, as_if.hands = view.cycle, Counter()
        for kind in KINDS:
            promise = self._match(kind)
            for metric in METRICS:
                self._follow((kind, metric), promise)

    def _end(self, run: Run, metric: str) -> None:
        view = self.view(metric, run.promise)
        assert view is not None
        if view.cycle != run.cycle or view.state == "ended":
            run.end(self.minute)
        elif view.state not in ("running", "paused"):
            run.end(self.minute, view.state)

    def _match(self, kind: str) -> Promise | None:
        """Find the first promise of a kind whose filter holds (R19)."""
        for promise in self.promises:
            if promise.kind == kind and all(
                self.tale.attributes.get(name) in values for name, values in promise.match.items()
            ):
                return promise
        return None

    def _target(self, promise: Promise, metric: str, since: int) -> int | None:
        targets = promise.targets.get(metric, {})
        target = targets.get(str(self.tale.attributes.get("priority")), targets.get("default"))
        if isinstance(target, str):
            days = int(target.removesuffix("bd"))
            return business_minutes(promise.hours, self.first, since, days)
        return target

    def _follow(self, name: Name, promise: Promise | None) -> None:
        """Bring the clock of a kind and metric to where the promise says it should be."""
        runs = self.runs[name]
        view = None if promise is None else self.view(name[1], promise)
        target = promise and self._target(promise, name[1], view.since if view else self.minute)
        if promise is None or target is None:
            for run in runs[-1:]:
                run.lapsed = True
                if run.open:
                    run.end(self.minute, "no_policy" if promise is None else "no_target")
            return
        if view is None or view.state not in ("running", "paused"):
            return
        if not runs or view.cycle > runs[-1].cycle:
            hands = self.as_if[promise, name[1]].hands.copy()
            terms = self.first, view.cycle, promise, target, view.since
            runs.append(Run(*terms, hands, hands.total()))
        else:
            self._on(name, promise, target)
        if not runs[-1].open:
            runs[-1].begin(self.minute, self.hands, self.reopens)
        runs[-1].go(view.state, self.minute)

    def _on(self, name: Name, promise: Promise, target: int) -> None:
        """Go on with a run, perhaps on new terms, perhaps after a while without any (R16)."""
        run = self.runs[name][-1]
        if (run.promise, run.target) != (promise, target):
            run.promise, run.target, run.taken = promise, target, set()
            if run.open:
                run.revision += 1
                run.say("retargeted", self.minute)
                run.catch_up(self.minute, "target_tightened", self.hands, self.reopens)
        if run.lapsed:
            hands = self.as_if[promise, name[1]].hands.copy()
            run.hands, run.used = hands, hands.total()


def rank(event: TicketEvent, tale: Tale) -> int:
    """Place an event among those of its instant: creation, answer, stop, pause, all else (R6)."""
    match event:
        case Created():
            return 0
        case Messaged(author="agent", public=True):
            return 1
        case Merged() | Deleted():
            return 2
        case Changed(attributes=new) if "status" in new:
            places = {"solved": 2, "closed": 2, "pending": 3, "on_hold": 3}
            return places.get(tale.category(new["status"]), 4)
    return 4


def tell(
    arrived: Iterable[TicketEvent],
    until: int,
    promises: tuple[Promise, ...],
    statuses: Mapping[str, str],
) -> Life:
    """Tell a ticket's life from its events, as they arrived, up to an instant (ms)."""
    known: dict[int, TicketEvent] = {}
    for event in arrived:
        known.setdefault(event.key, event)
    tale = Tale(statuses)
    told = sorted(known.values(), key=lambda event: (event.time, rank(event, tale)))
    life = Life(promises, statuses, told[0].time // MINUTE)
    for event in told:
        assert event.time % MINUTE == 0
        life.walk(event.time // MINUTE)
        life.hear(event)
    life.walk(until // MINUTE)
    return life
