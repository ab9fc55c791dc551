"""What `sla advise` found, for the terminal: what it was counted on, segments, proposals, the week.

Shares are cut off, as `sla replay --summary` does; times are rounded up to the minute, for a
promise must not be shorter than what it is made of. The exact numbers are in the JSON.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from streams.cli.advised_week import show_week
from streams.cli.explained import plain
from streams.cli.tables import table as new_table
from streams.insight.draft import say_segment
from streams.insight.finding import Candidate, Finding
from streams.insight.notes import notes
from streams.insight.segment import Segment, shown
from streams.insight.study import Study
from streams.insight.survival import Share, Span
from streams.insight.words import cut, say_hours, say_time
from streams.sla.policy import say_percent
from streams.wire.instant import show as show_instant

WIDTH = 120
"""Where stdout is no terminal."""

ABSENT = "-"
Placed = tuple[int, Finding]


def show(done: Study) -> None:
    """Print all parts."""
    width = None if sys.stdout.isatty() else WIDTH
    console = Console(width=width, markup=False, highlight=False, emoji=False)
    _show_base(console, done)
    if not done.findings:
        console.print("\nNo cycle has started, so there is nothing to learn from.")
        return
    placed = list(enumerate(done.findings))
    for (policy, metric), group in groupby(placed, key=lambda one: (one[1].policy, one[1].metric)):
        found = list(group)
        console.print()
        schedule = found[0][1].schedule.name
        console.print(Text(f"{metric} of {plain(policy)}, in active time of {schedule}", "bold"))
        _show_times(console, found)
        _show_proposals(console, done, found)
        _show_merged(console, [one.segment for _, one in found], done.wish.least)
        _show_notes(console, found)
    if done.weeks:
        show_week(console, done.weeks[0], asked=bool(done.gathered.asked))


def _show_base(console: Console, done: Study) -> None:
    """Say what was counted, and on which clocks."""
    gathered, how = done.gathered, done.measure
    until = f", until {show_instant(gathered.until)}" if gathered.tickets else ""
    console.print(f"Tickets: {gathered.tickets:,}; events: {gathered.events:,}{until}")
    if how.neutral:
        console.print(
            "Counted 24 hours a day, 7 days a week, as no policies file was given; resolution "
            "stands still while pending."
        )
    for one in {one.schedule.name: one.schedule for one in how.base}.values():
        if not how.neutral:
            console.print(f"Counted on {plain(one.name)}: {say_hours(one)}")
    if gathered.statuses:
        words = ", ".join(plain(word) for word in sorted(gathered.statuses))
        console.print(f"Status words that no category knows, which count as open: {words}")
    if gathered.unmatched:
        console.print(f"{gathered.unmatched:,} tickets match no policy, and are not in it.")


def _show_times(console: Console, found: Sequence[Placed]) -> None:
    """Print the time that shares of the cycles kept, each over its bounds."""
    shares = [f"{share} %" for share, _ in found[0][1].within]
    table = new_table("segment", numbers=("cycles", "open", "cancelled", *shares))
    for _, one in found:
        counts = one.counts
        table.add_row(
            plain(say_segment(one.segment)),
            f"{counts.cycles:,}",
            f"{counts.open:,}",
            f"{counts.cancelled:,}",
            *(_span(span) for _, span in one.within),
        )
    console.print(Padding(table, (1, 0, 0, 0), expand=False))


def _show_proposals(console: Console, done: Study, found: Sequence[Placed]) -> None:
    """Print what could be promised, and what came, or would have come, of promises."""
    numbers = ("promise", "kept it", "next 4 weeks", "replayed\nmet", "\nbreached", "\nrate")
    table = new_table("segment", "objective", numbers=numbers)
    for place, one in found:
        name = plain(say_segment(one.segment))
        objective = say_percent(one.objective)
        if one.proposal is None:
            table.add_row(name, objective, "none", *[ABSENT] * 5)
        else:
            table.add_row(
                name, objective, *_candidate(one.proposal.candidate), *_replayed(done, place)
            )
        for candidate in one.candidates:
            table.add_row("", "asked", *_candidate(candidate), *[ABSENT] * 3)
    console.print(Padding(table, (1, 0, 0, 0), expand=False))
    present = done.present().get((found[0][1].policy, found[0][1].metric))
    if present is not None and present.rate is not None:
        console.print(
            f"The promises that stand now: {present.met:,} met, {present.breached:,} breached, "
            f"{cut(float(present.rate))}."
        )


def _candidate(one: Candidate) -> tuple[str, str, str]:
    ahead = ABSENT if one.ahead is None else f"{cut(one.ahead.low)} to {cut(one.ahead.high)}"
    return str(one.target), _share(one.kept), ahead


def _replayed(done: Study, place: int) -> tuple[str, str, str]:
    tally = done.replayed(place)
    if tally is None or tally.rate is None:
        return ABSENT, ABSENT, ABSENT
    return f"{tally.met:,}", f"{tally.breached:,}", cut(float(tally.rate))


def _show_merged(console: Console, found: Sequence[Segment], least: int) -> None:
    """Say what is not told apart, and what there is nothing of to tell apart."""
    for place, name in enumerate(found[0].by):
        values = dict.fromkeys(cell[place] for one in found for cell in one.cells)
        merged = dict.fromkeys(
            " and ".join(map(shown, one.parts[place].shown))
            for one in found
            if len(one.parts[place].shown) > 1
        )
        if list(values) == [None]:
            console.print(f"No ticket has a {plain(name)}.")
        elif merged:
            what = plain("; ".join(merged))
            console.print(f"Merged by {plain(name)}, with fewer than {least:,} tickets: {what}")


def _show_notes(console: Console, found: Iterable[Placed]) -> None:
    told = [(one, note) for _, one in found for note in notes(one)]
    if told:
        console.print()
    for one, note in told:
        text = f"{plain(say_segment(one.segment))}: {plain(note.text)}"
        console.print(Padding(Text(text), (0, 0, 0, 2)))


def _span(span: Span) -> str:
    if span.value is None:
        return "not reached" if span.low is None else f"not reached\nfrom {say_time(span.low)}"
    high = "?" if span.high is None else say_time(span.high)
    low = "?" if span.low is None else say_time(span.low)
    return f"{say_time(span.value)}\n{low} to {high}"


def _share(share: Share) -> str:
    return f"{cut(share.value)}\n{cut(share.low)} to {cut(share.high)}"
