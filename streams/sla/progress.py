"""A clock's progress: transitions and steps, and the facts that they make true.

Each function moves one clock of a ticket at an instant and gives what is to be said of it, in the
order in which it came true. Which way a clock should go is the engine's to know.
"""

from __future__ import annotations

from typing import Any

from streams.sla.clock import NOTHING, PATHS, Clock, Line, Signal, State, Step, Terms
from streams.sla.earned import earned
from streams.sla.events import Attributes
from streams.sla.facts import Fact, FactType
from streams.sla.ticket import Ticket

UNPROMISED = ("no_policy", "no_target")
"""Reasons of cancellation that end when a policy applies again."""

SAYS: dict[Signal, FactType] = {
    "start": "started",
    "pause": "paused",
    "resume": "resumed",
    "fulfil": "fulfilled",
    "cancel": "cancelled",
    "reopen": "resumed",
}


def move(
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
        promised_again, finished_at = clock.reason in UNPROMISED, clock.finished_at
        past = "policy_applied"
        clock.signal(signal, now)
        clock.reason = reason
        told: dict[str, Any] = {}
        if attributes is not None:
            told["attributes"] = attributes
        if signal == "fulfil":
            told["outcome"] = "met" if clock.breached_at is None else "breached"
            clock.met_by = clock.policy.name if clock.breached_at is None else None
        elif signal == "cancel":
            told["reason"] = reason
        elif signal == "reopen":
            told["discriminator"] = "reopened"
            told["reason"] = "policy_applied" if promised_again else "reopened"
            told["withdraws"] = clock.met_by and "met"
            told["outcome_at"] = finished_at if clock.met_by else None
            told["withdraws_policy"], clock.met_by = clock.met_by, None
            if not (promised_again or clock.lapsed):
                past = "target_tightened"  # while it was finished
            clock.lapsed = False
        fact = _fact(ticket, clock, SAYS[signal], now, **told)
        facts.append(fact)
        if signal in ("start", "reopen"):
            facts.extend(_collapse(ticket, clock, now, past))
    return facts


def retarget(
    ticket: Ticket, clock: Clock, terms: Terms, now: int, reason: str | None = None
) -> list[Fact]:
    """Swap the terms of a clock (R16). One that is finished takes them up when it reopens.

    `reason`: what changed, where that was not the ticket's attributes.
    """
    if not clock.open:
        clock.take_up(terms)
        return []
    clock.retarget(terms, now)
    said = [_fact(ticket, clock, "retargeted", now, reason=reason)]
    return said + _collapse(ticket, clock, now, reason or "target_tightened")


def reword(ticket: Ticket, clock: Clock, terms: Terms, now: int) -> list[Fact]:
    """Take up terms that come to the same, but for what a contract earns from here on (R18, R31).

    The deadline is what it was, also of a clock whose target was loosened after its breach.
    """
    earns = clock.policy.contract != terms.policy.contract
    clock.policy, clock.version = terms.policy, terms.version
    if not earns or not clock.open:
        return []
    clock.bank(now)
    deadline = clock.deadline
    facts = [_credited(ticket, clock, line, now) for line in _passed(clock)[-1:]]
    clock.plan()
    clock.deadline = deadline
    return facts


def take_step(ticket: Ticket, clock: Clock, due: int) -> list[Fact]:
    """Take the clock's next step at its instant."""
    step = clock.ahead()
    assert step is not None  # something is due
    facts: list[Fact] = []
    if isinstance(step, Step):
        clock.step += 1
    if isinstance(step, Line):
        facts.append(_credited(ticket, clock, step, due))
    elif step.warning is None:
        if clock.breached_at is None:
            clock.breach(due)
            facts.append(_breach(ticket, clock, due, "deadline_passed"))
    elif not _spoilt(clock, step):
        facts.append(_warning(ticket, clock, step, due))
    clock.look_ahead()
    return facts


def _collapse(ticket: Ticket, clock: Clock, now: int, reason: str) -> list[Fact]:
    """Deal with steps already past when a clock starts or is retargeted (R16, R21).

    The breach comes once; of the warnings only the highest, and none from before a breach; of the
    contract's lines only the highest, told with the breach where there is one (R31).
    """
    highest: Step | None = None
    broken = False
    while clock.step < len(clock.steps) and _past(clock, clock.steps[clock.step]):
        highest = clock.steps[clock.step]
        clock.step += 1
        if highest.warning is None and clock.breached_at is None:
            clock.breach(now)
            broken = True
    lines = _passed(clock)
    if highest is None and not lines:
        return []
    facts: list[Fact] = []
    if broken:
        facts.append(_breach(ticket, clock, now, reason, *lines[-1:]))
    elif lines:
        facts.append(_credited(ticket, clock, lines[-1], now))
    if highest is not None and highest.warning is not None and not _spoilt(clock, highest):
        facts.append(_warning(ticket, clock, highest, now))
    clock.plan()
    return facts


def _breach(ticket: Ticket, clock: Clock, now: int, reason: str, line: Line | None = None) -> Fact:
    """Say a breach, where its time went (R28), and what it earns at once (R31)."""
    clock.earned = NOTHING if line is None else line.rule.credit
    return _fact(
        ticket,
        clock,
        "breached",
        now,
        reason=reason,
        causes=clock.causes(now),
        reopens=ticket.story.reopens,
        credit=earned(clock, clock.earned),
    )


def _credited(ticket: Ticket, clock: Clock, line: Line, now: int) -> Fact:
    """Say that a cycle has passed a line of the contract, and what that adds (R31)."""
    adds, clock.earned = line.rule.credit - clock.earned, line.rule.credit
    credit = earned(clock, adds)
    return _fact(ticket, clock, "credited", now, threshold=line.rule.key, credit=credit)


def _warning(ticket: Ticket, clock: Clock, step: Step, now: int) -> Fact:
    assert step.warning is not None
    return _fact(
        ticket,
        clock,
        "breach_imminent",
        now,
        threshold=step.warning.key,
        level=step.warning.level,
        notify=step.warning.notify,
        schedule_open=clock.policy.schedule.is_open(now),
    )


def _fact(ticket: Ticket, clock: Clock, type_: FactType, now: int, **told: Any) -> Fact:
    told.setdefault("attributes", ticket.story.attributes)
    if type_ in ("paused", "resumed"):
        told.setdefault("discriminator", _moment(ticket, now))
    return Fact(
        type=type_,
        ticket=ticket.id,
        time=now,
        kind=clock.kind,
        metric=clock.metric,
        cycle=clock.cycle,
        revision=clock.revision,
        policy=clock.policy.name,
        version=clock.version,
        schedule=clock.policy.schedule.name,
        started_at=clock.started_at,
        deadline=clock.deadline,
        target=clock.target,
        elapsed=clock.elapsed(now),
        breached_at=clock.breached_at,
        **told,
    )


def _passed(clock: Clock) -> list[Line]:
    """List the lines of the contract that lie behind and would earn more than was earned (R31)."""
    return [line for line in clock.lines() if line.active < clock.used]


def _moment(ticket: Ticket, now: int) -> str:
    """Name an instant, and the place of a change among several at one, for its id (R8)."""
    turn = ticket.turns_at(now) - 1
    return f"{now}.{turn}" if turn > 0 else str(now)


def _past(clock: Clock, step: Step) -> bool:
    """Whether a step lies behind: at the very deadline the promise is still kept (R5)."""
    return step.active < clock.used or (step.active == clock.used and step.warning is not None)


def _spoilt(clock: Clock, step: Step) -> bool:
    """Whether a step warns of a breach that stands already."""
    return clock.breached_at is not None and step.active <= clock.target
