"""Ticket scenarios of other systems, as a policies file and ticket events of ours.

What a word means is its system's affair (`systems`); here it is put into the two faces that a user
has: the file, and CloudEvents. `known` reads the scenarios, in the file's order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from tests.conformance.calendar import question
from tests.conformance.system import Case, Clock, System
from tests.conformance.systems import SYSTEMS

SCHEDULE = "theirs"


def known(shared: Path) -> list[Case]:
    """Read the scenarios from the folder of evidence."""
    text = (shared / "conformance" / "sla_scenarios.json").read_text(encoding="utf-8")
    cases: list[Case] = json.loads(text)
    return cases


def system_of(case: Case) -> System:
    """Find the scenario's system."""
    return SYSTEMS[case["system"]]


def asked(case: Case, op: str, start: str, **more: Any) -> Case:
    """Make a question to the scenario's schedule, for `sla schedule --batch`."""
    return question({**case["calendar"], "kind": op, "start": start, **more})


def document(case: Case) -> dict[str, Any]:
    """Write the policies file: their calendar, their targets, a policy for each kind of clock."""
    start = case["events"][0]["t"]
    schedule = asked(case, "elapsed", start, end=start)["schedule"]
    return {
        "version": 1,
        "statuses": system_of(case).statuses(case),
        "schedules": {SCHEDULE: schedule},
        "policies": list(_policies(case)),
    }


def _policies(whole: Case) -> Iterator[dict[str, Any]]:
    system = system_of(whole)
    cases = enumerate(system.definitions(whole), 1)
    for (number, case), kind in product(cases, ("sla", "olo")):
        targets: dict[str, dict[str, str]] = {}
        paused: list[str] = []
        for metric, priority, duration in system.targets(case):
            for own_kind, own in system.clocks[metric]:
                if own_kind == kind:
                    targets.setdefault(own, {})[priority] = duration
                    paused += [own] if system.pauses(case, metric) else []
        if targets:
            yield {
                "name": f"{case['system']} {kind} {number}",
                "kind": kind,
                "match": system.match(case, kind),
                "schedule": SCHEDULE,
                "targets": targets,
                "pause": {"statuses": system.pausing(case), "metrics": sorted(set(paused))},
                "warnings": system.warnings(case),
                "counts_from": system.counts_from(case),
                "bots_answer": system.bots_answer and kind == "sla",
            }


def ticket_events(case: Case) -> list[dict[str, Any]]:
    """Write the ticket events as CloudEvents, in the order in which the scenario tells them."""
    system = system_of(case)
    said = [
        (event["t"], type_, data)
        for event in system.events(case)
        for type_, data in system.say(case, event)
    ]
    return [
        {
            "specversion": "1.0",
            "id": f"{case['id']}-{number}",
            "source": f"/conformance/{case['system']}",
            "type": f"ticket.{type_}",
            "subject": case["id"],
            "time": time,
            "data": data,
        }
        for number, (time, type_, data) in enumerate(said)
    ]


def clocks_of(case: Case) -> dict[str, tuple[Clock, ...]]:
    """Give our clocks for each of their metrics that has a target."""
    system = system_of(case)
    return {metric: system.clocks[metric] for metric, _, _ in system.targets(case)}
