"""Clocks follow the story: what one event makes of a ticket's clocks.

Within one event the order is R6's: clocks that the event stops are stopped on the terms that they
ran under, then the policy is matched again (R16), then the rest pauses, resumes or starts.

Which version of the policies a clock is held to (R18): an open one to its own, and so is one whose
cycle may be taken up again. What begins, or is promised again, is held to the ticket's. Where a
version is applied to open clocks, these change to it as on a change of target (R16).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from streams.sla.clock import Clock, State, Terms, steps, target_ms
from streams.sla.events import Absorbed, Adopted, Attributes, TicketEvent, Where
from streams.sla.facts import Fact
from streams.sla.metric import LIVE, RULES, Want, want
from streams.sla.policy import KINDS, Policy
from streams.sla.progress import UNPROMISED, move, retarget, reword
from streams.sla.start import Promise, counts_anew
from streams.sla.story import MERGED, Story
from streams.sla.ticket import Ticket
from streams.sla.versions import Versions

ADOPTED = "policies_changed"
"""Why terms changed, or were broken at once, where a version was applied to open clocks."""

PLACES = {metric: place for place, metric in enumerate(RULES)}

Name = tuple[str, str]
"""Kind and metric."""


@dataclass(slots=True)
class Following:
    """One event of a ticket, told to its story already; `before`: the attributes it had before."""

    versions: Versions
    ticket: Ticket
    event: TicketEvent
    before: Attributes
    _matched: dict[tuple[str, str], Policy | None] = field(default_factory=dict)
    _wanted: dict[tuple[str, int, str], Want | None] = field(default_factory=dict)
    _steady: set[Name] = field(default_factory=set)
    """Clocks that are what the story wants of them, if their policy is still the one that matches:
    most are, at most events, and the event cannot have changed their terms or start."""

    def facts(self) -> list[Fact]:
        """Bring every clock to where the story and the policies say it should be."""
        ticket, terms_stand = self.ticket, self._terms_stand()
        said: list[Fact] = []
        for name, clock in ticket.clocks.items():
            if not clock.open:
                continue
            if terms_stand and self._runs_as_wanted(clock):
                self._steady.add(name)
            else:
                said += self._stop(clock)
        same_policies = ticket.story.attributes is self.before
        for kind in KINDS:
            for metric in self._metrics(kind):
                # Each event leaves open clocks under the policy that matches: with the attributes
                # of then, it still does.
                if not (same_policies and (kind, metric) in self._steady):
                    said += self._follow((kind, metric))
        return said

    def _terms_stand(self) -> bool:
        """Whether the event cannot have changed a target or a start under the same policy."""
        if isinstance(self.event, Absorbed | Adopted):
            return False
        return self.ticket.story.attributes.get("priority") == self.before.get("priority")

    def _metrics(self, kind: str) -> Iterable[str]:
        """List the metrics that are promised, or were, in the order of the rules."""
        policy = self._match(kind, self.ticket.version)
        promised: tuple[str, ...] = ()
        if policy is not None:
            promised = policy.derived.get("metrics", ())
            if not promised:
                promised = tuple(metric for metric in RULES if metric in policy.targets)
                policy.derived["metrics"] = promised
        others = [m for held, m in self.ticket.clocks if held == kind and m not in promised]
        return sorted({*promised, *others}, key=PLACES.__getitem__) if others else promised

    def _match(self, kind: str, version: str) -> Policy | None:
        name = kind, version
        if name not in self._matched:
            policies = self.versions.set(version)
            self._matched[name] = policies.match(kind, self.ticket.story.attributes)
        return self._matched[name]

    def _want(self, metric: str, policy: Policy, version: str) -> Want | None:
        name = metric, id(policy), version  # policies are dear to compare
        if name not in self._wanted:
            policies = self.versions.set(version)
            self._wanted[name] = want(metric, self.ticket.story, policy, policies)
        return self._wanted[name]

    def _runs_as_wanted(self, clock: Clock) -> bool:
        """Whether an open clock does what its policy wants of it."""
        wanted = self._want(clock.metric, clock.policy, clock.version)
        return wanted is not None and wanted.state == clock.state and wanted.cycle == clock.cycle

    # -- what ends -----------------------------------------------------------------------------

    def _stop(self, clock: Clock) -> list[Fact]:
        """End a clock that the story ends, on the terms and attributes that it ran under (R16)."""
        wanted = self._want(clock.metric, clock.policy, clock.version)
        if wanted is None or (wanted.cycle == clock.cycle and wanted.state in LIVE):
            return []
        ended: State = wanted.state if wanted.cycle == clock.cycle else "fulfilled"
        now = self.event.time
        return move(self.ticket, clock, ended, now, reason=wanted.reason, attributes=self.before)

    # -- what goes on, or starts ---------------------------------------------------------------

    def _follow(self, name: Name) -> list[Fact]:
        """Bring the clock of a metric to where the story and the policy say it should be."""
        (kind, metric), now = name, self.event.time
        clock = self.ticket.clocks.get(name)
        version = self._version(name, clock)
        policy = self._match(kind, version)
        if name in self._steady and clock is not None and clock.policy is policy:
            return []
        duration = None
        if policy is not None:
            duration = policy.target(metric, self.ticket.story.attributes.get("priority"))
        if policy is None or duration is None:
            if clock is None:
                return []
            clock.lapsed = not clock.open
            reason = "no_policy" if policy is None else "no_target"
            return move(self.ticket, clock, "cancelled", now, reason=reason)
        wanted = self._want(metric, policy, version)
        if wanted is None or wanted.state not in LIVE:
            return []
        facts: list[Fact] = []
        begins = clock is None or wanted.cycle > clock.cycle
        if begins or clock is None or not self._stands(clock, policy):
            promise = Promise(self.versions, self.ticket, version, policy, metric)
            wanted = promise.counted(wanted)
            terms = Terms(policy, version, target_ms(duration, policy.schedule, wanted.started_at))
            if begins or clock is None:
                clock = self._begin(name, terms, wanted)
            else:
                facts = self._renew(clock, terms, wanted)
        return facts + move(self.ticket, clock, wanted.state, now)

    def _stands(self, clock: Clock, policy: Policy) -> bool:
        """Whether the event cannot have changed the clock's terms or start; targets are dear."""
        return clock.open and clock.policy is policy and self._terms_stand()

    def _version(self, name: Name, clock: Clock | None) -> str:
        """Say to which version a clock is held (R18)."""
        latest = self.ticket.version
        if clock is None or clock.version == latest:
            return latest
        if clock.open:
            applied = isinstance(self.event, Adopted) and self.event.since is not None
            return latest if applied else clock.version
        if clock.reason in UNPROMISED:
            return latest
        kind, metric = name
        policy = self._match(kind, latest)
        wanted = None if policy is None else self._want(metric, policy, latest)
        begins = wanted is not None and wanted.cycle > clock.cycle
        return latest if begins else clock.version

    def _begin(self, name: Name, terms: Terms, wanted: Want) -> Clock:
        """Put a new clock on the ticket; it starts with the next transition."""
        kind, metric = name
        shares = self._counted(metric, terms, wanted.started_at)
        clock = self.ticket.clocks[name] = Clock(
            kind=kind,
            metric=metric,
            cycle=wanted.cycle,
            policy=terms.policy,
            version=terms.version,
            target=terms.target,
            started_at=wanted.started_at,
            since=self.event.time,
            steps=steps(terms.policy, terms.target, wanted.started_at, None),
            used=sum(shares.values()),
            where=self.ticket.story.where,
            shares=shares,
        )
        return clock

    def _renew(self, clock: Clock, terms: Terms, wanted: Want) -> list[Fact]:
        """Hold a clock to the terms of now, and from the start of now, where these are others."""
        now, reason = self.event.time, None
        changed = False
        if not isinstance(self.event, Absorbed):
            changed = counts_anew(clock, terms.policy, wanted.started_at)
        if changed or clock.lapsed or (clock.state == "cancelled" and clock.reason in UNPROMISED):
            clock.recount(self._counted(clock.metric, terms, wanted.started_at), now)
            clock.started_at = wanted.started_at
        elif isinstance(self.event, Absorbed) and wanted.started_at < clock.started_at:
            clock.backdate(wanted.started_at, self.event.where, now)
            reason, changed = MERGED, True
        if isinstance(self.event, Adopted):
            reason = ADOPTED
            if self._from_start(clock, terms):
                changed |= self._count_anew(clock, terms, wanted.started_at)
        if changed or clock.target != terms.target or not _alike(clock.policy, terms.policy):
            return retarget(self.ticket, clock, terms, now, reason)
        return reword(self.ticket, clock, terms, now)

    def _from_start(self, clock: Clock, terms: Terms) -> bool:
        """Whether a version is applied from the clock's start that has not held from there."""
        if not (isinstance(self.event, Adopted) and self.event.since == "start" and clock.open):
            return False
        if clock.version != terms.version:
            return True
        held = (
            known.since
            for known in reversed(self.ticket.history)
            if isinstance(known, Adopted) and known is not self.event and known.since is not None
            if known.version == terms.version and known.time > clock.started_at
        )
        return next(held, None) == "now"

    def _count_anew(self, clock: Clock, terms: Terms, started_at: int) -> bool:
        """Count as if the terms had held from the start; whether that comes to something else."""
        now = self.event.time
        shares = self._counted(clock.metric, terms, started_at)
        if sum(shares.values()) == clock.elapsed(now):
            return False
        clock.recount(shares, now)
        return True

    def _counted(self, metric: str, terms: Terms, started_at: int) -> dict[Where, int]:
        """Count the active ms since a start, by whose hands, as if the policy had applied (R9)."""
        shares: dict[Where, int] = {}
        if started_at >= self.event.time:
            return shares
        policies, schedule = self.versions.set(terms.version), terms.policy.schedule
        base = self.ticket.base
        story = base.story.copy() if base is not None else Story()
        wanted = want(metric, story, terms.policy, policies)
        # What was folded into the base is counted as if nothing had stood still in it.
        since = wanted.started_at if wanted is not None and wanted.state == "running" else None
        for event in self.ticket.history:
            if since is not None and event.time > started_at:
                active = schedule.elapsed(max(since, started_at), event.time)
                shares[story.where] = shares.get(story.where, 0) + active
            story.tell(event, policies.category)
            before, wanted = wanted, want(metric, story, terms.policy, policies)
            if wanted is not None and (before is None or wanted.cycle != before.cycle):
                shares.clear()
            since = event.time if wanted is not None and wanted.state == "running" else None
            if isinstance(event, Absorbed) and wanted is not None and since is not None:
                until = inherited_until(before, wanted, event.time)
                first = max(wanted.started_at, started_at)
                if until > first:
                    active = schedule.elapsed(first, until)
                    shares[event.where] = shares.get(event.where, 0) + active
        return {where: active for where, active in shares.items() if active}


def _alike(one: Policy, other: Policy) -> bool:
    """Whether two policies come to the same for a clock with one target: name, hours, warnings.

    Another version may differ in what does not touch the clock, such as the targets of others.
    """
    return (one.name, one.schedule, one.warnings) == (other.name, other.schedule, other.warnings)


def inherited_until(before: Want | None, wanted: Want, now: int) -> int:
    """Say up to when a survivor's clock counts the time that it inherits at `now` (R20).

    From there on it has counted by itself: since its own start, or not at all.
    """
    counts = before is not None and before.cycle == wanted.cycle and before.state in LIVE
    return before.started_at if counts and before is not None else now
