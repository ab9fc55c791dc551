"""A policies file to start from: a policy for each segment, with what its targets came from.

Decisions that bind this module:

- A policy a segment, not a priority a target: each then has its own line in every report, and an
  objective and a budget of its own (R26, R30).
- Metrics may have other segments. The policies are then all parts that are not told apart by any
  metric; each has the targets of the segments that it lies in.
- What a segment takes as the rest comes last among its kin and names no values: it takes what no
  policy before it does (R19), so tickets of values that history has not shown have a promise too.
- A metric without a proposal has no target. Where none of a policy's metrics has one, the longest
  round target is written, with the objective that history kept there: without the policy its
  tickets would fall to another's promise.
- Schedules, statuses, pauses and from when clocks count are those that were measured with. Warnings
  are one at 80 %; contracts are for people to agree on, and are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import yaml

from streams.insight.finding import Brought, Candidate, Finding
from streams.insight.gathering import Measured, Outcomes
from streams.insight.measure import Measure
from streams.insight.segment import Part, Segment, scalars, shown, value_place
from streams.insight.words import say_days
from streams.sla.policy import START, Policy, Scalar, say_percent
from streams.wire.instant import show

Json = dict[str, Any]
NAMED = 3
"""How many values a policy's name holds."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The file's text, and for each finding (by its place) the promises that came from it."""

    text: str
    promises: Mapping[int, tuple[Measured, ...]]


@dataclass(frozen=True, slots=True)
class _Plan:
    """A policy to be: its filter by parts, and of each metric the place of its finding."""

    base: Policy
    by: tuple[str, ...]
    parts: tuple[Part, ...]
    findings: tuple[tuple[str, int], ...]


class NothingToWrite(ValueError):
    """No segment has a proposal."""


def draft(
    findings: Sequence[Finding], measure: Measure, until: int, outcomes: Outcomes | None = None
) -> Draft:
    """Write the file; raises NothingToWrite. `outcomes` are those of a replay under it."""
    if not any(one.proposal for one in findings):
        raise NothingToWrite("no segment has a proposal, so there is no policies file to write")
    plans = _named(plan for base in measure.base for plan in _plans(base, findings))
    targets = {name: _targets(plan, findings) for name, plan in plans.items()}
    promises: dict[int, tuple[Measured, ...]] = {}
    for name, plan in plans.items():
        for metric, place in plan.findings:
            if metric in targets[name]:
                promises[place] = (*promises.get(place, ()), (name, metric))
    entries = [
        _comments(plan, findings, promises, outcomes) + _entry(name, plan, targets[name], findings)
        for name, plan in plans.items()
    ]
    return Draft(_head(measure, until) + "policies:\n" + "".join(entries), promises)


def _plans(base: Policy, findings: Sequence[Finding]) -> list[_Plan]:
    """Part a policy's tickets as finely as any of its metrics does."""
    by_metric: dict[str, list[int]] = {}
    for place, one in enumerate(findings):
        if one.policy == base.name:
            by_metric.setdefault(one.metric, []).append(place)
    if not by_metric:
        return []
    by = findings[next(iter(by_metric.values()))[0]].segment.by
    plans = [_Plan(base, by, tuple(Part((), rest=True) for _ in by), ())]
    for metric, places in by_metric.items():
        plans = [
            _Plan(base, by, parts, (*plan.findings, (metric, place)))
            for plan in plans
            for place in places
            if (parts := _both(plan.parts, findings[place].segment.parts)) is not None
        ]
    return sorted((plan for plan in plans if _reachable(plan)), key=_order)


def _both(one: Iterable[Part], other: Iterable[Part]) -> tuple[Part, ...] | None:
    """Intersect attribute by attribute; None where nothing is in both."""
    met = tuple(_meet(mine, theirs) for mine, theirs in zip(one, other, strict=True))
    return None if any(not part.rest and not part.shown for part in met) else met


def _meet(one: Part, other: Part) -> Part:
    if one.rest and other.rest:
        others = one.others | other.others
        both = dict.fromkeys((*one.shown, *other.shown))
        return Part(tuple(v for v in both if v not in others), rest=True, others=others)
    if one.rest or other.rest:
        rest, named = (one, other) if one.rest else (other, one)
        return Part(tuple(v for v in named.shown if v not in rest.others), rest=False)
    return Part(tuple(value for value in one.shown if value in other.shown), rest=False)


def _order(plan: _Plan) -> tuple[tuple[Any, ...], ...]:
    """Put named parts before the rest, attribute by attribute."""
    return tuple((True,) if p.rest else (False, *value_place(p.shown[0])) for p in plan.parts)


def _reachable(plan: _Plan) -> bool:
    """Whether the policy's own filter leaves something to the parts that take the rest."""
    parts = zip(plan.by, plan.parts, strict=True)
    return all(not p.rest or plan.base.match.get(n, {None}) - p.others for n, p in parts)


def _named(plans: Iterable[_Plan]) -> dict[str, _Plan]:
    """Give each policy a name of its own: that of the one it was made of, and its values."""
    named: dict[str, _Plan] = {}
    for plan in plans:
        told = [_values_of(part) for part in plan.parts if not part.all]
        name = wanted = ", ".join([plan.base.name, *told])
        number = 2
        while name in named:
            name, number = f"{wanted} ({number})", number + 1
        named[name] = plan
    return named


def _values_of(part: Part) -> str:
    more = [f"{len(part.shown) - NAMED} more"] if len(part.shown) > NAMED else []
    return "/".join([*map(shown, part.shown[:NAMED]), *more, *(["other"] if part.rest else [])])


def _targets(plan: _Plan, findings: Sequence[Finding]) -> dict[str, Candidate]:
    """Give the targets by metric; the longest round ones where nothing holds."""
    found = {m: findings[place] for m, place in plan.findings}
    held = {m: one.proposal.candidate for m, one in found.items() if one.proposal is not None}
    return held or {m: one.longest for m, one in found.items() if one.longest is not None}


def _entry(
    name: str, plan: _Plan, targets: Mapping[str, Candidate], findings: Sequence[Finding]
) -> str:
    base = plan.base
    match = {attribute: sorted_values(values) for attribute, values in base.match.items()}
    for attribute, part in zip(plan.by, plan.parts, strict=True):
        if not part.rest:
            match[attribute] = scalars(part.shown)
        elif attribute in match:
            match[attribute] = [value for value in match[attribute] if value not in part.others]
    fields: Json = {
        "name": name,
        "kind": base.kind,
        "match": match,
        "schedule": base.schedule.name,
        "objective": say_percent(_objective(plan, targets, findings)),
        "targets": {metric: {"default": str(one.target)} for metric, one in targets.items()},
        "pause": {
            "statuses": sorted(base.pause.statuses),
            "metrics": sorted(base.pause.metrics),
            "resume_on": sorted(base.pause.resume_on),
        },
        "warnings": [{"at": "80%"}],
    }
    if base.bots_answer:
        fields["bots_answer"] = True
    if base.counts_from != START:
        fields["counts_from"] = base.counts_from
    lines = [f"{key}: {_flow(value)}" for key, value in fields.items()]
    return "  - " + "\n    ".join(lines) + "\n"


def _objective(
    plan: _Plan, targets: Mapping[str, Candidate], findings: Sequence[Finding]
) -> Fraction:
    """Give the objective of the findings; where nothing held it, the percent that was kept."""
    first = findings[plan.findings[0][1]]
    if any(findings[place].proposal is not None for _, place in plan.findings):
        return first.objective
    return Fraction(max(1, min(int(100 * one.kept.low) for one in targets.values())), 100)


def _comments(
    plan: _Plan,
    findings: Sequence[Finding],
    promises: Mapping[int, tuple[Measured, ...]],
    outcomes: Outcomes | None,
) -> str:
    told = []
    for metric, place in plan.findings:
        one = findings[place]
        said = f"{metric}: of {one.counts.cycles:,} cycles of {one.counts.tickets:,} tickets"
        candidate = one.longest if one.proposal is None else one.proposal.candidate
        if candidate is not None:
            kept = [f"{100 * share:.1f} %" for share in candidate.kept]
            said += f", {kept[0]} kept {candidate.target} ({kept[1]} to {kept[2]})"
        told.append(said)
        if one.proposal is None:
            why = "too few to prove" if one.too_few else "mend the process: no round target holds"
            told.append(f"  {why} {say_percent(one.objective)}")
        elif one.proposal.brought is not None:
            told.append(f"  {say_brought(one.proposal.brought)}")
        if outcomes is not None and place in promises:
            tally = outcomes.tally(promises[place])
            where = "" if len(promises[place]) == 1 else ", in all policies with this target"
            told.append(f"  replayed: {tally.met:,} met, {tally.breached:,} breached{where}")
    return "".join(f"\n  # {' '.join(line.split())}" for line in told).lstrip("\n") + "\n"


def say_segment(segment: Segment) -> str:
    """Name a segment by what tells it apart; "all" where nothing does."""
    return ", ".join(_all_of(part) for part in segment.parts if not part.all) or "all"


def say_brought(brought: Brought) -> str:
    """Say why a proposal is not what the segment's cycles alone would have."""
    other = say_segment(brought.other)
    if brought.tightened:
        return f"too few to prove less than {brought.own}, but no slower than {other}: tightened"
    return f"{brought.own} would do, but {other}, more urgent, needs this: loosened"


def _all_of(part: Part) -> str:
    return "/".join(map(shown, part.shown))


def _head(measure: Measure, until: int) -> str:
    document = measure.policies.document
    used = {one.schedule.name for one in measure.base}
    schedules = document["schedules"]
    assert isinstance(schedules, Mapping)  # the normal form of a policies file
    kept: Json = {"statuses": document["statuses"]} if document["statuses"] else {}
    if found := {name: _schedule(what) for name, what in schedules.items() if name in used}:
        kept["schedules"] = found
    text = yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, default_flow_style=None)
    return (
        f"# A start, made by `sla advise` from a history up to {show(until)}.\n"
        "# Each target is the shortest round one of which the lower 95 % bound of the share that\n"
        "# kept it is at or above the objective. Read it before you sign it.\n"
        "version: 1\n" + (text if kept else "")
    )


def _schedule(normal: object) -> object:
    """Write a schedule's normal form as people do: days alike together, nothing that is empty."""
    if not isinstance(normal, Mapping):
        return normal
    days: dict[str, list[str]] = {}
    for day, windows in normal["hours"].items():
        days.setdefault(str(windows), []).append(day)
    hours = {say_days(names): normal["hours"][names[0]] for names in days.values()}
    holidays = {name: what for name, what in normal["holidays"].items() if what}
    rest = {"holidays": holidays, "exceptions": normal["exceptions"]}
    told = {"time_zone": normal["time_zone"], "hours": hours}
    return told | {name: what for name, what in rest.items() if what}


def _flow(value: object) -> str:
    """Write a value as YAML on one line."""
    text = yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6
    )
    return text.removesuffix("...\n").strip()


def sorted_values(values: Iterable[Scalar]) -> list[Scalar]:
    """Put the values of a filter in order."""
    return sorted(values, key=value_place)
