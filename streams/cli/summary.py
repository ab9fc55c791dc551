"""The numbers of a replay as tables, a part a question, for one who answers for promises.

Nothing is rounded in the promise's favour: rates are cut off (99.996 % is not 100.00 %), what was
used of a target or a budget is rounded up. The shares of a whole are rounded so that they add up to
100.0 %. The exact numbers are in the JSON. Fits 100 columns where names are short.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import ceil

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from streams.cli.explained import plain
from streams.cli.tables import table as new_table
from streams.history.credits import Statement
from streams.history.summary import Kept, Summary, Tickets
from streams.insight.shares import tenths
from streams.sla.causes import HANDS, Spent
from streams.sla.compliance import Tally
from streams.sla.policy import say_percent
from streams.wire.credit import money

WIDTH = 120
"""Where stdout is no terminal."""

TOP = 3
"""How many names are shown of a list; one more where that is the last."""

HOUR = 3_600_000
ABSENT = "-"

Share = tuple[str, str]


def show_summary(summary: Summary) -> None:
    """Print all parts."""
    width = None if sys.stdout.isatty() else WIDTH
    console = Console(width=width, markup=False, highlight=False, emoji=False)
    _show_kept(console, summary.kept)
    _show_tickets(console, summary.tickets)
    _show_causes(console, summary)
    _show_credits(console, summary.credits)


def _show_kept(console: Console, kept: Iterable[Kept]) -> None:
    """Print cycles met and breached, and how well (R26, R29, R30)."""
    numbers = "met", "breached", "rate", "objective", "reopened", "median\nused", "budget\nused"
    table = new_table("policy", "kind", "metric", numbers=numbers)
    for one in kept:
        table.add_row(
            *map(plain, one.name),
            *_tally(one.cycles),
            ABSENT if one.objective is None else _share(one.objective),
            f"{one.reopened:,}",
            _used(one.margins.median),
            _budget(one),
        )
    if table.row_count:
        _part(console, "Cycles met and breached", table)
    else:
        console.print("No cycle has an outcome.")


def _show_tickets(console: Console, tickets: Tickets) -> None:
    """Print the rate of the tickets (R27)."""
    if not tickets.resolved:
        console.print("\nNo ticket is resolved.")
        return
    table = new_table("policy", numbers=("all met", "missed", "rate"))
    for policy, judged in tickets.by_policy:
        table.add_row(plain(policy), *_tally(judged))
    table.add_row("all tickets", *_tally(tickets.judged), style="bold")
    console.print()
    _part(console, "Tickets resolved with all their SLA clocks met", table)
    if left := tickets.without_outcome:
        what = "1 resolved ticket" if left == 1 else f"{left:,} resolved tickets"
        console.print(f"No part of it: {what} without an outcome of an SLA clock.")


def _show_causes(console: Console, summary: Summary) -> None:
    """Print where the time of breached cycles went (R28)."""
    if not summary.causes:
        return
    shares = [[_shares(spent, hand) for hand in HANDS] for _, spent in summary.causes]
    widths = [
        max((len(name) for columns in shares for name, _ in columns[place]), default=0)
        for place, _ in enumerate(HANDS)
    ]
    console.print()
    console.print(Text("Where the active time of breached cycles went, up to the breach", "bold"))
    for (name, spent), columns in zip(summary.causes, shares, strict=True):
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
        for hand, width in zip(HANDS, widths, strict=True):
            table.add_column(hand, min_width=width, overflow="fold")
            table.add_column("share", justify="right", no_wrap=True, min_width=7)
        for line in range(max(map(len, columns))):
            cells = (column[line] if line < len(column) else ("", "") for column in columns)
            table.add_row(*(text for cell in cells for text in cell))
        console.print()
        console.print(f"{plain(' · '.join(name))}: {_spent(spent)}")
        console.print(Padding(table, (0, 0, 0, 2), expand=False))


def _spent(spent: Spent) -> str:
    """Say what a group of breaches adds up to."""
    told = [
        _count(spent.breaches, "breach", "breaches"),
        _hours(spent.elapsed),
        f"{_hours(spent.before_assignment)} of it before assignment",
    ]
    if spent.reopens:
        told.append(_count(spent.reopens, "reopen", "reopens"))
    return ", ".join(told)


def _shares(spent: Spent, hand: str) -> list[Share]:
    """Give the names that took longest, the others together, and their shares, to 100.0 %."""
    parts = spent.longest(hand)
    top = parts if len(parts) <= TOP + 1 else parts[:TOP]
    names = ["(none)" if name is None else plain(name) for name, _ in top]
    amounts = [ms for _, ms in top]
    if rest := parts[len(top) :]:
        names.append(f"{len(rest)} others")
        amounts.append(sum(ms for _, ms in rest))
    shown = (f"{share // 10}.{share % 10} %" for share in tenths(amounts))
    return list(zip(names, shown, strict=True))


def _show_credits(console: Console, statements: Sequence[Statement]) -> None:
    """Print what each account's months owe (R31); nothing where no contract has an outcome."""
    if not statements:
        return
    table = new_table(
        *("account", "month"),
        numbers=("met", "breached", "rate", "by rate", "by lateness", "credit", "amount"),
    )
    for one in statements:
        owed = one.owed
        table.add_row(
            plain(one.contract.account),
            one.month,
            *_tally(one.counted.tally),
            _share(owed.by_rate),
            _share(owed.by_late),
            f"{_share(owed.share)}{' (cap)' if one.capped else ''}",
            f"{money(owed.amount):,} {one.contract.currency}",
        )
    console.print()
    _part(console, "Credits", table)


def _share(share: Fraction) -> str:
    return f"{say_percent(share)[:-1]} %"


def _part(console: Console, heading: str, table: Table) -> None:
    console.print(Text(heading, "bold"))
    console.print()
    console.print(table)


def _tally(tally: Tally) -> tuple[str, str, str]:
    rate = ABSENT if tally.rate is None else cut(tally.rate)
    return f"{tally.met:,}", f"{tally.breached:,}", rate


def cut(rate: Fraction) -> str:
    """Write a rate in hundredths of a percent, cut off."""
    whole, parts = divmod(int(rate * 10_000), 100)
    return f"{whole}.{parts:02} %"


def _used(share: Fraction | None) -> str:
    """Write what was used in tenths of a percent, rounded up."""
    if share is None:
        return ABSENT
    whole, part = divmod(ceil(share * 1000), 10)
    return f"{whole:,}.{part} %"


def _budget(kept: Kept) -> str:
    if kept.objective is not None and kept.budget is None:
        return "no budget"
    return _used(kept.budget_used)


def _hours(ms: int) -> str:
    return f"{ms / HOUR:,.1f} h"


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
