"""Records that nobody can read, or hardly: dead-lettered with a reason, and the rest goes on."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import orjson
import pytest

from streams.worker.clock import wall
from tests.faults import oracle
from tests.faults.case import STATIC, Case
from tests.faults.driver import HOUR
from tests.faults.ground import gather, samples
from tests.faults.judge import Verdict
from tests.faults.poison import Poison, poison
from tests.ticket_event import ticket_event

pytestmark = pytest.mark.slow
Cases = Callable[..., Case]
Report = Callable[[Verdict], None]

MUTATIONS = 1_000
HUGE = 2_000_000


def test_a_thousand_mutations_are_each_applied_or_dead_lettered_and_kill_nothing(
    case_with: Cases, report: Report, seed: int
) -> None:
    """Facts 6, R8: what came in is what was applied, ignored, known already, or dead-lettered."""
    case, dice = case_with(seed), random.Random(seed)
    now, records = wall() - HOUR, list[Poison]()
    for number in range(MUTATIONS):
        born = ticket_event(f"p{number}", 0, "created", now + number, {"status": "new"})
        reply = ticket_event(f"p{number}", 1, "message", now + number + 900, {"author": "agent"})
        if dice.random() < 0.5:
            records += [_right(born), poison(dice, reply)]
        else:
            records += [poison(dice, born), _right(reply)]
    case.start()
    case.driver.send_raw(records)
    case.until(lambda: sum(counted(case).values()) >= len(records), "all is counted")
    # What was merged into a ticket that nobody knows is told to every partition, and ignored: some
    # moments later, with the commit.
    case.until(lambda: counted(case) == came_in(case), "what came in is what became of it", step=1)
    by_now = wall()
    asked = oracle.ask(ground := gather(case.rig, acked={}, until=by_now))
    bad = {(one.partition, one.offset) for one, _ in asked.rejected}
    sound = [one for one in ground.source if (one.partition, one.offset) not in bad]
    case.load.acked.update((oracle.name_of(one), by_now) for one in sound)
    assert len({reason for _, reason in asked.rejected}) >= 6
    report(case.finish())


def test_a_huge_record_is_dead_lettered_whole_and_those_around_it_count(
    case_with: Cases, report: Report
) -> None:
    """Fact 6: 2 MB where the topic lets them in; no crash loop, not even over a restart."""
    case = case_with(1, **{"max.message.bytes": "9000000"})
    now = wall()
    born = ticket_event("h", 0, "created", now, {"status": "new", "priority": "urgent"})
    huge = ticket_event("h", 1, "changed", now + 1, {"note": "x" * HUGE})
    reply = ticket_event("h", 2, "message", now + 2, {"author": "agent"})
    case.driver.send_raw([_right(born), _right(huge), _right(reply)])
    case.start(*STATIC)
    case.until(lambda: counted(case)["rejected"] == 1, "dead-lettered")
    with case.outage():
        case.kill()
        case.start(*STATIC, wait=False)
    verdict = case.finish()
    assert verdict.letters == 1
    report(verdict)


def came_in(case: Case) -> dict[str, int]:
    """Count what is on the topic, by what must become of it."""
    asked = oracle.ask(gather(case.rig, acked={}, until=wall()))
    return {
        "applied": asked.events,
        "ignored": asked.ignored + asked.inherited,
        "duplicate": asked.duplicates,
        "rejected": len(asked.rejected),
    }


def _right(given: dict[str, object]) -> Poison:
    return Poison(str(given["subject"]).encode(), orjson.dumps(given))


def counted(case: Case) -> Counter[str]:
    """Count what became of the ticket events, as the workers show it."""
    found: Counter[str] = Counter(dict.fromkeys(("applied", "ignored", "duplicate", "rejected"), 0))
    for number in case.live():
        for name, labels, value in samples(case.page(number)):
            if name == "sla_ticket_events_total":
                found[labels["result"]] += round(value)
    return found
