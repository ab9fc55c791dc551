"""Real incidents: what was proposed from what was known then, judged by what came after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from streams.history.export import read_export
from streams.history.importer import Importer
from streams.history.mapping import load_mapping
from streams.history.replay import by_ticket, each
from streams.insight.advice import advise
from streams.insight.draft import draft
from streams.insight.finding import Candidate, Finding
from streams.insight.forecast import Forecast, by_week
from streams.insight.gathering import Gathering, Outcomes
from streams.insight.measure import Measure, measure
from streams.insight.notes import notes
from streams.insight.study import LEAST, Events, Wish, gathering
from streams.insight.survival import Share
from streams.policies import load, load_file
from streams.sla.compliance import Tally
from streams.sla.events import Created, TicketEvent
from streams.wire.ticket_events import decode

ROOT = Path(__file__).parents[2]
MODERATE = "3 - Moderate"
EIGHT_MONTHS = datetime(2016, 10, 29, tzinfo=UTC)
"""The first incident was opened on 29 February."""
MAY = datetime(2016, 5, 1, tzinfo=UTC)
"""Of the log's tickets, 98 % came in its first three months; May is the last of these."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A proposal of a day, what it was foreseen to keep, by chance alone too, and what it kept."""

    finding: Finding
    candidate: Candidate
    foreseen: Share
    by_chance: Share
    kept: Tally

    @property
    def rate(self) -> float:
        """The share of the later cycles that kept it."""
        assert self.kept.rate is not None
        return float(self.kept.rate)


@pytest.fixture(scope="module")
def events(shared: Path) -> list[TicketEvent]:
    """Import the whole log."""
    mapping = load_mapping("servicenow")
    log = shared / "data" / "uci_incident_event_log.csv.gz"
    rows = read_export(str(log), mapping.file, mapping.columns())
    told = (decode(event.encode(), keyed=False) for event in Importer(mapping).events(rows))
    return [event for event in told if event is not None]


@pytest.fixture(scope="module")
def how() -> Measure:
    """Count on the clock by which the company judged its incidents."""
    return measure(load_file(ROOT / "examples" / "uci" / "policies-made-sla.yaml"))


@pytest.fixture(scope="module")
def known(events: list[TicketEvent], how: Measure) -> Callable[[datetime], Gathering]:
    """Measure what was known by a day: later events are not there, what was open is censored."""

    @cache
    def until(day: datetime) -> Gathering:
        cut = round(day.timestamp() * 1000)
        wish = Wish(by=("priority",))
        return Events(events, cut).fold(
            (how.set,), lambda sets, end: gathering(how, wish, sets, end)
        )

    yield until
    until.cache_clear()


def moderate(findings: list[Finding]) -> tuple[int, Finding]:
    """Find the segment, and its place."""
    return next(
        (place, one)
        for place, one in enumerate(findings)
        if one.segment.part("priority").shown == (MODERATE,)
    )


def judged(
    events: list[TicketEvent], how: Measure, gathered: Gathering, objective: int
) -> Judged | None:
    """Propose, then replay what was opened after the day under all that is proposed.

    None where Moderate has no proposal.
    """
    findings = advise(gathered, how, least=LEAST, objective=Fraction(objective, 100))
    place, one = moderate(findings)
    if one.proposal is None:
        return None
    made = draft(findings, how, gathered.until)
    end = max(event.time for event in events)
    later = {
        ticket: history
        for ticket, history in by_ticket(events).items()
        if history[0].time >= gathered.until
    }
    outcomes = Outcomes(how.kind, 0, end)
    after = [event for history in later.values() for event in history]
    for replayed in each(after, (load(made.text),), until=end):
        outcomes.add(replayed)
    starts = [
        history[0].time
        for history in later.values()
        if isinstance(history[0], Created) and history[0].attributes["priority"] == MODERATE
    ]
    candidate = one.proposal.candidate
    seen = candidate.forecast
    by_chance = Forecast(seen.share, 0.0, 0.0, 10_000).interval([len(starts)])
    kept = outcomes.tally(made.promises[place])
    return Judged(one, candidate, seen.interval(by_week(starts)), by_chance, kept)


@pytest.mark.parametrize(
    ("day", "objective", "target"),
    [(EIGHT_MONTHS, 90, "20bd"), (EIGHT_MONTHS, 95, "30bd"), (MAY, 90, "20bd")],
    ids=["eight months, 90 %", "eight months, 95 %", "two months, 90 %"],
)
def test_what_is_proposed_is_kept_later_as_was_foreseen(
    events: list[TicketEvent],
    how: Measure,
    known: Callable[[datetime], Gathering],
    day: datetime,
    objective: int,
    target: str,
) -> None:
    """R32: Moderate, learnt from what was known by a day, judged on what was opened since."""
    one = judged(events, how, known(day), objective)
    assert one is not None
    counts = one.finding.counts
    print(  # noqa: T201 - the numbers are the point
        f"\nby {day:%F}, {objective} %: {one.candidate.target}, of {counts.cycles:,} cycles, "
        f"{counts.open:,} open: kept {one.candidate.kept}\n"
        f"  weeks differ by {one.candidate.forecast.between:.3f}: foreseen {one.foreseen}\n"
        f"  were it for chance alone: {one.by_chance}\n"
        f"  since then: {one.kept}, {one.rate:.4f}"
    )
    assert str(one.candidate.target) == target
    assert one.candidate.kept.low >= objective / 100
    assert one.foreseen.low <= one.rate <= one.foreseen.high


def test_chance_alone_does_not_foresee_thousands_of_tickets(
    events: list[TicketEvent], how: Measure, known: Callable[[datetime], Gathering]
) -> None:
    """R32: of 7,398 in May chance leaves half a percent, and May was better by more than that."""
    one = judged(events, how, known(MAY), 90)
    assert one is not None
    assert one.rate > one.by_chance.high
    assert one.by_chance.high - one.by_chance.low < 0.02


def test_what_the_first_weeks_do_not_prove_is_not_proposed(
    events: list[TicketEvent], how: Measure, known: Callable[[datetime], Gathering]
) -> None:
    """R32: by May 2,801 are open, the first weeks were slow, and 95 % is not proved."""
    assert judged(events, how, known(MAY), 95) is None
    findings = advise(known(MAY), how, least=LEAST, objective=Fraction(95, 100))
    _, one = moderate(findings)
    assert {"too_few", "drift"} <= {note.kind for note in notes(one)}
    assert one.drift is not None
    assert one.drift.later.low > one.drift.earlier.high
    assert one.counts.open > 1000


def test_a_log_of_finished_incidents_is_told(
    events: list[TicketEvent], how: Measure, known: Callable[[datetime], Gathering]
) -> None:
    """R32: at its end the log has nothing open, so what takes long is missing: a warning."""
    end = datetime.fromtimestamp(max(event.time for event in events) / 1000, UTC)
    by_end = advise(known(end), how, least=LEAST)
    (_, last), (_, then) = moderate(by_end), moderate(advise(known(MAY), how, least=LEAST))
    assert (last.counts.open, last.finished_only, then.finished_only) == (0, True, False)
