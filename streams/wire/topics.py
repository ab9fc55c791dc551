"""The topics by name, and what each must be like.

Source, changelog and outputs have the same number of partitions: a row lives where its event came
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


EVER = {"message.timestamp.after.max.ms": str(2**63 - 1)}
"""A fact is dated by when it happened, and a source's clock may be ahead of the broker's."""
LARGE = {"max.message.bytes": str(LARGEST_RECORD + 100_000)}
KEEP = {"retention.ms": str(400 * 86_400_000)}


def of(app_id: str) -> tuple[Topic, ...]:
    """Give every topic of an application, the source first."""
    return (
        Topic(TICKET_EVENTS, "ticket events, keyed by ticket id"),
        Topic(SLA_EVENTS, "SLA events, keyed by ticket id: the ledger", config={**KEEP, **EVER}),
        Topic(SLA_STATUS, "each ticket's open clocks, keyed by ticket id", compacted=True),
        Topic(DEAD_LETTERS, "records that could not be read, untouched", config={**LARGE, **KEEP, **EVER}),
        Topic(f"{app_id}-tickets-changelog", "the tickets' rows", compacted=True, config=LARGE),
        Topic(f"{app_id}-ledger-changelog", "outcomes by hour: the rates", compacted=True),
        Topic(POLICIES, "policy sets by version", compacted=True, partitions=1),
    )
