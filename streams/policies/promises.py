"""From the document's shape of a policy to the policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from streams.policies.fault import Path
from streams.policies.fields import meant
from streams.policies.marked import Marked
from streams.policies.model import (
    ContractShape,
    PauseShape,
    PolicyShape,
    WarningShape,
)
from streams.sla.duration import Active, BusinessDays, Duration, Offset
from streams.sla.policy import (
    CATEGORIES,
    DEFAULT,
    Contract,
    Credit,
    Pause,
    Policy,
    Scalar,
    Warning_,
    word,
)
from streams.sla.schedule import Schedule

Targets = Mapping[str, Mapping[str, Duration]]

_YES_NO = frozenset({"yes", "no", "on", "off", "y", "n"})


def build_policy(
    marked: Marked,
    path: Path,
    shape: PolicyShape,
    schedules: Mapping[str, Schedule],
    statuses: Mapping[str, str],
) -> Policy | None:
    """Make a policy; None, with the faults noted, where it cannot be."""
    before = len(marked.faults)
    schedule = schedules.get(shape.schedule)
    targets = _targets(marked, (*path, "targets"), shape, schedule)
    pause = _pause(marked, (*path, "pause"), shape, statuses)
    warnings = _warnings(marked, (*path, "warnings"), shape.warnings, (targets, schedule))
    contract = _contract(marked, (*path, "contract"), shape.contract, schedule)
    failed = any(fault.severity == "error" for fault in marked.faults[before:])
    if schedule is None or failed:
        return None
    return Policy(
        name=shape.name,
        kind=shape.kind,
        schedule=schedule,
        targets=targets,
        match=_match(marked, (*path, "match"), shape),
        objective=shape.objective,
        pause=pause,
        warnings=warnings,
        contract=contract,
        bots_answer=shape.bots_answer,
        counts_from=shape.counts_from,
    )


def _match(marked: Marked, path: Path, shape: PolicyShape) -> dict[str, frozenset[Scalar]]:
    for name, values in shape.match.items():
        for index, value in enumerate(values):
            where = (*path, name, index)
            where = where if where in marked.values else where[:-1]
            if isinstance(value, str) and value.lower() in _YES_NO and where in marked.plain:
                what = f"read as the text '{value}', not as a boolean"
                marked.add(where, what, "write true or false, or quotes", severity="note")
    return {name: frozenset(values) for name, values in shape.match.items()}


def _targets(marked: Marked, path: Path, shape: PolicyShape, schedule: Schedule | None) -> Targets:
    if marked.value_at(path) == {}:
        marked.add(path, "a policy without a target", "add first_response: {default: 4h}")
    targets: dict[str, dict[str, Duration]] = {}
    for metric, priorities in shape.targets.items():
        where = (*path, metric)
        targets[metric] = {}
        for priority, duration in priorities.items():
            name = word(priority)
            if name in targets[metric]:
                what = f"the priority '{name}' is named twice"
                marked.add((*where, priority), what, "keep one", key=True)
            targets[metric][name] = duration
            if schedule is not None:
                _check_length(marked, (*where, priority), duration, schedule)
        if marked.value_at(where) == {}:
            marked.add(where, "a metric without a target", "add default: and a duration")
        elif DEFAULT not in priorities and priorities:
            what = f"no default: tickets of other priorities have no {metric} target"
            marked.add(where, what, "add default:, if they should", severity="note")
    return targets


def _check_length(marked: Marked, path: Path, duration: Duration, schedule: Schedule) -> None:
    active, days = schedule.rules.capacity()
    if isinstance(duration, Active) and duration.ms > active:
        hours = active // 3_600_000
        what = f"longer than a year: '{schedule.name}' is not open for more than {hours}h of it"
        marked.add(path, what, "write less time, or take a schedule with more hours")
    if not isinstance(duration, Active) and duration.days > days:
        what = f"longer than a year: '{schedule.name}' has no more than {days} open days in it"
        marked.add(path, what, "write fewer business days")


def _pause(marked: Marked, path: Path, policy: PolicyShape, statuses: Mapping[str, str]) -> Pause:
    shape: PauseShape = policy.pause
    plain = Pause()
    words = plain.statuses if shape.statuses is None else frozenset(map(word, shape.statuses))
    metrics = plain.metrics if shape.metrics is None else frozenset(shape.metrics)
    for index, status in enumerate(shape.statuses or ()):
        if word(status) not in CATEGORIES and word(status) not in statuses:
            what = "no category knows this status, so nothing would ever pause in it"
            fix = f"add it to a category under `statuses:`, or {meant(status, CATEGORIES)}"
            marked.add((*path, "statuses", index), what, fix)
    for index, metric in enumerate(shape.metrics or ()):
        if metric not in policy.targets and metrics != plain.metrics:
            what = "this policy has no target for it, so there is nothing to pause"
            marked.add((*path, "metrics", index), what, "leave it out", severity="note")
    return Pause(words, metrics, frozenset(shape.resume_on))


def _warnings(
    marked: Marked,
    path: Path,
    shapes: list[WarningShape],
    promised: tuple[Targets, Schedule | None],
) -> tuple[Warning_, ...]:
    """Give the warnings in the order in which they are due, shares first."""
    targets, schedule = promised
    warnings: dict[str, Warning_] = {}
    for index, shape in enumerate(shapes):
        where = (*path, index)
        warning = Warning_(
            percent=shape.at,
            left=shape.left,
            after=shape.after,
            level=shape.level,
            notify=tuple(dict.fromkeys(shape.notify)),
        )
        if warning.key in warnings:
            marked.add(where, f"the threshold {warning.key} comes twice", "join the two")
        for name, span in (("left", shape.left), ("after", shape.after)):
            if isinstance(span, BusinessDays) and schedule is not None:
                _check_length(marked, (*where, name), span, schedule)
        if warning.left is not None and _too_early(warning.left, targets):
            what = "no target is longer, so it would be due before its clock starts"
            marked.add((*where, "left"), what, "write less time than the targets have")
        warnings[warning.key] = warning
    return tuple(sorted(warnings.values(), key=_due))


def _ms(span: Active | None) -> int | None:
    return None if span is None else span.ms


def _due(warning: Warning_) -> tuple[bool, Fraction, int, int, int, int]:
    share = Fraction(0) if warning.percent is None else warning.percent
    after, left = _size(warning.after), _size(warning.left)
    return warning.percent is None, share, *after, -left[0], -left[1]


def _size(span: Duration | None) -> tuple[int, int]:
    """Give business days and active ms, one of which is 0."""
    if isinstance(span, Active):
        return 0, span.ms
    return (0 if span is None else span.days), 0


def _too_early(left: Offset, targets: Targets) -> bool:
    """Say whether every target is known to be no longer than the time left."""
    durations = [duration for priorities in targets.values() for duration in priorities.values()]
    return bool(durations) and all(
        type(duration) is type(left) and _size(duration) <= _size(left) for duration in durations
    )


def _contract(
    marked: Marked, path: Path, shape: ContractShape | None, schedule: Schedule | None
) -> Contract | None:
    if shape is None:
        return None
    for index, line in enumerate(shape.credits):
        if line.late is not None and schedule is not None:
            _check_length(marked, (*path, "credits", index, "late"), line.late, schedule)
    lines = [Credit(line.credit, line.below, _ms(line.late)) for line in shape.credits]
    below = sorted(line for line in ((c.below, c.credit) for c in lines) if line[0] is not None)
    late = sorted(line for line in ((c.late_ms, c.credit) for c in lines) if line[0] is not None)
    if not (_grows(below[::-1]) and _grows(late)):
        what = "a worse result must earn more, and have a line of its own"
        marked.add((*path, "credits"), what, "give each line its own threshold, a higher credit")
    lines.sort(key=lambda line: (line.late_ms or 0, -(line.below or 0)))
    return Contract(shape.account, shape.monthly_fee, shape.currency, tuple(lines), shape.cap)


def _grows(lines: Sequence[tuple[Fraction | int | None, Fraction]]) -> bool:
    """Say whether, from line to line, thresholds differ and credits grow."""
    return all(one[0] != next_[0] and one[1] < next_[1] for one, next_ in pairwise(lines))
