"""Events twice, swapped, hours late and dated ahead, while workers die (R7)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import orjson
import pytest

from streams.wire.instant import show
from streams.worker.clock import wall
from tests.faults.case import STATIC, Case
from tests.faults.driver import HOUR, Disorder
from tests.faults.judge import Verdict
from tests.ticket_event import ticket_event

pytestmark = pytest.mark.slow
Cases = Callable[..., Case]
Report = Callable[[Verdict], None]

LONG = 900.0
"""Seconds that 100,000 updates of one ticket may take."""
KINDS = {
    "twice": Disorder(twice=0.3),
    "swapped": Disorder(swapped=0.3),
    "late": Disorder(late=0.1),
    "early": Disorder(early=0.1),
    "all": Disorder(twice=0.2, swapped=0.2, late=0.05, early=0.05),
}


def test_disorder_comes_to_what_order_comes_to(
    case_with: Cases, report: Report, seed: int, kind: str
) -> None:
    """R1, R7, R8: what stands in the end is the replay; what was taken back has its excuse.

    An event that was only sent twice is none. Where the machine is busy some come late all the
    same, so it is the judge who says for each what it could come from.
    """
    case, dice = case_with(seed, KINDS[kind]), random.Random(seed)
    with case.driver.flow(case.load):
        case.start(*STATIC)
        time.sleep(dice.uniform(1, 4))
        with case.outage():
            case.kill()
            case.start(*STATIC, wait=False)
        time.sleep(dice.uniform(1, 4))
    verdict = case.finish()
    assert verdict.excused or kind == "twice"
    report(verdict)


def test_one_ticket_of_many_updates_stays_one_row(
    case_with: Cases, report: Report, many: int
) -> None:
    """R7, R8: however much happens to a ticket, each change is told once, and a kill forgets none.

    Its updates go from team to team, so that each of them has something to say.
    """
    case = case_with(many)
    teams, start = ("billing", "support"), wall() - 6 * HOUR
    told = [ticket_event("busy", 0, "created", start, {"status": "new", "team": teams[0]})]
    told += [
        ticket_event("busy", number, "changed", start + number * 50, {"team": teams[number % 2]})
        for number in range(1, many)
    ]
    case.driver.send(told, case.load)
    case.start(*STATIC)
    case.until(lambda: len(case.rig.facts()) > many // 4, "a quarter is said", LONG)
    with case.outage():
        case.kill()
        case.start(*STATIC, wait=False)
    verdict = case.finish(bound=LONG, patience=LONG)
    rows = case.rig.read(f"{case.rig.app_id}-tickets-changelog")
    assert max(len(row.value or b"") for row in rows) < 100_000
    assert verdict.facts > many // 2, show(start)
    report(verdict)


def test_unknown_fields_and_types_are_passed_over(case_with: Cases, report: Report) -> None:
    """What a newer source sends beside what is known neither stops nor changes anything."""
    case = case_with(1)
    now = wall()
    known = ticket_event("k", 0, "created", now, {"status": "new", "priority": "urgent"})
    strange = {**ticket_event("k", 1, "created", now, {}), "type": "ticket.sneezed"}
    nested = {"nested": {"deep": [1, {"x": None}]}, "list": [1, [2], {"y": 3}], "größe": 1.5}
    more = ticket_event("k", 2, "message", now + 1, {"author": "agent", "sentiment": 0.7, **nested})
    more["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    case.driver.send([known, strange, more], case.load)
    case.start(*STATIC)
    verdict = case.finish()
    assert (verdict.events, verdict.letters) == (2, 0)
    told = [orjson.loads(one.value)["id"] for one in case.rig.read(case.rig.names.sla_events)]
    assert "k:sla:first_response:1:0:fulfilled" in told
    report(verdict)
