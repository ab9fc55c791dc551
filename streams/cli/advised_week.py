"""The week by its hours, for the terminal: a row a day, a block an hour, the darker the more."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.text import Text

from streams.insight.week import Hour, Stretch, Week
from streams.insight.words import cut
from streams.sla.hours import DAYS

SHADES = " ░▒▓█"
TOP = 3
"""How many stretches are told."""


def show_week(console: Console, week: Week, *, asked: bool) -> None:
    """Print what comes, what waits and what is breached by the hours of the week."""
    console.print()
    console.print(Text(f"The week of {week.metric}, in hours of {week.zone}", "bold"))
    what = "tickets and messages" if asked else "tickets"
    _map(console, f"{what} that come in an hour", week, _arrivals, _amount)
    _map(console, "open at the end of the hour", week, lambda hour: hour.each(hour.queue), _amount)
    if week.breach_rate is not None:
        _map(console, "breached, of those that came in the hour", week, _breached, cut)
    console.print()
    stretches = week.stretches()
    if not stretches:
        console.print("In no hour in which time counts does more come than is done.")
        return
    console.print("The queue outruns the team")
    for one in stretches[:TOP]:
        console.print(f"  {_stretch(one, week)}")
    if more := stretches[TOP:]:
        console.print(f"  and in {len(more)} more stretches, by less")


def _arrivals(hour: Hour) -> float:
    return hour.each(hour.tickets + hour.messages)


def _breached(hour: Hour) -> float | None:
    return hour.breach_rate


def _map(
    console: Console,
    heading: str,
    week: Week,
    value: Callable[[Hour], float | None],
    say: Callable[[float], str],
) -> None:
    """Draw a value; the darkest shade is that of the highest."""
    values = [value(hour) for hour in week.hours]
    most = max((one for one in values if one is not None), default=0.0)
    console.print()
    console.print(f"{heading}, {SHADES[-1]} is {say(most)}")
    console.print(Text("     " + "".join(f"{hour:<4}" for hour in range(0, 24, 2)), "dim"))
    for day, name in enumerate(DAYS):
        row = values[24 * day : 24 * day + 24]
        console.print(f"{name}  " + "".join(2 * _shade(one, most) for one in row))


def _shade(value: float | None, most: float) -> str:
    """Give a shade; what is more than nothing is never blank, and no outcome is a dot."""
    if value is None:
        return "·"
    if value <= 0 or most <= 0:
        return SHADES[0]
    steps = len(SHADES) - 1
    return SHADES[min(steps, max(1, round(steps * value / most)))]


def _stretch(one: Stretch, week: Week) -> str:
    """Say it in a sentence."""
    told = (
        f"{DAYS[one.day]} {one.first:02}:00-{one.last + 1:02}:00: {_amount(one.come)} come and "
        f"{_amount(one.done)} are done, so that {_amount(one.queue)} wait"
    )
    if one.breach_rate is None or week.breach_rate is None:
        return told
    return f"{told}; {cut(one.breach_rate)} of them are breached, {cut(week.breach_rate)} all week"


def _amount(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 10 else f"{amount:.1f}"
