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

from streams.sla.clock import Clock, State, steps, target_ms
from streams.sla.compensation import compensation, issued
from streams.sla.duration import Duration
from streams.sla.events import Attributes, TicketEvent
from streams.sla.facts import Fact
from streams.sla.metric import LIVE, RULES, Want, want
from streams.sla.policy import KINDS, Policy, PolicySet
from streams.sla.progress import UNPROMISED, move, retarget, take_step
from streams.sla.story import Story, Where
from streams.sla.ticket import HISTORY_LIMIT, Order, Ticket


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
        facts = self._advance(ticket, event, order)
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
            facts.extend(take_step(ticket, clock, due))
            ticket.reached = max(ticket.reached, due + 1)
        return [issued(fact, ticket.spent) for fact in facts]

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

    def _advance(self, ticket: Ticket, event: TicketEvent, order: Order) -> list[Fact]:
        facts = self.settle(ticket, event.time)
        policies = self._policies(ticket)
        before = ticket.story.attributes
        ticket.story.tell(event, policies.category)
        ticket.newest = order
        ticket.reached = max(ticket.reached, event.time)
        ticket.history.append(event)
        said: list[Fact] = []
        where = ticket.story.where
        for clock in ticket.clocks.values():
            if clock.where != where:
                clock.hand_over(where, event.time)
        for clock in ticket.open_clocks():
            said.extend(self._stop(ticket, clock, event.time, before))
        for kind in KINDS:
            policy = policies.match(kind, ticket.story.attributes)
            targets = policy.targets if policy is not None else {}
            for metric in RULES:
                if metric in targets or (kind, metric) in ticket.clocks:
                    said.extend(self._follow(ticket, (kind, metric), policy, before, event.time))
        return facts + [issued(fact, ticket.spent) for fact in said]

    def _stop(self, ticket: Ticket, clock: Clock, now: int, judged: Attributes) -> list[Fact]:
        """End a clock that the story ends, on the terms and attributes that it ran under (R16)."""
        wanted = want(clock.metric, ticket.story, clock.policy, self._policies(ticket))
        if wanted is None or (wanted.cycle == clock.cycle and wanted.state in LIVE):
            return []
        ended: State = wanted.state if wanted.cycle == clock.cycle else "fulfilled"
        return move(ticket, clock, ended, now, reason=wanted.reason, attributes=judged)

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
        priority = ticket.story.attributes.get("priority")
        duration = policy.target(metric, priority) if policy is not None else None
        if policy is None or duration is None:
            if clock is None or not clock.open:
                return []
            reason = "no_policy" if policy is None else "no_target"
            return move(ticket, clock, "cancelled", now, reason=reason)
        wanted = want(metric, ticket.story, policy, self._policies(ticket))
        if wanted is None or wanted.state not in LIVE:
            return []
        facts: list[Fact] = []
        if clock is None or wanted.cycle > clock.cycle:
            clock = self._begin(ticket, name, policy, duration, wanted, now)
        elif clock.policy is not policy or priority != before.get("priority") or not clock.open:
            target = target_ms(duration, policy.schedule, wanted.started_at)
            if clock.policy is not policy or clock.target != target:
                facts.extend(retarget(ticket, clock, policy, target, now))
        if clock.state == "cancelled" and clock.reason in UNPROMISED:
            clock.shares = self._counted(ticket, metric, policy, wanted.started_at, now)
            clock.used = sum(clock.shares.values())
        return facts + move(ticket, clock, wanted.state, now)

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
        shares = self._counted(ticket, metric, policy, wanted.started_at, now)
        clock = ticket.clocks[name] = Clock(
            kind=kind,
            metric=metric,
            cycle=wanted.cycle,
            policy=policy,
            target=target,
            started_at=wanted.started_at,
            since=now,
            steps=steps(policy, target),
            used=sum(shares.values()),
            where=ticket.story.where,
            shares=shares,
        )
        return clock

    def _counted(
        self, ticket: Ticket, metric: str, policy: Policy, started_at: int, now: int
    ) -> dict[Where, int]:
        """Count the active ms, by whose hands, as if the policy had applied from the start (R9)."""
        shares: dict[Where, int] = {}
        if started_at >= now:
            return shares
        policies = self._policies(ticket)
        story = ticket.base.story.copy() if ticket.base else Story()
        wanted = want(metric, story, policy, policies)
        # What was folded into the base is counted as if nothing had stood still in it.
        since = wanted.started_at if wanted is not None and wanted.state == "running" else None
        cycle = wanted.cycle if wanted is not None else 0
        for event in ticket.history:
            if since is not None:
                active = policy.schedule.elapsed(since, event.time)
                shares[story.where] = shares.get(story.where, 0) + active
            story.tell(event, policies.category)
            wanted = want(metric, story, policy, policies)
            if wanted is not None and wanted.cycle != cycle:
                cycle = wanted.cycle
                shares.clear()
            runs = wanted is not None and wanted.state == "running"
            since = event.time if runs else None
        return {where: active for where, active in shares.items() if active}

    # -- late events ---------------------------------------------------------------------------

    def _amend(self, ticket: Ticket, event: TicketEvent) -> list[Fact]:
        """Fold the ticket again with a late event; give the compensation (R7)."""
        category = self._policies(ticket).category
        order = event.order(category)
        if ticket.base is not None and order <= ticket.base.newest:
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
        facts = compensation(before, after, ticket.spent, again.reached)
        ticket.story, ticket.clocks, ticket.history = again.story, again.clocks, again.history
        ticket.newest, ticket.reached = again.newest, again.reached
        return facts

    def _fold(
        self, ticket: Ticket, events: list[TicketEvent], reached: int | None
    ) -> tuple[Ticket, list[Fact]]:
        """Fold events onto the ticket's base, then settle up to an instant."""
        fresh = ticket.base.copy() if ticket.base else Ticket(ticket.id, ticket.version)
        fresh.base = ticket.base
        category = self._policies(ticket).category
        facts = [
            fact for event in events for fact in self._advance(fresh, event, event.order(category))
        ]
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
