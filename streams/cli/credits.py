"""Credits as a table: what each account's months owe."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fractions import Fraction
from math import floor

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from streams.cli.explained import plain
from streams.history.credits import Statement
from streams.sla.policy import say_percent
from streams.wire.credit import money

WIDTH = 120
"""Where stdout is no terminal."""


def show_credits(statements: Sequence[Statement]) -> None:
    """Print a line for each account and month (R31); nothing where no contract has an outcome."""
    if not statements:
        return
    table = Table(box=SIMPLE_HEAD)
    for heading in ("account", "month"):
        table.add_column(heading, overflow="fold")
    for heading in ("met", "breached", "rate", "by rate", "by lateness", "credit", "amount"):
        table.add_column(heading, justify="right")
    for one in statements:
        owed = one.owed
        table.add_row(
            plain(one.contract.account),
            one.month,
            f"{one.counted.met:,}",
            f"{one.counted.breached:,}",
            _rate(owed.rate),
            _share(owed.by_rate),
            _share(owed.by_late),
            f"{_share(owed.share)}{' (cap)' if one.capped else ''}",
            f"{money(owed.amount):,} {one.contract.currency}",
        )
    width = None if sys.stdout.isatty() else WIDTH
    console = Console(width=width, markup=False, highlight=False, emoji=False)
    console.print("\nCredits")
    console.print(table)


def _rate(rate: Fraction | None) -> str:
    """Cut off: 94.999 % is not yet 95 %."""
    return "-" if rate is None else f"{floor(rate * 10_000) / 100:.2f} %"


def _share(share: Fraction) -> str:
    return f"{say_percent(share)[:-1]} %"
