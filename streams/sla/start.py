"""From when a clock counts: its true start, or the instant at which its policy came to apply.

By default it is the true start (R9, R16): what is promised late is promised as if it had always
been. Under `counts_from: match` a policy answers for its own time only, as an OLA of GLPI does, and
an SLA of ServiceNow without a retroactive start. It comes to apply when it is the one that matches
and has a target for the ticket's priority; nothing counts from before that. So where it ceased to
apply and applies again, or takes over from another policy, the clock counts anew.

Nothing is kept for this: since when a policy applies is read off the events that the ticket keeps.
A policy is the same by its name: another version of it goes on where the one before was (R18).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from streams.sla.events import Absorbed, Adopted, TicketEvent
from streams.sla.metric import Want
from streams.sla.policy import MATCH, Policy
from streams.sla.record import record
from streams.sla.story import Story
from streams.sla.ticket import Ticket
from streams.sla.versions import Versions


class Counted(Protocol):
    """What has counted under a policy, from a start (ms UTC): a clock, or a mark of one."""

    @property
    def policy(self) -> Policy:
        """The policy."""

    @property
    def started_at(self) -> int:
        """The start."""


def counts_anew(was: Counted, policy: Policy, started_at: int) -> bool:
    """Whether what was counted is not what a policy counts, from a start of its own."""
    return was.started_at != started_at and MATCH in (was.policy.counts_from, policy.counts_from)


@record(frozen=True, slots=True)
class Promise:
    """What a policy of a version promises to a ticket in a metric, after the latest event."""

    versions: Versions
    ticket: Ticket
    version: str
    policy: Policy
    metric: str

    def counted(self, wanted: Want) -> Want:
        """Give the wanted clock with the start from which the policy counts.

        A clock that goes on under its policy keeps its start, also under a version of it that is
        applied from now on and counts otherwise. So does one whose policy has applied since before
        the kept events, as nobody can tell any more since when.
        """
        ticket, event = self.ticket, self.ticket.history[-1]
        clock = ticket.clocks.get((self.policy.kind, self.metric))
        known = None
        if clock is not None and clock.policy.name == self.policy.name:
            known = clock.started_at if clock.cycle == wanted.cycle else None
        looks_back = isinstance(event, Absorbed) or _looks_back(event, self.version)
        if clock is not None and clock.open and known is not None and not looks_back:
            return replace(wanted, started_at=known)
        if self.policy.counts_from != MATCH:
            return wanted
        since = self._applies_since()
        if since is not None:
            return replace(wanted, started_at=max(since, wanted.started_at))
        if known is None or ticket.base is None:
            return wanted
        return replace(wanted, started_at=known)

    def _applies_since(self) -> int | None:
        """Give the instant (ms UTC) since when the policy applies; None: since before the events.

        Each event is judged by the version that held at it, up to the one that the clock is held
        to: by that one throughout where it was applied to open clocks as if it had always held.
        """
        base, history = self.ticket.base, self.ticket.history
        version = self.ticket.began if base is None else base.version
        if any(_looks_back(event, self.version) for event in history):
            version = self.version
        story = Story() if base is None else base.story.copy()
        applied, since = self._applies(story, version), None
        for event in history:
            if isinstance(event, Adopted) and version != self.version:
                version = event.version
            story.tell(event, self.versions.set(version).category)
            before, applied = applied, self._applies(story, version)
            if applied and not before:
                since = event.time
        return since

    def _applies(self, story: Story, version: str) -> bool:
        policy = self.versions.set(version).match(self.policy.kind, story.attributes)
        if policy is None or policy.name != self.policy.name:
            return False
        return policy.target(self.metric, story.attributes.get("priority")) is not None


def _looks_back(event: TicketEvent, version: str) -> bool:
    """Whether the event applied the version as if it had always held (R18)."""
    return isinstance(event, Adopted) and (event.version, event.since) == (version, "start")
