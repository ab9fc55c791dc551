"""The topics by name, and what each must be like.

Source, changelogs and outputs have the same number of partitions: a row lives where its event came
from, and what is said of it goes to the partition of that number.
"""

from __future__ import annotations

from dataclasses import dataclass, field

TICKET_EVENTS = "ticket-events"
SLA_EVENTS = "sla-events"
SLA_STATUS = "sla-status"
DEAD_LETTERS = "ticket-events-dlq"
POLICIES = "sla-policies"

LARGEST_RECORD = 8_000_000
"""Bytes. A record that is too large to be a ticket event must still fit into the dead letters."""

EVER = {"message.timestamp.after.max.ms": str(2**63 - 1)}
"""A fact is dated by when it happened, and a source's clock may be ahead of the broker's."""
LARGE = {"max.message.bytes": str(LARGEST_RECORD + 100_000)}
KEEP = {"retention.ms": str(400 * 86_400_000)}


@dataclass(frozen=True, slots=True)
class Names:
    """What the topics are called, behind a prefix where several installations share brokers."""

    ticket_events: str = TICKET_EVENTS
    sla_events: str = SLA_EVENTS
    sla_status: str = SLA_STATUS
    dead_letters: str = DEAD_LETTERS
    policies: str = POLICIES

    @classmethod
    def prefixed(cls, prefix: str) -> Names:
        """Give the names with a prefix before each."""
        plain = (TICKET_EVENTS, SLA_EVENTS, SLA_STATUS, DEAD_LETTERS, POLICIES)
        return cls(*(prefix + name for name in plain))


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic that the worker reads or writes; `partitions` is None where it follows the source."""

    name: str
    purpose: str
    compacted: bool = False
    partitions: int | None = None
    config: dict[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        """The topic's configuration, as Kafka names it."""
        policy = "compact" if self.compacted else "delete"
        return {"cleanup.policy": policy, **self.config}


def of(app_id: str, names: Names | None = None) -> tuple[Topic, ...]:
    """Give every topic of an application, the source first."""
    called = names or Names()
    return (
        Topic(called.ticket_events, "ticket events, keyed by ticket id"),
        Topic(
            called.sla_events,
            "SLA events, keyed by ticket id: the ledger",
            config={**KEEP, **EVER},
        ),
        Topic(called.sla_status, "each ticket's open clocks, keyed by ticket id", compacted=True),
        Topic(
            called.dead_letters,
            "records that could not be read, untouched",
            config={**LARGE, **KEEP, **EVER},
        ),
        Topic(f"{app_id}-tickets-changelog", "the tickets' rows", compacted=True, config=LARGE),
        Topic(
            f"{app_id}-ledger-changelog",
            "outcomes by hour and month: the rates, the credits",
            compacted=True,
        ),
        Topic(
            called.policies,
            "policy sets by version, and when each was adopted",
            compacted=True,
            partitions=1,
        ),
    )
