"""What `sla advise` found as one JSON object, exact.

Amounts are seconds with milliseconds, of active time unless the name says otherwise; instants are
RFC 3339. A time that is not reached is null. Shares are of 1, with the bounds beside them. Of an
attribute's values in a segment, `rest` says that it takes all others too, null those without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streams.insight.finding import Candidate, Counts, Finding, Proposal
from streams.insight.notes import notes
from streams.insight.segment import Segment
from streams.insight.study import Study
from streams.insight.survival import CONFIDENCE, Share, Span
from streams.insight.week import Hour, Stretch, Week
from streams.sla.compliance import Tally
from streams.sla.hours import DAYS
from streams.wire.instant import show

Told = Mapping[str, Any]


def as_object(done: Study) -> Told:
    """Give the object, its keys in the order in which they are written."""
    gathered, wish = done.gathered, done.wish
    present = done.present()
    return {
        "since": show(wish.since) if wish.since else None,
        "until": show(gathered.until),
        "tickets": gathered.tickets,
        "events": gathered.events,
        "unmatched_tickets": gathered.unmatched,
        "unknown_statuses": sorted(gathered.statuses),
        "policies_given": not done.measure.neutral,
        "schedules": sorted({one.schedule.name for one in done.measure.base}),
        "segments_by": list(wish.by),
        "least_tickets": wish.least,
        "confidence": CONFIDENCE,
        "segments": [_finding(done, place) for place in range(len(done.findings))],
        "present": [
            {"policy": policy, "metric": metric, **_tally(present[policy, metric])}
            for policy, metric in sorted(present)
        ],
        "weeks": [_week(one) for one in done.weeks],
    }


def _finding(done: Study, place: int) -> Told:
    one: Finding = done.findings[place]
    replayed = done.replayed(place)
    return {
        "policy": one.policy,
        "metric": one.metric,
        "schedule": one.schedule.name,
        "segment": _segment(one.segment),
        **_counts(one.counts),
        "within": {f"{share}_percent": _span(span) for share, span in one.within},
        "mean_seconds": None if one.mean is None else one.mean.ms / 1000,
        "mean_kept": None if one.mean is None else _share(one.mean.kept),
        "objective": float(one.objective),
        "proposal": None if one.proposal is None else _proposal(one.proposal),
        "replayed": None if replayed is None else _tally(replayed),
        "longest": None if one.longest is None else _candidate(one.longest),
        "asked": [_candidate(candidate) for candidate in one.candidates],
        "drift": None
        if one.drift is None
        else {
            "since": show(one.drift.since),
            "target": str(one.drift.target),
            "within_share_of_target": one.drift.within,
            "matters": one.drift.matters,
            "earlier": _share(one.drift.earlier),
            "later": _share(one.drift.later),
            "log_rank_p": one.drift.chance,
        },
        "expected_open_cycles": one.expected_open,
        "needed_cycles": one.needed,
        "notes": [{"kind": note.kind, "text": note.text} for note in notes(one)],
    }


def _counts(counts: Counts) -> Told:
    return {
        "tickets": counts.tickets,
        "cycles": counts.cycles,
        "ended_cycles": counts.ended,
        "open_cycles": counts.open,
        "cancelled_cycles": counts.cancelled,
        "moved_cycles": counts.moved,
    }


def _proposal(one: Proposal) -> Told:
    brought = one.brought
    return {
        **_candidate(one.candidate),
        "shorter": None if one.shorter is None else _candidate(one.shorter),
        "brought": None
        if brought is None
        else {
            "own_target": str(brought.own),
            "how": "tightened" if brought.tightened else "loosened",
            "to_that_of": _segment(brought.other),
        },
    }


def _candidate(one: Candidate) -> Told:
    return {
        "target": str(one.target),
        "kept": _share(one.kept),
        "next_4_weeks": None
        if one.ahead is None
        else {"low": one.ahead.low, "high": one.ahead.high},
    }


def _segment(segment: Segment) -> Told:
    return {
        name: {"values": list(part.shown), "rest": part.rest}
        for name, part in zip(segment.by, segment.parts, strict=True)
    }


def _share(share: Share) -> Told:
    return share._asdict()


def _span(span: Span) -> Told:
    names = ("seconds", "low_seconds", "high_seconds")
    return {n: None if v is None else v / 1000 for n, v in zip(names, span, strict=True)}


def _tally(tally: Tally) -> Told:
    rate = tally.rate
    return {
        "met": tally.met,
        "breached": tally.breached,
        "rate": None if rate is None else float(rate),
        "rate_fraction": None if rate is None else [tally.met, tally.met + tally.breached],
    }


def _week(week: Week) -> Told:
    return {
        "metric": week.metric,
        "time_zone": week.zone,
        "breach_rate": week.breach_rate,
        "hours": [
            {"day": DAYS[place // 24], "hour": place % 24, **_hour(hour)}
            for place, hour in enumerate(week.hours)
        ],
        "outruns": [_stretch(one) for one in week.stretches()],
    }


def _hour(hour: Hour) -> Told:
    return {
        "passed": hour.passed,
        "open_times": hour.open,
        "tickets": hour.tickets,
        "customer_messages": hour.messages,
        "cycles_started": hour.come,
        "cycles_done": hour.done,
        "mean_queue": hour.each(hour.queue),
        "met": hour.kept,
        "breached": hour.broken,
        "breach_rate": hour.breach_rate,
        "outrun": hour.outrun,
    }


def _stretch(one: Stretch) -> Told:
    return {
        "day": DAYS[one.day],
        "from_hour": one.first,
        "to_hour": one.last + 1,
        "mean_started": one.come,
        "mean_done": one.done,
        "mean_queue": one.queue,
        "breach_rate": one.breach_rate,
    }
