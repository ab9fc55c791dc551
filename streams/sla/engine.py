"""Settle, then apply: how a ticket's state advances and what is said of it.

`apply(ticket, event)` fires everything due strictly before the event, then applies it (R2);
`settle(ticket, instant)` says that time has reached an instant. Both change the ticket in place,
return the facts in the order in which they came true, and read no clock. A refused event changes
nothing.

Within one event the order is R6's: clocks that the event stops are stopped on the terms that they
ran under, then the policy is matched again (R16), then the rest pauses, resumes or starts.

Late events (R7)
----------------
Facts are a pure function of (base, history, instant reached). So a late event is not patched in:
the ticket is folded twice, without it and with it, and the difference is the compensation. What
fell away is taken back by name; what came to light goes out with `corrects`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from streams.sla.clock import PATHS, Clock, Signal, State, Step, steps, target_ms
from streams.sla.duration import Duration
from streams.sla.events import Attributes, TicketEvent
from streams.sla.facts import Fact, FactType
from streams.sla.metric import RULES, Want, want
from streams.sla.policy import KINDS, Policy, PolicySet
from streams.sla.story import Story
from streams.sla.ticket import HISTORY_LIMIT, Ticket

NOTHING: tuple[Fact, ...] = ()


class TooLate(ValueError):
    """An event from before the ticket's kept history: it cannot be told where it belongs (R7)."""


class UnknownVersion(LookupError):
    """A ticket runs under a policy set that the engine was not given (R18)."""


class Engine:
    """The rules, over a set of policy sets by version; `current` is what new tickets get."""

    def __init__(self, current: PolicySet, others: Mapping[str, PolicySet] | None = None) -> None:
        self.current = current
        self.policies = {**(others or {}), current.version: current}

    def apply(self, ticket: Ticket | None, event: TicketEvent) -> tuple[Ticket, list[Fact]]:
        """Apply an event; give the ticket and what it made true.

        Raises TooLate, before anything is changed, for an event older than the kept history.
        A duplicate gives no facts (R7).
        """
        if ticket is None:
            ticket = Ticket(event.ticket, self.current.version)
        if any(event.key == known.key for known in ticket.history):
            return ticket, []
        order = event.order(self._policies(ticket).category)
        if order < ticket.newest or event.time < ticket.reached:
            return ticket, self._amend(ticket, event)
        facts = self._advance(ticket, event)
        if len(ticket.history) > HISTORY_LIMIT:
            self._forget(ticket)
        return ticket, facts

    def settle(self, ticket: Ticket, instant: int) -> list[Fact]:
        """Fire what is due strictly before an instant (R2, R5: at the deadline it is still met)."""
        facts: list[Fact] = []
        while True:
            ready = [
                (clock.due, KINDS.index(clock.kind), clock.metric, clock)
                for clock in ticket.clocks.values()
                if clock.due is not None and clock.due < instant
            ]
            if not ready:
                break
            due, _, _, clock = min(ready, key=lambda entry: entry[:3])
            facts.extend(self._step(ticket, clock, due))
            ticket.reached = max(ticket.reached, due + 1)
        return [_issued(ticket, fact) for fact in facts]

    def policy(self, version: str, kind: str, name: str) -> Policy:
        """Find a policy of a version by kind and name; raises UnknownVersion where it is not."""
        for policy in self._set(version).policies:
            if (policy.kind, policy.name) == (kind, name):
                return policy
        message = f"policies version {version!r} has no {kind} policy {name!r}"
        raise UnknownVersion(message)

    def unmatched(self, ticket: Ticket) -> bool:
        """Whether no policy of any kind matches the ticket as it is now (R19)."""
        policies = self._policies(ticket)
        return all(policies.match(kind, ticket.story.attributes) is None for kind in KINDS)

    # -- one event -----------------------------------------------------------------------------

    def _advance(self, ticket: Ticket, event: TicketEvent) -> list[Fact]:
        facts = self.settle(ticket, event.time)
        policies = self._policies(ticket)
        before = ticket.story.attributes
        ticket.story.tell(event, policies.category)
        ticket.newest = event.order(policies.category)
        ticket.reached = max(ticket.reached, event.time)
        ticket.history.append(event)
        said: list[Fact] = []
        for clock in ticket.open_clocks():
            said.extend(self._stop(ticket, clock, event.time, before))
        for kind in KINDS:
            policy = policies.match(kind, ticket.story.attributes)
            for metric in RULES:
                said.extend(self._follow(ticket, (kind, metric), policy, before, event.time))
        return facts + [_issued(ticket, fact) for fact in said]

    def _stop(self, ticket: Ticket, clock: Clock, now: int, judged: Attributes) -> list[Fact]:
        """End a clock that the story ends, on the terms and attributes that it ran under (R16)."""
        wanted = want(clock.metric, ticket.story)
        if wanted is None or (wanted.cycle == clock.cycle and wanted.state == "running"):
            return []
        ended: State = wanted.state if wanted.cycle == clock.cycle else "fulfilled"
        return self._move(ticket, clock, ended, now, reason=wanted.reason, attributes=judged)

    def _follow(
        self,
        ticket: Ticket,
        name: tuple[str, str],
        policy: Policy | None,
        before: Attributes,
        now: int,
    ) -> list[Fact]:
        """Bring the clock of a metric to where the story and the policy say it should be."""
        metric = name[1]
        clock = ticket.clocks.get(name)
        wanted = want(metric, ticket.story)
        priority = ticket.story.attributes.get("priority")
        duration = policy.target(metric, priority) if policy is not None else None
        if policy is None or duration is None:
            if clock is None or not clock.open:
                return []
            reason = "no_policy" if policy is None else "no_target"
            return self._move(ticket, clock, "cancelled", now, reason=reason)
        if wanted is None or wanted.state != "running":
            return []
        facts: list[Fact] = []
        if clock is None or wanted.cycle > clock.cycle:
            clock = self._begin(ticket, name, policy, duration, wanted, now)
        elif clock.policy is not policy or priority != before.get("priority") or not clock.open:
            target = target_ms(duration, policy.schedule, wanted.started_at)
            if clock.policy is not policy or clock.target != target:
                facts.extend(self._retarget(ticket, clock, policy, target, now))
        if clock.state == "cancelled" and clock.reason in UNPROMISED:
            clock.used = self._counted(ticket, metric, policy, wanted.started_at, now)
        paused = _paused(policy, metric, ticket.story, self._policies(ticket))
        return facts + self._move(ticket, clock, "paused" if paused else "running", now)

    # -- one clock -----------------------------------------------------------------------------

    def _begin(
        self,
        ticket: Ticket,
        name: tuple[str, str],
        policy: Policy,
        duration: Duration,
        wanted: Want,
        now: int,
    ) -> Clock:
        """Put a new clock on the ticket; it starts with the next transition."""
        target = target_ms(duration, policy.schedule, wanted.started_at)
        kind, metric = name
        clock = ticket.clocks[name] = Clock(
            kind=kind,
            metric=metric,
            cycle=wanted.cycle,
            policy=policy,
            target=target,
            started_at=wanted.started_at,
            since=now,
            steps=steps(policy, target),
            used=self._counted(ticket, metric, policy, wanted.started_at, now),
        )
        return clock

    def _counted(
        self, ticket: Ticket, metric: str, policy: Policy, started_at: int, now: int
    ) -> int:
        """Count the active ms as if the policy had applied from the start (R9)."""
        if started_at >= now:
            return 0
        policies = self._policies(ticket)
        story = replace(ticket.base.story) if ticket.base else Story()
        since = started_at if ticket.base else None
        used = 0
        for event in ticket.history:
            if since is not None:
                used += policy.schedule.elapsed(since, max(since, event.time))
            story.tell(event, policies.category)
            wanted = want(metric, story)
            runs = wanted is not None and wanted.state == "running"
            since = event.time if runs and not _paused(policy, metric, story, policies) else None
        return used

    def _retarget(
        self, ticket: Ticket, clock: Clock, policy: Policy, target: int, now: int
    ) -> list[Fact]:
        """Swap the terms of a clock (R16). One that is finished takes them up when it reopens."""
        if not clock.open:
            clock.policy, clock.target, clock.steps = policy, target, steps(policy, target)
            clock.step = 0
            return []
        clock.retarget(policy, target, now)
        said = [self._fact(ticket, clock, "retargeted", now)]
        return said + self._collapse(ticket, clock, now, "target_tightened")

    def _move(
        self,
        ticket: Ticket,
        clock: Clock,
        state: State,
        now: int,
        *,
        reason: str | None = None,
        attributes: Attributes | None = None,
    ) -> list[Fact]:
        """Take the transitions that lead to a state, and say them."""
        facts: list[Fact] = []
        for signal in PATHS.get((clock.state, state), ()):
            met = clock.state == "fulfilled" and clock.breached_at is None
            clock.signal(signal, now)
            clock.reason = reason
            told: dict[str, Any] = {}
            if attributes is not None:
                told["attributes"] = attributes
            if signal == "fulfil":
                told["outcome"] = "met" if clock.breached_at is None else "breached"
            elif signal == "cancel":
                told["reason"] = reason
            elif signal == "reopen":
                told["discriminator"] = told["reason"] = "reopened"
                told["withdraws"] = "met" if met else None
            fact = self._fact(ticket, clock, SAYS[signal], now, **told)
            facts.append(fact)
            if signal in ("start", "reopen"):
                facts.extend(self._collapse(ticket, clock, now, "policy_applied"))
        return facts

    def _collapse(self, ticket: Ticket, clock: Clock, now: int, reason: str) -> list[Fact]:
        """Deal with steps already past when a clock starts or is retargeted (R16, R21).

        The breach comes once; of the warnings only the highest, and none from before a breach.
        """
        past: list[Step] = []
        while clock.step < len(clock.steps) and _past(clock, clock.steps[clock.step]):
            past.append(clock.steps[clock.step])
            clock.step += 1
        if not past:
            return []
        facts: list[Fact] = []
        if any(step.warning is None for step in past) and clock.breached_at is None:
            clock.breached_at = clock.deadline = now
            facts.append(self._fact(ticket, clock, "breached", now, reason=reason))
        highest = past[-1]
        if highest.warning is not None and not _spoilt(clock, highest):
            facts.append(self._warning(ticket, clock, highest, now))
        clock.plan()
        return facts

    def _step(self, ticket: Ticket, clock: Clock, due: int) -> list[Fact]:
        """Take the clock's next step at its instant."""
        step = clock.steps[clock.step]
        clock.step += 1
        facts: list[Fact] = []
        if step.warning is None:
            if clock.breached_at is None:
                clock.breached_at = clock.deadline = due
                facts.append(self._fact(ticket, clock, "breached", due, reason="deadline_passed"))
        elif not _spoilt(clock, step):
            facts.append(self._warning(ticket, clock, step, due))
        clock.plan()
        return facts

    def _warning(self, ticket: Ticket, clock: Clock, step: Step, now: int) -> Fact:
        assert step.warning is not None
        return self._fact(
            ticket,
            clock,
            "breach_imminent",
            now,
            threshold=step.warning.key,
            level=step.warning.level,
            notify=step.warning.notify,
            schedule_open=clock.policy.schedule.is_open(now),
        )

    def _fact(self, ticket: Ticket, clock: Clock, type_: FactType, now: int, **told: Any) -> Fact:
        told.setdefault("attributes", ticket.story.attributes)
        if type_ in ("paused", "resumed"):
            told.setdefault("discriminator", str(now))
        return Fact(
            type=type_,
            ticket=ticket.id,
            time=now,
            kind=clock.kind,
            metric=clock.metric,
            cycle=clock.cycle,
            revision=clock.revision,
            policy=clock.policy.name,
            version=ticket.version,
            schedule=clock.policy.schedule.name,
            started_at=clock.started_at,
            deadline=clock.deadline,
            target=clock.target,
            elapsed=clock.elapsed(now),
            breached_at=clock.breached_at,
            **told,
        )

    # -- late events ---------------------------------------------------------------------------

    def _amend(self, ticket: Ticket, event: TicketEvent) -> list[Fact]:
        """Fold the ticket again with a late event; give the compensation (R7)."""
        category = self._policies(ticket).category
        order = event.order(category)
        if ticket.base is not None and order < ticket.base.newest:
            message = (
                f"event at {event.time} of ticket {ticket.id!r} is older than the ticket's kept "
                f"history, which begins at {ticket.base.newest[0]}"
            )
            raise TooLate(message)
        history = list(ticket.history)
        place = bisect_right(history, order, key=lambda known: known.order(category))
        _, before = self._fold(ticket, history, ticket.reached)
        again, after = self._fold(
            ticket, [*history[:place], event, *history[place:]], ticket.reached
        )
        facts = _compensation(before, after, ticket.spent, again.reached)
        ticket.story, ticket.clocks, ticket.history = again.story, again.clocks, again.history
        ticket.newest, ticket.reached = again.newest, again.reached
        return facts

    def _fold(
        self, ticket: Ticket, events: list[TicketEvent], reached: int | None
    ) -> tuple[Ticket, list[Fact]]:
        """Fold events onto the ticket's base, then settle up to an instant."""
        fresh = ticket.base.copy() if ticket.base else Ticket(ticket.id, ticket.version)
        fresh.base = ticket.base
        facts = [fact for event in events for fact in self._advance(fresh, event)]
        if reached is not None:
            facts.extend(self.settle(fresh, reached))
        return fresh, facts

    def _forget(self, ticket: Ticket) -> None:
        """Fold the older half of the history into the base, so that the row stays small."""
        half = len(ticket.history) // 2
        base, _ = self._fold(ticket, ticket.history[:half], None)
        base.history, base.base, base.spent = [], None, {}
        ticket.base, ticket.history = base, ticket.history[half:]

    def _policies(self, ticket: Ticket) -> PolicySet:
        return self._set(ticket.version)

    def _set(self, version: str) -> PolicySet:
        policies = self.policies.get(version)
        if policies is None:
            known = ", ".join(sorted(self.policies))
            message = f"policies version {version!r} is not among those known: {known}"
            raise UnknownVersion(message)
        return policies


UNPROMISED = ("no_policy", "no_target")
SAYS: dict[Signal, FactType] = {
    "start": "started",
    "pause": "paused",
    "resume": "resumed",
    "fulfil": "fulfilled",
    "cancel": "cancelled",
    "reopen": "resumed",
}


def _paused(policy: Policy, metric: str, story: Story, policies: PolicySet) -> bool:
    """Whether the policy stands the metric's clock still in the story's status (R15)."""
    if metric not in policy.pause.metrics or not policies.pauses(policy, story.status):
        return False
    return not (story.spoke_since_status and "customer_message" in policy.pause.resume_on)


def _past(clock: Clock, step: Step) -> bool:
    """Whether a step lies behind: at the very deadline the promise is still kept (R5)."""
    return step.active < clock.used or (step.active == clock.used and step.warning is not None)


def _spoilt(clock: Clock, step: Step) -> bool:
    """Whether a step warns of a breach that stands already."""
    return clock.breached_at is not None and step.active <= clock.target


def _issued(ticket: Ticket, fact: Fact) -> Fact:
    """Number a fact whose id was spent by a retraction."""
    issue = ticket.spent.get(fact.key, 0) if ticket.spent else 0
    return replace(fact, issue=issue) if issue else fact


def _compensation(
    before: list[Fact],
    after: list[Fact],
    spent: dict[tuple[str, str, int, int, str, str], int],
    now: int,
) -> list[Fact]:
    """Take back what fell away, then say what came to light."""
    held = {fact.key: fact for fact in before}
    holds = {fact.key: fact for fact in after}
    facts: list[Fact] = []
    for key, fact in held.items():
        if key in holds and holds[key].says_the_same(fact):
            continue
        facts.append(replace(fact, issue=spent.get(key, 0)).taken_back(now))
        spent[key] = spent.get(key, 0) + 1
    for key, fact in holds.items():
        if key in held and fact.says_the_same(held[key]):
            continue
        facts.append(replace(fact, corrects=True, issue=spent.get(key, 0)))
    return facts
