"""The judge notices: topics that were forged in one place each, and it says which (R8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest

from streams.history.replay import by_ticket, replay
from streams.policies import load_file
from streams.sla.engine import Engine
from streams.wire import sla_events, status
from streams.wire.instant import show
from streams.wire.ticket_events import decode
from tests.faults.case import POLICIES
from tests.faults.driver import LONGEST, Disorder, Load
from tests.faults.ground import Ground, Record, Window
from tests.faults.judge import Verdict, judge, outcome
from tests.faults.oracle import milliseconds
from tests.ticket_event import ticket_event

START = 1_790_000_000_000
BOUND = 5.0
SEEN = 40
"""Milliseconds after which the forged worker sees what is due."""


def honest(seed: int = 1, portions: int = 12) -> Ground:
    """Forge what a worker would have left that makes no mistakes."""
    load = Load(seed)
    events = [one for number in range(portions) for one in load.portion(START + number * 300)]
    return ground_of(events, {one["id"]: START for one in events})


def ground_of(events: Sequence[dict[str, Any]], acked: dict[str, int]) -> Ground:
    """Forge the topics for events, as if all had been in order."""
    policies = load_file(POLICIES)
    until = START + 60 * LONGEST
    known = [one for e in events if (one := decode(orjson.dumps(e), keyed=False)) is not None]
    done = replay(known, policies, until=until)
    facts = [
        (fact, sla_events.encode(fact, max(fact.time, START) + SEEN)) for _, fact in done.facts
    ]
    statuses: list[Record] = []
    for name, history in by_ticket(known).items():
        engine, ticket = Engine(policies), None
        for one in sorted(history, key=lambda one: one.order(policies.category)):
            ticket, _ = engine.apply(ticket, one)
        assert ticket is not None
        engine.settle(ticket, until)
        statuses.append(
            Record(0, len(statuses), name.encode(), status.encode(status.status(ticket)))
        )
    source = [
        Record(0, number, e["subject"].encode(), orjson.dumps(e)) for number, e in enumerate(events)
    ]
    said = [Record(0, n, fact.ticket.encode(), raw) for n, (fact, raw) in enumerate(facts)]
    ground = Ground(policies, source, said, statuses, (), {0: len(source)}, (), acked, until)
    return replace(ground, pages=pages_of(ground))


def pages_of(ground: Ground) -> list[str]:
    """Write the pages of two workers that share the ledgers of what was said."""
    tally: Counter[tuple[str, str, str, str]] = Counter()
    for one in ground.said():
        data, (met, breached) = one["data"], outcome(one)
        tally[data["policy"], data["kind"], data["metric"], "met"] += met
        tally[data["policy"], data["kind"], data["metric"], "breached"] += breached
    open_ = sum(record.value is not None for record in ground.statuses)
    pages = []
    for share in (0, 1):
        lines = [f"sla_open_tickets {open_ - 1 if share else 1}.0"]
        for (policy, kind, metric, out), number in tally.items():
            labels = (
                f'policy="{policy}",kind="{kind}",metric="{metric}",window="1d",outcome="{out}"'
            )
            count = number // 2 if share else number - number // 2
            lines.append(f"sla_compliance_cycles{{{labels}}} {count}.0")
        pages.append("# HELP\n" + "\n".join(lines) + "\n")
    return pages


def changed(ground: Ground, place: int, **data: Any) -> list[Record]:
    """Change what one fact says."""
    facts = list(ground.facts)
    told = orjson.loads(facts[place].value or b"")
    told["data"].update(data)
    facts[place] = facts[place]._replace(value=orjson.dumps(told))
    return facts


def first(ground: Ground, type_: str) -> int:
    """Find the first fact of a type."""
    return next(n for n, one in enumerate(ground.said()) if one["type"] == type_)


def held(ground: Ground) -> Verdict:
    """Judge."""
    return judge(ground, bound=BOUND, case="forged")


def test_an_honest_ground_is_clean() -> None:
    """R8: nothing is found where nothing is, and the figures are those of the topics."""
    ground = honest()
    verdict = held(ground)
    assert verdict.faults == {}
    assert (verdict.events, verdict.facts) == (len(ground.source), len(ground.facts))
    assert verdict.timers > 20
    assert verdict.lateness == SEEN / 1000
    assert "clean" in verdict.line()
    assert orjson.loads(verdict.as_json())["ok"]


def lost(ground: Ground) -> Ground:
    """Leave the last fact out."""
    return replace(ground, facts=ground.facts[:-1])


def doubled(ground: Ground) -> Ground:
    """Say a fact twice."""
    return replace(ground, facts=[*ground.facts, ground.facts[0]])


def extra(ground: Ground) -> Ground:
    """Say a breach that was none."""
    facts = list(ground.facts)
    told = orjson.loads(facts[0].value or b"")
    told["id"] = told["id"].replace("started", "breached")
    return replace(ground, facts=[*facts, facts[0]._replace(value=orjson.dumps(told))])


def other_words(ground: Ground) -> Ground:
    """Change what a fact says."""
    return replace(ground, facts=changed(ground, 0, elapsed_seconds=1.0))


def false_breach(ground: Ground) -> Ground:
    """A fact taken back that no late event speaks against, and said again."""
    place = first(ground, "sla.breached")
    told = orjson.loads(ground.facts[place].value or b"")
    data = told["data"]
    back = {**data, "retracts": told["id"], "retracts_type": "sla.breached", "corrects": True}
    again = {**told, "id": told["id"] + "~1", "data": {**data, "corrects": True}}
    both = ({**told, "id": "back", "type": "sla.breach_retracted", "data": back}, again)
    more = [ground.facts[place]._replace(value=orjson.dumps(one)) for one in both]
    return replace(ground, facts=[*ground.facts, *more])


def seen_late(ground: Ground) -> Ground:
    """Date a detection a millisecond beyond the bound."""
    place = first(ground, "sla.breach_imminent")
    due = ground.said()[place]["time"]
    at = milliseconds(due) + round(BOUND * 1000) + 1
    return replace(ground, facts=changed(ground, place, detected_at=show(at)))


def wrong_metric(ground: Ground) -> Ground:
    """Let a page show one cycle more."""
    pages = [page.replace('"} 3.0', '"} 4.0', 1) for page in ground.pages]
    assert pages != ground.pages
    return replace(ground, pages=pages)


def wrong_open_tickets(ground: Ground) -> Ground:
    """Let a page show one open ticket more."""
    return replace(ground, pages=[*ground.pages, "sla_open_tickets 1.0\n"])


def no_tombstone(ground: Ground) -> Ground:
    """Leave a closed ticket's status standing."""
    value = next(record.value for record in ground.statuses if record.value)
    return replace(ground, statuses=[*ground.statuses, Record(0, 9, b"closed", value)])


def no_status(ground: Ground) -> Ground:
    """Take an open ticket's status away."""
    gone = next(record for record in ground.statuses if record.value)
    return replace(ground, statuses=[*ground.statuses, gone._replace(value=None)])


def uncommitted(ground: Ground) -> Ground:
    """Commit one record less."""
    return replace(ground, committed={0: len(ground.source) - 1})


def unread(ground: Ground) -> Ground:
    """Put a record into the log that went nowhere."""
    bad = Record(0, len(ground.source), b"k", b"{")
    return replace(ground, source=[*ground.source, bad], committed={0: len(ground.source) + 1})


def letter_too_many(ground: Ground) -> Ground:
    """Put a letter into the dead letters that nobody sent."""
    told = {"partition": "0", "offset": "3", "exception.class.name": "not_json"}
    headers = tuple((f"__connect.errors.{name}", v.encode()) for name, v in told.items())
    return replace(ground, letters=[Record(0, 0, b"k", b"{", headers)])


@pytest.mark.parametrize(
    ("forge", "letter"),
    [
        (lost, "L"),
        (doubled, "D"),
        (extra, "E"),
        (other_words, "E"),
        (false_breach, "E"),
        (seen_late, "T"),
        (wrong_metric, "M"),
        (wrong_open_tickets, "M"),
        (no_tombstone, "S"),
        (no_status, "S"),
        (uncommitted, "S"),
        (unread, "S"),
        (letter_too_many, "S"),
    ],
)
def test_what_is_forged_in_one_place_is_noticed(
    forge: Callable[[Ground], Ground], letter: str
) -> None:
    """R3, R4, R7, R8, R26: a judge that cannot find anything is a defect."""
    verdict = held(forge(honest()))
    assert letter in verdict.faults
    with pytest.raises(AssertionError, match="forged"):
        verdict.check()
    assert letter in orjson.loads(verdict.as_json())["faults"]
    assert f"FAULTS {''.join(sorted(verdict.faults))}" in verdict.line()


def test_a_loss_of_a_late_ticket_is_noticed_too() -> None:
    """R7: where a late event excuses what was taken back, what stands in the end is still held."""
    load = Load(5, Disorder(swapped=0.5, late=0.3))
    events = [one for n in range(6) for one in load.portion(START + n * 300)]
    ground = ground_of(events, {one["id"]: START for one in events})
    assert held(ground).faults == {}
    missed = [n for n in range(0, len(ground.facts), 7) if "L" not in _without(ground, n)]
    assert missed == []


def _without(ground: Ground, number: int) -> dict[str, list[str]]:
    facts = [*ground.facts[:number], *ground.facts[number + 1 :]]
    return held(replace(ground, facts=facts)).faults


def test_a_fact_taken_back_is_excused_only_by_an_event_that_was_not_there() -> None:
    """R4, R7: the same retraction is right or false by when the reply was in the log."""
    born = ticket_event("t", 0, "created", START, {"status": "new", "priority": "urgent"})
    reply = ticket_event("t", 1, "message", START + 1_900, {"author": "agent"})
    breach = _breach(born)
    for acked, faults in ((START + 1_950, ["E"]), (START + 2_400, [])):
        ground = ground_of([born, reply], {"t-0": START, "t-1": acked})
        ground = replace(ground, facts=[*ground.facts, *breach], pages=())
        assert sorted(held(ground).faults) == faults


def _breach(born: dict[str, Any]) -> list[Record]:
    """Give the breach of a first response that was said too early, and what takes it back."""
    alone = ground_of([born], {"t-0": START})
    place = next(
        n
        for n, one in enumerate(alone.said())
        if one["type"] == "sla.breached" and one["data"]["metric"] == "first_response"
    )
    told = alone.said()[place]
    data = {**told["data"], "retracts": told["id"], "corrects": True}
    back = {**told, "id": "back", "type": "sla.breach_retracted", "data": data}
    return [alone.facts[place], alone.facts[place]._replace(value=orjson.dumps(back))]


def test_a_time_without_a_worker_is_not_lateness() -> None:
    """R3: lateness counts while a worker was able to see what is due, and no longer."""
    ground = honest()
    place = first(ground, "sla.breach_imminent")
    due = milliseconds(ground.said()[place]["time"])
    late = replace(ground, facts=changed(ground, place, detected_at=show(due + 60_000)))
    assert set(held(late).faults) == {"T"}
    gone = replace(late, outages=[Window(due + 1_000, due + 56_000)])
    assert held(gone).faults == {}
    assert held(gone).lateness == 5.0
