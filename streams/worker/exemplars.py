"""Exemplars: for which ticket, and by which SLA event, a number was last counted.

They stand beside a number, only in OpenMetrics, and are no labels: a ticket's id makes no series.
Names and values together may have 128 characters. So an event's id that has no room is left out
(it can be had from the ticket), and a ticket's is cut. What must be escaped counts twice, since
Prometheus (2.42) keeps an exemplar's value as it is written, and drops what is longer then.
"""

from __future__ import annotations

from streams.sla.facts import Fact

MOST = 128
"""Characters of all names and values, by OpenMetrics."""

TICKET, EVENT = "ticket_id", "event_id"
CUT = "…"
"""At the end of an id that is not whole."""

TICKET_ROOM = MOST - len(TICKET)
BOTH_ROOM = TICKET_ROOM - len(EVENT)
ESCAPED = '\\"\n'

Exemplar = dict[str, str]


def exemplar(fact: Fact) -> Exemplar:
    """Name the fact and its ticket, in no more characters than an exemplar may have."""
    ticket, event = _legible(fact.ticket), _legible(fact.id)
    if 2 * (len(ticket) + len(event)) <= BOTH_ROOM:  # most have room, whatever is in them
        return {TICKET: ticket, EVENT: event}
    length = _length(ticket)
    if length > TICKET_ROOM:
        return {TICKET: _cut(ticket)}
    if length + _length(event) > BOTH_ROOM:
        return {TICKET: ticket}
    return {TICKET: ticket, EVENT: event}


def _legible(id_: str) -> str:
    """Give an id as it can be written in UTF-8; most are."""
    return id_ if id_.isprintable() else id_.encode(errors="replace").decode()


def _length(id_: str) -> int:
    return len(id_) + sum(map(id_.count, ESCAPED))


def _cut(id_: str) -> str:
    id_ = id_[: TICKET_ROOM - len(CUT)]
    while _length(id_) + len(CUT) > TICKET_ROOM:
        id_ = id_[:-1]
    return id_ + CUT
