"""A measuring set: the clocks of a policies file, with targets so long that nothing breaches.

Under it the real engine says how long each cycle takes, on the policies' own schedules and pauses.
A target that the schedule cannot reach is one that never comes: such a clock has no deadline, and
runs (`clock.Clock._instant`). Tickets that match no policy are not measured, but counted (R19).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from streams.policies import load
from streams.sla.duration import Active
from streams.sla.policy import DEFAULT, KINDS, Policy, PolicySet
from streams.sla.schedule import Schedule

NEVER = Active(10**15)
"""More active ms than lie before the year 9999 on any schedule."""


class NothingToMeasure(ValueError):
    """A policies file without what was asked for; says which, and the fix."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured by: the file's policies of one kind, as they are, and the set made of them.

    `neutral`: no file was given, and the one that is shipped is taken.
    """

    policies: PolicySet
    kind: str
    base: tuple[Policy, ...]
    set: PolicySet
    neutral: bool

    @property
    def schedules(self) -> dict[str, Schedule]:
        """Policy → the schedule on which it counts."""
        return {one.name: one.schedule for one in self.base}


@cache
def neutral() -> PolicySet:
    """Give the policies that are shipped for a history without a file of its own."""
    text = files("streams.insight").joinpath("neutral.yaml").read_text("utf-8")
    return load(text, "neutral.yaml")


def measure(
    policies: PolicySet | None, *, schedule: str | None = None, metrics: Iterable[str] = ()
) -> Measure:
    """Make the measuring set; raises NothingToMeasure.

    Promises to customers (`sla`) are measured, those inside (`olo`) where there are no others.
    `schedule` takes the place of the policies' own; `metrics` that of those they have targets for.
    """
    given = neutral() if policies is None else policies
    kind = next(kind for kind in KINDS if any(one.kind == kind for one in given.policies))
    base = [one for one in given.policies if one.kind == kind]
    if schedule is not None:
        base = [replace(one, schedule=_schedule(given, schedule)) for one in base]
    wanted = tuple(dict.fromkeys(metrics))
    measuring = tuple(_measuring(one, wanted or tuple(one.targets)) for one in base)
    made = PolicySet(f"{given.version}-measuring", measuring, given.schedules, given.statuses)
    return Measure(given, kind, tuple(base), made, policies is None)


def _measuring(policy: Policy, metrics: Iterable[str]) -> Policy:
    targets = {metric: {DEFAULT: NEVER} for metric in metrics}
    return replace(policy, targets=targets, warnings=(), contract=None)


def _schedule(policies: PolicySet, name: str) -> Schedule:
    known = {"24x7": Schedule.always(), **policies.schedules}
    if name not in known:
        message = f"--schedule {name}: no such schedule; there is {', '.join(known)}"
        raise NothingToMeasure(message)
    return known[name]
