"""What must be said of a finding beside its numbers: why a promise is none, and what misleads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from streams.insight.draft import say_brought
from streams.insight.finding import Drift, Finding, Mean
from streams.insight.words import cut, say_time
from streams.sla.policy import say_percent

MANY_MOVED = 0.05


@dataclass(frozen=True, slots=True)
class Note:
    """A warning: `kind` for programs, `text` for people."""

    kind: str
    text: str


def notes(one: Finding) -> list[Note]:
    """List what is to be said of a finding, what forbids a promise first."""
    return list(_notes(one))


def _notes(one: Finding) -> Iterator[Note]:
    if one.proposal is None:
        yield _no_promise(one)
    elif one.proposal.brought is not None:
        yield Note("order", f"{say_brought(one.proposal.brought)}.")
    if one.finished_only:
        yield Note(
            "finished_only",
            f"{one.counts.open:,} are open at the end, where {one.expected_open:,.0f} were to be "
            "expected: the history seems to hold finished tickets alone, so what takes long is "
            "missing of late; take an earlier --until.",
        )
    if one.drift is not None and one.drift.matters:
        yield Note("drift", _drift(one.drift))
    if one.mean is not None and one.mean.misleads:
        yield Note("mean", _mean(one, one.mean))
    if one.counts.moved > MANY_MOVED * one.counts.cycles:
        yield Note(
            "moved",
            f"{one.counts.moved:,} of {one.counts.cycles:,} cycles changed the segment on the way; "
            "times are by the segment at the start, the replay judges by the one at the outcome.",
        )


def _no_promise(one: Finding) -> Note:
    objective = say_percent(one.objective)
    if one.longest is None:
        return Note("none_holds", f"the schedule leaves no target that could hold {objective}.")
    kept = one.longest.kept
    seen = f"{one.longest.target} was kept by {cut(kept.value)}, {cut(kept.low)} at the least"
    if one.counts.cycles < one.needed:
        cycles = "1 cycle" if one.counts.cycles == 1 else f"{one.counts.cycles:,} cycles"
        return Note(
            "too_few",
            f"too few to prove {objective}: {cycles}, where {one.needed:,} that all keep a promise "
            "would do.",
        )
    if one.too_few:
        return Note("too_few", f"too few to prove {objective}: {seen}.")
    return Note(
        "none_holds",
        f"no target that one would sign holds {objective}: {seen}. Mend the process, not the "
        "promise.",
    )


def _drift(drift: Drift) -> str:
    since = datetime.fromtimestamp(drift.since / 1000, UTC).date().isoformat()
    part = "" if drift.within == 1 else f"{cut(drift.within)} of "
    return (
        f"the last third, from {since} on, is not like the rest: {cut(drift.later.value)} took no "
        f"longer than {part}{drift.target}, {cut(drift.earlier.value)} before. Find out what "
        "changed; if it is to stay, learn from then on: --since."
    )


def _mean(one: Finding, mean: Mean) -> str:
    half = dict(one.within)[50].value
    kept = f"a promise of it would have been kept by {cut(mean.kept.value)}"
    if half is None:
        return f"the mean misleads: {say_time(mean.ms)}, and {kept}."
    return f"the mean misleads: {say_time(mean.ms)}, where half take {say_time(half)}; {kept}."
