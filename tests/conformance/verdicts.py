"""Where our answer to a scenario is not theirs, and what is known of that.

`differences.json` holds the two tables, by hand: the fields in which we differ, with the rule that
says why, and the fields that are left out, with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.sla.instant import format_instant, parse_instant
from streams.sla.misread import Misread
from tests.conformance.fields import ours
from tests.conformance.reading import Reading
from tests.conformance.system import Case

TABLES = Path(__file__).parent / "differences.json"
MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of a scenario, their answer and ours, both in plain form."""

    scenario: str
    field: str
    theirs: str
    ours: str

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Difference:
        """Read an entry of the table."""
        return cls(*(entry[name] for name in ("scenario", "field", "theirs", "ours")))


def tables() -> dict[str, list[dict[str, str]]]:
    """Read `differs` and `left_out`."""
    held: dict[str, list[dict[str, str]]] = json.loads(TABLES.read_text(encoding="utf-8"))
    return held


def left_out() -> set[tuple[str, str]]:
    """Give (system, field) of what is not compared."""
    return {(entry["system"], entry["field"]) for entry in tables()["left_out"]}


def compared(case: Case) -> list[str]:
    """Give the fields of a scenario that are compared: all that are not left out."""
    return [field for field in case["expected"] if (case["system"], field) not in left_out()]


def differences(case: Case, folder: Path) -> list[Difference]:
    """Replay a scenario; give the fields in which we differ."""
    reading = Reading(case, folder)
    pairs = ((field, theirs(case, field), ours(reading, field)) for field in compared(case))
    shown = (Difference(case["id"], field, show(their), show(our)) for field, their, our in pairs)
    return [difference for difference in shown if difference.theirs != difference.ours]


def theirs(case: Case, field: str) -> Any:
    """Give their answer; where it is rounded to a minute, the exact one that the scenario names."""
    value = case["expected"][field]
    exact, told = _instant(case.get("exact_alternative")), _instant(value)
    if exact is not None and told is not None and abs(exact - told) < MINUTE:
        return case["exact_alternative"]
    return value


def show(value: Any) -> str:
    """Write an answer in the one form in which answers are compared: JSON, keys in order.

    Names of another product's definitions are left out, and counts of nothing.
    """
    return json.dumps(_plain(value), sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        told = {k: v for k, v in value.items() if k != "definition" and v != 0}
        return {k: _plain(v) for k, v in told.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    instant = _instant(value)
    return value if instant is None else format_instant(instant)


def _instant(value: Any) -> int | None:
    try:
        return parse_instant(value) if isinstance(value, str) else None
    except Misread:
        return None
