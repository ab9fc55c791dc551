"""`sla gaming`: what can make a rate look better than the service was, as short tables.

A command of its own, beside the part of the report: it needs no page and no extra, and who asks it
asks one question.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from streams.cli.explained import amount, plain
from streams.cli.past import look_back, looking_back
from streams.cli.tables import table
from streams.report.numbers import gaming as found

WIDTH = 110
"""Where stdout is no terminal."""
SIGNS = {
    "answered_pause": "paused although the customer had answered",
    "flip": "solved, and taken up again without a word of the customer",
    "lowered": "longer target by a change of priority, shortly before the deadline",
    "merged": "merged shortly before the deadline",
}
INNOCENT = {
    "answered_pause": "it waits for a third party or a date; the answer asked for time",
    "flip": "a slip of the mouse; a fault that the desk found itself; an automatic rule",
    "lowered": "a workaround helped; the first priority was a mistake",
    "merged": "a plain duplicate that was found only then",
}
HEADINGS = {"team": "By team", "assignee": "By assignee"}


@click.command(context_settings={"auto_envvar_prefix": "SLA"})
@looking_back
@click.option("--limit", type=click.IntRange(0), default=10, help="Tickets to name of each sign.")
@click.option("--json", "as_json", is_flag=True, help="Every case, as the report's JSON has it.")
def gaming(*, limit: int, as_json: bool, **given: Any) -> None:
    """Say what is worth a look: what can make a rate look better than the service was.

    Each sign can be innocent, and none tells who did it or why: it names tickets to be looked at.

    \b
    Example: sla gaming events.ndjson --policies policies.yaml --flip-within 4h
    """
    gathered, _ = look_back(given)
    told = found(gathered)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    console = Console(
        width=None if sys.stdout.isatty() else WIDTH, markup=False, highlight=False, emoji=False
    )
    console.print(Text("Worth a look; no proof of anything", "bold"))
    console.print()
    listed = table("sign", "may be innocent:", numbers=("times", "tickets"))
    for one in told["signs"]:
        counts = f"{one['count']:,}", f"{one['tickets']:,}"
        listed.add_row(SIGNS[one["sign"]], INNOCENT[one["sign"]], *counts)
    console.print(listed)
    for one in told["signs"]:
        if one["count"]:
            _show(console, one, limit)


def _show(console: Console, one: dict[str, Any], limit: int) -> None:
    """Print one sign: who held the tickets, and which they are."""
    console.print()
    console.print(Text(SIGNS[one["sign"]], "bold"))
    for who, heading in HEADINGS.items():
        parts = [
            f"{'(nobody)' if held['name'] is None else plain(held['name'])} {held['count']}"
            for held in one[f"by_{who}"][:limit]
        ]
        rest = len(one[f"by_{who}"]) - len(parts)
        more = f", {rest} others" if rest else ""
        console.print(f"{heading}: {', '.join(parts)}{more}")
    listed = table("ticket", "at", "team", "assignee", numbers=("how much",))
    for case in one["cases"][:limit]:
        much = amount(case["seconds"]) if "seconds" in case else f"{int(case['used'] * 100)} % used"
        names = (plain(case[who] or "(nobody)") for who in HEADINGS)
        listed.add_row(plain(case["ticket"]), case["at"], *names, much)
    console.print(listed)
    if left := one["count"] - listed.row_count:
        console.print(f"{left} more, see them with --limit or --json")
