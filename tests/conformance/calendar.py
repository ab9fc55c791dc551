"""Business-time cases of other systems, as questions to a schedule of ours."""

from __future__ import annotations

from typing import Any

Case = dict[str, Any]


def question(case: Case) -> Case:
    """Turn a case into a question of `sla schedule --batch`."""
    hours: dict[str, list[str]] = {}
    for window in case["weekly"]:
        hours.setdefault(window["day"], []).append(f"{window['from']}-{window['to']}")
    overrides, breaks = case.get("date_overrides", {}), case.get("date_breaks", {})
    schedule = {
        "time_zone": case["timezone"],
        "hours": hours,
        "holidays": {"add": case["holidays"]},
        "exceptions": [
            *({"date": date, "hours": _texts(spans)} for date, spans in overrides.items()),
            *({"date": date, "closed": _texts(spans)} for date, spans in breaks.items()),
        ],
    }
    asked = {"schedule": schedule, "op": case["kind"], "start": case["start"]}
    if case["kind"] == "deadline":
        return asked | {"seconds": case["business_seconds"]}
    return asked | {"end": case["end"]}


def expected(case: Case) -> Case:
    """Give the answer: at a window's end, the earliest instant (R25)."""
    if case["kind"] == "deadline":
        return {"deadline": case.get("expected_earliest", case["expected"])}
    return {"elapsed_seconds": case["expected_seconds"]}


def forward(cases: list[Case]) -> list[Case]:
    """Leave out the deadlines that lie before their start: SLAs have none."""
    return [case for case in cases if case.get("direction") != "backward"]


def _texts(spans: list[list[str]]) -> list[str]:
    return [f"{begin}-{end}" for begin, end in spans]
