"""What was kept of each promise today, in seven days and in thirty, over all partitions (R26)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streams.desk.board import Name
from streams.desk.interface import Worker
from streams.wire.instant import show

DAY = 86_400_000
WINDOWS = {"1d": DAY, "7d": 7 * DAY, "30d": 30 * DAY}
PROMISED = "sla"
"""The kind that was promised to customers."""

Shown = dict[str, Any]
Pair = list[int]


def rates(worker: Worker) -> Shown:
    """Give met, breached and rate by window, for every promise and for all of kind `sla`."""
    now = worker.app.clock()
    told: dict[Name, dict[str, Pair]] = {}
    objectives: dict[tuple[str, str], float] = {}
    for policy in worker.policies.policies:
        objectives[policy.name, policy.kind] = float(policy.objective)
        for metric in policy.targets:
            told[policy.name, policy.kind, metric] = _empty()
    for window, length in WINDOWS.items():
        for ledger in (*worker.ledgers(), *worker.elsewhere.ledgers()):
            for name, met, breached in ledger.outcomes(now - length):
                pair = told.setdefault(name, _empty())[window]
                pair[0] += met
                pair[1] += breached
    promised = [name for name in told if name[1] == PROMISED]
    sharpest = {objectives[name[:2]] for name in promised if name[:2] in objectives}
    return {
        "as_of": show(now),
        "rows": [
            {
                **dict(zip(("policy", "kind", "metric"), name, strict=True)),
                "objective": objectives.get(name[:2]),
                "windows": _windows([windows]),
            }
            for name, windows in told.items()
        ],
        "all": {
            "objective": sharpest.pop() if len(sharpest) == 1 else None,
            "windows": _windows(told[name] for name in promised),
        },
    }


def _empty() -> dict[str, Pair]:
    return {window: [0, 0] for window in WINDOWS}


def _windows(several: Iterable[dict[str, Pair]]) -> Shown:
    """Add up, then divide: rates cannot be added."""
    tallies = list(several)
    shown = {}
    for window in WINDOWS:
        # What is taken back may have been counted before the window began.
        met = sum(max(0, one[window][0]) for one in tallies)
        breached = sum(max(0, one[window][1]) for one in tallies)
        rate = met / (met + breached) if met + breached else None
        shown[window] = {"met": met, "breached": breached, "rate": rate}
    return shown
