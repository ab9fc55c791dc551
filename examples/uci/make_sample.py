"""Choose the sample of real incidents that the demo plays, out of the whole UCI log.

Usage: python make_sample.py uci_incident_event_log.csv.gz

Deterministic: the same log makes the same bytes. Chosen for eventfulness, so the sample is not
representative. All rows of an incident, as they stand in the log, or none; each incident's whole
life lies between FIRST and LAST.
"""

from __future__ import annotations

import csv
import gzip
import io
import sys
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from itertools import groupby, pairwise
from pathlib import Path

FIRST = datetime(2016, 5, 2)  # noqa: DTZ001 - the log names no zone
OPENED_BEFORE = datetime(2016, 5, 14)  # noqa: DTZ001
LAST = datetime(2016, 5, 21)  # noqa: DTZ001
SIZE = 300
TARGET = Path(__file__).parents[2] / "streams" / "demo_data" / "incidents-sample.csv.gz"

DONE = {"Resolved", "Closed"}
MOVES = 3
Incident = list[dict[str, str]]


def main() -> None:
    """Read the log named on the command line, write the sample into the package."""
    with gzip.open(sys.argv[1], "rt", encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        header = list(rows.fieldnames or ())
        incidents = [list(group) for _, group in groupby(rows, key=lambda row: row["number"])]
    chosen = choose([incident for incident in incidents if lies_within(incident)])
    text = io.StringIO(newline="")
    out = csv.DictWriter(text, header, lineterminator="\n")
    out.writeheader()
    out.writerows(row for incident in chosen for row in incident)
    TARGET.write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))
    print(f"{len(chosen)} incidents, {sum(map(len, chosen))} rows, {TARGET.stat().st_size} bytes")


def choose(incidents: list[Incident]) -> list[Incident]:
    """Take so many of each kind, in the order of QUOTAS, and answer them in the log's order."""
    shuffled = sorted(incidents, key=lambda incident: sha256(number(incident).encode()).digest())
    taken: dict[str, Incident] = {}
    for fits, quota in QUOTAS:
        fresh = [one for one in shuffled if number(one) not in taken and fits(one)]
        room = min(quota, SIZE - len(taken))
        taken.update({number(one): one for one in fresh[:room]})
    return [incident for incident in incidents if number(incident) in taken]


def number(incident: Incident) -> str:
    """Answer the incident's number."""
    return incident[0]["number"]


def lies_within(incident: Incident) -> bool:
    """Tell whether it was opened and closed for good in the sample's span."""
    times = [moment(row["sys_updated_at"]) for row in incident]
    opened = moment(incident[0]["opened_at"])
    in_order = [opened, *times] == sorted([opened, *times])
    return in_order and FIRST <= opened < OPENED_BEFORE and times[-1] < LAST


def moment(text: str) -> datetime:
    """Read one of the log's times."""
    return datetime.strptime(text, "%d/%m/%Y %H:%M")  # noqa: DTZ007


def reopened(incident: Incident) -> bool:
    """Tell whether work began again after a solution."""
    states = [row["incident_state"] for row in incident]
    return any(one in DONE and next_ not in DONE for one, next_ in pairwise(states))


def changed_priority(incident: Incident) -> bool:
    """Tell whether the priority changed on the way."""
    return len({row["priority"] for row in incident}) > 1


def urgent(incident: Incident) -> bool:
    """Tell whether it was critical or high."""
    return incident[-1]["priority"] in {"1 - Critical", "2 - High"}


def low(incident: Incident) -> bool:
    """Tell whether it was of low priority."""
    return incident[-1]["priority"] == "4 - Low"


def waited(incident: Incident) -> bool:
    """Tell whether it waited for the user, a vendor, evidence or another problem."""
    return any(row["incident_state"].startswith("Awaiting") for row in incident)


def moved(incident: Incident) -> bool:
    """Tell whether it went through several groups."""
    return len({row["assignment_group"] for row in incident}) >= MOVES


QUOTAS: tuple[tuple[Callable[[Incident], bool], int], ...] = (
    (reopened, 20),
    (changed_priority, 40),
    (urgent, 40),
    (low, 25),
    (waited, 60),
    (moved, 45),
    (lambda _: True, SIZE),
)

if __name__ == "__main__":
    main()
