"""Which deadline stands in which field of a help desk's ticket.

Decisions: of several clocks that a rule means, it is the next deadline. A clock that is paused has
none, so its field is emptied; of a clock that has ended nothing is said, and what was promised
stays to be seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from streams.notify.route import Name, Words
from streams.process.config import Part
from streams.sla.policy import KINDS, METRICS
from streams.wire.instant import EPOCH, MILLISECOND, NotAnInstant, OutOfRange, parse


def _one_of(names: Iterable[str]) -> AfterValidator:
    def check(value: str) -> str:
        if value not in names:
            message = f"is {value!r}; use one of {', '.join(names)}"
            raise ValueError(message)
        return value

    return AfterValidator(check)


class WriteBack(Part):
    """A field of a desk's tickets, and whose deadline stands there.

    `form`: the `instant` as the desk writes one, or the `date` in the file's zone.
    """

    desk: Name
    field: Name
    metric: Annotated[str, _one_of(METRICS)]
    kind: Annotated[str, _one_of(KINDS)] = "sla"
    policy: Words | None = None
    form: Literal["instant", "date"] = "instant"


Fields = Mapping[str, int | None]
"""By field: the deadline (ms UTC), None where it is to be empty."""


def deadlines(rules: Iterable[WriteBack], row: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Give each desk's fields that a row of sla-status tells something of."""
    found: dict[str, dict[str, Any]] = {}
    for rule in rules:
        clocks = [clock for clock in row["clocks"] if _means(rule, clock)]
        if clocks:
            known = [parse(one["deadline"]) for one in clocks if one["deadline"] is not None]
            found.setdefault(rule.desk, {})[rule.field] = min(known, default=None)
    return found


def _means(rule: WriteBack, clock: Mapping[str, Any]) -> bool:
    if (clock["kind"], clock["metric"]) != (rule.kind, rule.metric):
        return False
    return rule.policy is None or clock["policy"] in rule.policy


def day(at: int, zone: str) -> str:
    """Write the local date of an instant (ms UTC)."""
    moment: datetime = (EPOCH + at * MILLISECOND).astimezone(ZoneInfo(zone))
    return moment.date().isoformat()


def same(stands: object, wanted: str | None) -> bool:
    """Say whether a field holds what is wanted, however the desk writes an instant."""
    if stands in (None, "") or wanted is None:
        return (stands in (None, "")) == (wanted is None)
    if str(stands) == wanted:
        return True
    try:
        return parse(str(stands)) == parse(wanted)
    except (NotAnInstant, OutOfRange, IndexError):
        return False
