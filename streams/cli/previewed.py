"""A preview of policies, as tables for one who decides and as JSON for whoever goes on with it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, get_args

from rich.console import Console
from rich.text import Text

from streams.cli.explained import amount, plain
from streams.cli.tables import table as new_table
from streams.history.preview import Change, Effect, Preview, Standing, Tally
from streams.wire.instant import show

WIDTH = 120
"""Where stdout is no terminal."""

EFFECTS: tuple[Effect, ...] = get_args(Effect)
HEADINGS = {
    "from-now": "Applied from now on (--open-clocks from-now)",
    "from-start": "Counted again from their start (--open-clocks from-start)",
}
WORDS: dict[Effect, str] = {
    "same": "as before",
    "earlier": "earlier",
    "later": "later",
    "lost": "no promise any more",
    "ended": "comes to its end",
    "new": "promised",
}


def show_previews(
    file: str, version: str, held: str, previews: Mapping[str, Preview], limit: int
) -> None:
    """Print what each way of applying a version does; `limit` tickets are named of each."""
    width = None if sys.stdout.isatty() else WIDTH
    console = Console(width=width, markup=False, highlight=False, emoji=False)
    at = show(next(iter(previews.values())).adoption.at)
    console.print(f"{plain(file)}, version {version}, in place of {held}, adopted at {at}")
    if version == held:
        console.print("It is the version that holds already.")
    for way, preview in previews.items():
        console.print()
        console.print(Text(HEADINGS[way], "bold"))
        _show(console, preview, limit)


def _show(console: Console, preview: Preview, limit: int) -> None:
    was, is_ = preview.unmatched
    console.print(
        f"{preview.tickets:,} tickets are not closed; no policy matches {is_:,} of them, "
        f"{was:,} as it is"
    )
    if not preview.tallies:
        console.print("No clock is open.")
        return
    _show_tallies(console, preview)
    if not preview.changes:
        console.print("\nNobody would notice.")
        return
    table = new_table("ticket", "clock", "deadline, UTC", "with it", "what happens")
    for change in preview.worst(limit):
        clock = f"{change.metric}, {change.name[0]} ({change.kind})"
        before, after = _deadline(change.before), _deadline(change.after)
        table.add_row(plain(change.ticket), plain(clock), before, after, _what(change))
    if limit:
        console.print()
        console.print(table)
    if len(preview.changes) > limit:
        rest = len(preview.changes) - limit
        console.print(f"{rest:,} clocks more change; --limit N shows more, --json all of them")


def _show_tallies(console: Console, preview: Preview) -> None:
    """Print the clocks by policy, kind and metric, and what becomes of them."""
    numbers = "open", *EFFECTS, "breached\nat once", "warned\nat once"
    table = new_table("policy", "kind", "metric", numbers=numbers)
    for name, tally in sorted(preview.tallies.items()):
        effects = [tally.effects.get(effect, 0) for effect in EFFECTS]
        counted = [_open(tally), *effects, tally.breached, tally.warned]
        table.add_row(*map(plain, name), *(f"{number:,}" if number else "-" for number in counted))
    console.print()
    console.print(table)


def _open(tally: Tally) -> int:
    return sum(number for effect, number in tally.effects.items() if effect != "new")


def _deadline(standing: Standing | None) -> str:
    if standing is None:
        return "-"
    if standing.deadline is None:
        return f"{standing.state}, {_left(standing.remaining)}"
    day, time = show(standing.deadline).removesuffix("Z").split("T")
    return f"{day} {time.removesuffix('.000').removesuffix(':00')}"


def _left(remaining: int) -> str:
    over = remaining < 0
    return f"{amount(abs(remaining) / 1000)} {'over' if over else 'left'}"


def _what(change: Change) -> str:
    words = [WORDS[change.effect]]
    if change.breached:
        words.append("breached at once")
    if change.warned:
        words.append(f"warned at once ({', '.join(change.warned)})")
    return ", ".join(words)


def as_json(version: str, held: str, previews: Mapping[str, Preview]) -> dict[str, Any]:
    """Give everything; instants as RFC 3339, amounts in seconds."""
    return {
        "version": version,
        "replaces": held,
        "open_clocks": {way: _told(preview) for way, preview in previews.items()},
    }


def _told(preview: Preview) -> dict[str, Any]:
    was, is_ = preview.unmatched
    return {
        "at": show(preview.adoption.at),
        "tickets": preview.tickets,
        "unmatched": {"before": was, "after": is_},
        "clocks": [
            {
                "policy": policy,
                "kind": kind,
                "metric": metric,
                "open": _open(tally),
                **{effect: tally.effects.get(effect, 0) for effect in EFFECTS},
                "breached_at_once": tally.breached,
                "warned_at_once": tally.warned,
            }
            for (policy, kind, metric), tally in sorted(preview.tallies.items())
        ],
        "changes": [
            {
                "ticket": change.ticket,
                "kind": change.kind,
                "metric": change.metric,
                "cycle": change.cycle,
                "effect": change.effect,
                "breached_at_once": change.breached,
                "warned_at_once": list(change.warned),
                "before": _standing(change.before),
                "after": _standing(change.after),
            }
            for change in preview.worst()
        ],
    }


def _standing(standing: Standing | None) -> dict[str, Any] | None:
    if standing is None:
        return None
    return {
        "policy": standing.policy,
        "policy_version": standing.version,
        "state": standing.state,
        "deadline": None if standing.deadline is None else show(standing.deadline),
        "target_seconds": standing.target / 1000,
        "remaining_seconds": standing.remaining / 1000,
        "breached": standing.breached,
    }
