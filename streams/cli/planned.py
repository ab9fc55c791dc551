"""A plan as tables, for one who decides: what holds, what is proposed, and what differs.

Rates are cut off and shown in hundredths of a percent, as in the summary of a replay; a change of a
rate is in points of percent. Rows in which nothing differs are counted, not shown.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from fractions import Fraction

from rich.console import Console
from rich.table import Table
from rich.text import Text

from streams.cli.explained import amount, plain
from streams.cli.summary import ABSENT, WIDTH, cut
from streams.cli.tables import table as new_table
from streams.history.gathering import Folded
from streams.insight.plan import Overdue, Plan, Turn
from streams.insight.planned import Tallies, credits_of, promises_of, segments_of, warnings_of
from streams.sla.compliance import Tally
from streams.wire.credit import money
from streams.wire.instant import show

SIDES = "cycles\nnow", "rate\nnow", "cycles\nwith it", "rate\nwith it", "change"


def show_plan(done: Folded[Plan], current: str, candidate: str, limit: int) -> None:
    """Print all parts; `limit` tickets are named of each list."""
    plan = done.gathering
    width = None if sys.stdout.isatty() else WIDTH
    console = Console(width=width, markup=False, highlight=False, emoji=False)
    console.print(
        f"{plain(candidate)}, version {plan.candidate.policies.version}, in place of "
        f"{plain(current)}, version {plan.current.policies.version}"
    )
    if plan.first is None:
        console.print("No ticket had begun by the end, so there is nothing to compare.")
        return
    console.print(
        f"Tickets: {done.tickets:,}; events: {done.events:,}, from {show(plan.first)} to "
        f"{show(plan.until)}"
    )
    if done.unmatched != (0, 0):
        now, then = done.unmatched
        console.print(f"No policy matches {then:,} of the tickets, {now:,} as it is.")
    if plan.empty:
        console.print("\nNothing would change.")
        return
    _show_rates(console, plan)
    _show_deadlines(console, plan)
    _show_turns(console, "Breaches won: in breach now, and not with it", plan.won(), limit)
    _show_turns(console, "Breaches lost: in breach with it, and not now", plan.lost(), limit)
    _show_overdue(console, sorted(plan.overdue), limit)
    _show_warnings(console, plan)
    _show_credits(console, plan)


def _show_rates(console: Console, plan: Plan) -> None:
    """Print the rates by promise, and by segment where they differ (R26)."""
    table = new_table("policy", "kind", "metric", numbers=SIDES)
    for name, both in promises_of(plan):
        table.add_row(*map(plain, name), *_sides(both))
    _part(console, "Cycles met", table)
    table = new_table("metric", *map(plain, plan.by), numbers=SIDES)
    same = 0
    for (kind, metric), segment, both in segments_of(plan):
        if both[0] == both[1]:
            same += 1
            continue
        what = metric if kind == "sla" else f"{metric} ({kind})"
        words = (ABSENT if word is None else plain(word) for word in segment)
        table.add_row(what, *words, *_sides(both))
    _part(console, "By segment, as the tickets were when the cycles began", table)
    if same:
        console.print(f"{same:,} more, in which nothing differs; --json shows them")


def _show_deadlines(console: Console, plan: Plan) -> None:
    """Print what becomes of deadlines."""
    numbers = "cycles", "earlier", "later", "median\nshift", "promised\nanew", "no longer\npromised"
    table = new_table("kind", "metric", numbers=numbers)
    for (kind, metric), moved in sorted(plan.moved.items()):
        if moved.differs:
            table.add_row(
                *(kind, metric, f"{moved.cycles:,}", f"{moved.earlier:,}", f"{moved.later:,}"),
                *(_shift(moved.median), f"{moved.added:,}", f"{moved.dropped:,}"),
            )
    _part(console, "Deadlines that move", table)


def _show_turns(console: Console, heading: str, turns: Sequence[Turn], limit: int) -> None:
    """Print cycles whose verdict differs."""
    table = new_table("ticket", "clock", "now", "with it", "at, UTC")
    for turn in turns[:limit]:
        clock = _clock(turn.kind, turn.metric, turn.number)
        table.add_row(
            *(plain(turn.ticket), clock, turn.before or "no promise", turn.after or "no promise"),
            show(turn.at),
        )
    _part(console, f"{heading}: {len(turns):,}", table)
    _more(console, turns, limit)


def _show_overdue(console: Console, overdue: Sequence[Overdue], limit: int) -> None:
    """Print the open clocks that would be in breach at once."""
    table = new_table("ticket", "clock", "policy", "due, UTC", numbers=("late by",))
    for one in overdue[:limit]:
        clock = _clock(one.kind, one.metric, one.number)
        late = amount(one.late / 1000)
        table.add_row(plain(one.ticket), clock, plain(one.policy), show(one.breached_at), late)
    _part(console, f"Open clocks that would be in breach at once: {len(overdue):,}", table)
    _more(console, overdue, limit)


def _show_warnings(console: Console, plan: Plan) -> None:
    """Print how many warnings there would be (R21)."""
    numbers = "now", "a day", "busiest\nday", "with it", "a day", "busiest\nday"
    table = new_table("level", numbers=numbers)
    for level, both in warnings_of(plan):
        cells = ((f"{one.total:,}", f"{one.a_day:,.1f}", f"{one.most:,}") for one in both)
        table.add_row(plain(level), *(cell for side in cells for cell in side))
    _part(console, "Warnings", table)


def _show_credits(console: Console, plan: Plan) -> None:
    """Print what contracts would owe (R31)."""
    table = new_table("account", "month", numbers=("now", "with it", "change"))
    for account, month, currency, (now, then) in credits_of(plan):
        if now != then:
            change = _amount((then or Fraction(0)) - (now or Fraction(0)), currency, sign="+")
            table.add_row(
                *(plain(account), month, _amount(now, currency), _amount(then, currency), change)
            )
    _part(console, "Credits that differ", table)


def _part(console: Console, heading: str, table: Table) -> None:
    """Print a table under its heading; nothing where it has no rows."""
    if table.row_count:
        console.print()
        console.print(Text(heading, "bold"))
        console.print()
        console.print(table)


def _more(console: Console, listed: Sequence[object], limit: int) -> None:
    if len(listed) > limit:
        rest = len(listed) - limit
        console.print(f"{rest:,} more; --limit N shows more, --json all of them")


def _sides(both: Tallies) -> Iterable[str]:
    now, then = both
    for tally in both:
        yield f"{tally.met + tally.breached:,}"
        yield ABSENT if tally.rate is None else cut(tally.rate)
    yield _change(now, then)


def _change(now: Tally, then: Tally) -> str:
    """Say by how many points of percent a rate changes."""
    if now.rate is None or then.rate is None:
        return ABSENT
    return f"{float((then.rate - now.rate) * 100):+.2f}"


def _shift(ms: int | None) -> str:
    if ms is None:
        return ABSENT
    return f"{'-' if ms < 0 else '+'}{amount(abs(ms) / 1000)}"


def _amount(owed: Fraction | None, currency: str, sign: str = "") -> str:
    return ABSENT if owed is None else f"{money(owed):{sign},} {currency}"


def _clock(kind: str, metric: str, number: int) -> str:
    what = metric if number == 1 else f"{metric} {number}"
    return what if kind == "sla" else f"{what} ({kind})"
