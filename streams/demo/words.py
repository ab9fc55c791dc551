"""Instants, spans and facts in few words, the same on the screen, in the lines and the summary."""

from __future__ import annotations

from datetime import UTC, datetime

from streams.sla.facts import Fact

MINUTE, HOUR = 60_000, 3_600_000


def moment(instant: int) -> datetime:
    """Give an instant (ms UTC) as the log's own clock shows it."""
    return datetime.fromtimestamp(instant / 1000, UTC)


def day_and_time(instant: int) -> str:
    """Say `Tue 3 May 18:00`."""
    when = moment(instant)
    return f"{when:%a} {when.day:>2} {when:%b %H:%M}"


def week_time(instant: int) -> str:
    """Say `Tue 18:00`."""
    return f"{moment(instant):%a %H:%M}"


def time_of_day(instant: int) -> str:
    """Say `18:00`."""
    return f"{moment(instant):%H:%M}"


def span(ms: int) -> str:
    """Say how long, in hours and minutes, without a sign: `4h 30m`, `45m`, `27h`."""
    minutes = abs(ms) // MINUTE
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest}m"
    return f"{hours}h {rest:02}m" if rest else f"{hours}h"


def metric(name: str) -> str:
    """Say `first response`."""
    return name.replace("_", " ")


def short_metric(name: str) -> str:
    """Say `response`, where room is scarce."""
    return name.rpartition("_")[2]


def threshold(key: str | None, used: str = " used") -> str:
    """Say what a warning stands for: `50% used`, `1h left`, `9h late`."""
    word, _, amount = (key or "").partition(":")
    if not amount:
        return f"{word}{used}"
    return f"{amount} {'left' if word == 'left' else 'late'}"


def rate(times: float) -> str:
    """Say how fast the clock runs: `1 s = 1h`, `1 s = 10m`, `1 s = 30 s`."""
    if times >= 60:
        return f"1 s = {span(round(times * 1000))}"
    return f"1 s = {times:g} s"


def what(fact: Fact) -> str:
    """Name a fact in a word or two."""
    match fact.type:
        case "breach_imminent":
            return f"warning {threshold(fact.threshold)}"
        case "breached":
            return "BREACH"
        case "fulfilled":
            return "met" if fact.outcome == "met" else "done, too late"
        case "breach_retracted":
            return "TAKEN BACK"
        case _:
            return fact.type


def detail(fact: Fact) -> str:
    """Say what matters of a fact, after its name."""
    match fact.type:
        case "breach_imminent":
            whom = f" → {', '.join(fact.notify)}" if fact.notify else ""
            left = f"{span(fact.remaining)} {'left' if fact.remaining >= 0 else 'over'}"
            return f"{left} of {span(fact.target)}{whom}"
        case "breached":
            return f"{span(fact.target)} are used up"
        case "fulfilled":
            return f"{span(fact.elapsed)} of {span(fact.target)} used"
        case "breach_retracted":
            return f"{fact.retracts} did not happen"
        case _:
            return ""
