"""How each deadline of a ticket came about (R33), from the events that the ticket keeps.

Nothing is recorded for it while tickets are processed. The history is folded again by the same
engine, and each clock is looked at after each event: where its state or its terms are others than
before, a *mark* is made. What lies between two marks is a segment. The windows are then asked of
the schedule, so that they can be added up apart from the engine's own arithmetic.

- A change of hands banks the time and changes neither state nor terms: no mark.
- Events that were folded into the ticket's base are gone. The first segment then starts at the
  clock's last change before them, with what had been used by then.
- Where a policy came to apply late, the time before it was counted at that moment as if it had
  applied all along (R9); `_counted` walks the history as the engine does and keeps the pieces. So
  it is where a version of the policies was applied from the clocks' start (R18), and where what a
  policy counts begins or ends with the policy (`start`).
- What a survivor inherits from a merged ticket is a piece that lies before what it counted itself
  (R20); it is added where the merge happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from streams.sla.clock import Clock, State, fixed_until, target_ms
from streams.sla.duration import Active
from streams.sla.engine import Engine
from streams.sla.events import Absorbed, Adopted, TicketEvent
from streams.sla.explanation import Breach, Explanation, NoDeadline, Segment, Sum, Terms
from streams.sla.facts import Fact
from streams.sla.following import inherited_until
from streams.sla.metric import LIVE, want
from streams.sla.policy import Policy
from streams.sla.progress import UNPROMISED
from streams.sla.schedule import Schedule
from streams.sla.start import counts_anew
from streams.sla.story import Story
from streams.sla.ticket import Ticket
from streams.sla.versions import Versions

PASSED = "deadline_passed"
CHANGES = ("started", "paused", "resumed", "retargeted", "fulfilled", "cancelled")

Name = tuple[str, str, int]
"""What tells a ticket's lives apart: kind, metric, cycle."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """A change of a clock's state or terms.

    `late` is what was counted anew at it, if so; `inherited` what a merge added to what stands.
    """

    at: int
    state: State
    policy: Policy
    terms: Terms
    revision: int
    started_at: int
    used: int
    deadline: int | None
    no_deadline: NoDeadline | None
    cause: TicketEvent | None = None
    changes: tuple[str, ...] = ()
    reason: str | None = None
    late: tuple[Segment, ...] | None = None
    inherited: Segment | None = None


@dataclass(slots=True)
class _Life:
    """A cycle of a clock: the engine's clock itself, its marks, and whether it had lapsed."""

    clock: Clock
    marks: list[_Mark] = field(default_factory=list)
    lapsed: bool = False

    def changed(self) -> bool:
        """Whether the clock's state or terms are others than at the last mark."""
        if not self.marks:
            return True
        clock, last = self.clock, self.marks[-1]
        before = last.state, last.revision, last.terms.target, last.started_at
        return (clock.state, clock.revision, clock.target, clock.started_at) != before


def explain(ticket: Ticket, engine: Engine, as_of: int) -> list[Explanation]:
    """Explain every cycle of every clock, in the order in which they came to be.

    `as_of` is the instant (ms UTC) up to which running clocks are counted. What is explained is
    what was said: a step that is due and was not fired yet is not fired here.
    """
    lives, breaches = _lives(ticket, engine)
    return [
        _explanation(ticket, life, breaches.get(name), max(as_of, ticket.reached))
        for name, life in lives.items()
    ]


# -- folding again ---------------------------------------------------------------------------------


def _lives(ticket: Ticket, engine: Engine) -> tuple[dict[Name, _Life], dict[Name, Fact]]:
    """Fold the history again; give the lives of its clocks, and each one's breach."""
    lives: dict[Name, _Life] = {}
    said: list[Fact] = []
    for fresh, event, facts in engine.retold(ticket):
        said += facts
        for clock in fresh.clocks.values():
            if _name(clock) not in lives:
                lives[_name(clock)] = _Life(clock) if event is not None else _kept(clock, fresh)
        for life in lives.values():
            if event is not None and life.changed():
                life.marks.append(_mark(life, fresh, engine.versions, event, facts))
            life.lapsed = life.clock.lapsed
    return lives, {_name(fact): fact for fact in said if fact.type == "breached"}


def _kept(clock: Clock, base: Ticket) -> _Life:
    """Start with a clock of the base, at its last change before what is kept."""
    mark = _Mark(
        clock.since if clock.finished_at is None else clock.finished_at,
        clock.state,
        clock.policy,
        _terms(clock, base),
        clock.revision,
        clock.started_at,
        clock.used,
        *_ahead(clock),
        reason=clock.reason,
    )
    return _Life(clock, [mark])


def _mark(
    life: _Life, ticket: Ticket, versions: Versions, event: TicketEvent, facts: list[Fact]
) -> _Mark:
    """Mark what an event has made of a clock."""
    clock, last = life.clock, life.marks[-1] if life.marks else None
    own = [fact for fact in facts if _name(fact) == _name(clock) and fact.time == event.time]
    said = [fact for fact in own if fact.type in CHANGES]
    if last is not None and (last.policy == clock.policy and last.terms.target == clock.target):
        terms = last.terms
    else:
        terms = _terms(clock, ticket)
    anew = _anew(life, event)
    inherits = not anew and last is not None and clock.started_at != last.started_at
    return _Mark(
        event.time,
        clock.state,
        clock.policy,
        terms,
        clock.revision,
        clock.started_at,
        clock.used,
        *_ahead(clock),
        cause=event,
        changes=tuple(fact.type for fact in said),
        reason=next((fact.reason for fact in said if fact.reason is not None), None),
        late=tuple(_counted(clock, terms, ticket, versions)) if anew else None,
        inherited=_inherited(clock, last, event) if inherits and last is not None else None,
    )


def _anew(life: _Life, event: TicketEvent) -> bool:
    """Whether what stands on the clock was counted at this event, from its start."""
    if not life.marks:
        return life.clock.started_at < event.time
    clock, last = life.clock, life.marks[-1]
    unpromised = last.state == "cancelled" and last.reason in UNPROMISED
    if clock.open and (unpromised or life.lapsed):
        return True
    if not isinstance(event, Absorbed) and counts_anew(last, clock.policy, clock.started_at):
        return True
    return isinstance(event, Adopted) and event.since == "start" and clock.open


def _inherited(clock: Clock, last: _Mark, cause: TicketEvent) -> Segment:
    """Tell what a survivor's clock was given from before its own start (R20).

    It was counted on the terms that held up to the merge.
    """
    schedule = last.terms.schedule
    given = _sum("running", schedule, clock.started_at, last.started_at, 0)
    before = clock.used - given.total
    return Segment(
        "running",
        last.terms,
        clock.revision,
        replace(given, before=before),
        cause,
        counted_late=True,
        inherited=True,
    )


def _terms(clock: Clock, ticket: Ticket) -> Terms:
    """Find the promise that the clock's target was made from: that of the priority, if it fits."""
    policy, schedule = clock.policy, clock.policy.schedule
    of_priority = policy.target(clock.metric, ticket.story.attributes.get("priority"))
    promises = [of_priority, *policy.targets[clock.metric].values()]
    fitting = (
        promise
        for promise in promises
        if promise is not None and target_ms(promise, schedule, clock.started_at) == clock.target
    )
    promise = next(fitting, Active(clock.target))
    until = None
    if not isinstance(promise, Active):
        until = fixed_until(promise, schedule, clock.started_at)
    return Terms(policy.name, schedule, promise, clock.target, until)


def _ahead(clock: Clock) -> tuple[int | None, NoDeadline | None]:
    """Give the deadline that lies ahead of a running clock, or why there is none."""
    if clock.state != "running":
        return None, None
    if clock.breached_at is not None and clock.target <= clock.used:
        return None, "breached"
    return clock.deadline, "never" if clock.deadline is None else None


def _counted(clock: Clock, terms: Terms, ticket: Ticket, versions: Versions) -> Iterator[Segment]:
    """Tell what was counted as if the policy had applied from the clock's start (R9)."""
    policies = versions.set(clock.version)
    story = ticket.base.story.copy() if ticket.base else Story()
    wanted = want(clock.metric, story, clock.policy, policies)
    pieces: list[tuple[int, State, TicketEvent | None]] = []
    inherited: list[tuple[int, int, TicketEvent]] = []
    if wanted is not None and wanted.cycle == clock.cycle and wanted.state == "running":
        # As the engine does: what was folded into the base counts as if nothing stood still in it.
        pieces.append((wanted.started_at, "running", None))
    for event in ticket.history:
        story.tell(event, policies.category)
        before, wanted = wanted, want(clock.metric, story, clock.policy, policies)
        if wanted is None or wanted.cycle != clock.cycle:
            continue
        if not pieces or pieces[-1][1] != wanted.state:
            pieces.append((event.time, wanted.state, event))
        until = inherited_until(before, wanted, event.time)
        running = wanted.state == "running"
        if isinstance(event, Absorbed) and running and until > wanted.started_at:
            inherited.append((wanted.started_at, until, event))
    now, used = ticket.history[-1].time, 0
    spans: list[tuple[int, int, State, TicketEvent | None]] = []
    spans += ((at, end, "running", cause) for at, end, cause in reversed(inherited))
    ends = [*(at for at, _, _ in pieces[1:]), now][: len(pieces)]
    spans += [(at, end, state, cause) for (at, state, cause), end in zip(pieces, ends, strict=True)]
    for place, (since, end, state, cause) in enumerate(spans):
        at = max(since, clock.started_at)  # before it nothing counts where the policy says so
        if at < now and (at == since or at < end):
            counted = _sum(state, terms.schedule, at, end, used)
            yield Segment(
                state,
                terms,
                clock.revision,
                counted,
                cause,
                counted_late=True,
                inherited=place < len(inherited),
            )
            used = counted.total


# -- adding up -------------------------------------------------------------------------------------


def _explanation(ticket: Ticket, life: _Life, said: Fact | None, as_of: int) -> Explanation:
    """Put a life into segments, and find the sums of its deadline and its breach."""
    clock, segments = life.clock, _segments(life, as_of)
    breach = _breach(clock, segments, said)
    deadline = None
    if breach is not None and clock.deadline == breach.at:
        deadline = breach.sum
    elif clock.deadline is not None:
        ahead = (one.deadline for one in reversed(segments) if one.deadline is not None)
        deadline = next(ahead, None)
    kept_since = ticket.base.newest[0] if ticket.base else -1
    return Explanation(
        version=clock.version,
        kind=clock.kind,
        metric=clock.metric,
        cycle=clock.cycle,
        revision=clock.revision,
        state=clock.state,
        started_at=clock.started_at,
        as_of=as_of,
        segments=tuple(segments),
        deadline=deadline,
        breach=breach,
        known_since=kept_since if clock.started_at <= kept_since else None,
    )


def _segments(life: _Life, as_of: int) -> list[Segment]:
    """Turn marks into what lies between them; the last lasts until `as_of`, if it is open."""
    segments: list[Segment] = []
    ends: list[int | None] = [*(mark.at for mark in life.marks[1:]), None]
    for mark, next_ in zip(life.marks, ends, strict=True):
        if mark.late is not None:
            segments = [replace(before, superseded=True) for before in segments]
            segments += mark.late
        if mark.inherited is not None:
            segments.append(mark.inherited)
        schedule = mark.terms.schedule
        ongoing = next_ is None and mark.state in LIVE
        end = next_ if next_ is not None else as_of if ongoing else mark.at
        ahead = mark.deadline
        segments.append(
            Segment(
                mark.state,
                mark.terms,
                mark.revision,
                _sum(mark.state, schedule, mark.at, end, mark.used),
                cause=mark.cause,
                changes=mark.changes,
                reason=mark.reason,
                deadline=None
                if ahead is None
                else _sum("running", schedule, mark.at, ahead, mark.used),
                no_deadline=mark.no_deadline,
                ongoing=ongoing,
            )
        )
    return segments


def _breach(clock: Clock, segments: list[Segment], said: Fact | None) -> Breach | None:
    """Find the sum that the breach stands on, in the segment in which it came true (R2, R16)."""
    if said is None:
        return None if clock.breached_at is None else Breach(clock.breached_at)
    at = said.time
    holding = [one for one in segments if not one.counted_late and one.sum.start <= at][-1]
    if said.reason == PASSED:
        return Breach(at, PASSED, said.target, holding.deadline)
    past = Sum(holding.terms.schedule, at, at, said.elapsed)
    return Breach(at, said.reason, said.target, past)


def _sum(state: State, schedule: Schedule, start: int, end: int, before: int) -> Sum:
    windows = tuple(schedule.windows(start, end)) if state == "running" else ()
    return Sum(schedule, start, end, before, windows)


def _name(of: Clock | Fact) -> Name:
    return of.kind, of.metric, of.cycle
