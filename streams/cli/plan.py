"""`sla plan`."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import click

from streams.cli.folding import folded, folding
from streams.cli.options import Instant, Names
from streams.cli.planned import show_plan
from streams.cli.planned_json import as_object
from streams.insight.condition import WORDS, Condition, Misstated, read
from streams.insight.plan import SEGMENTS, Plan
from streams.policies import load_file

HOLDS = 3
"""The exit status where a condition of --fail-if holds."""


@click.command(epilog=f"--fail-if asks for one of: {', '.join(WORDS)}.")
@click.option(
    "--current", type=click.Path(path_type=Path), required=True, help="The policies that hold."
)
@click.option(
    "--candidate", type=click.Path(path_type=Path), required=True, help="Those that are proposed."
)
@click.argument("events", nargs=-1, required=True, metavar="EVENTS...")
@click.option(
    "--by",
    type=Names(),
    default=",".join(SEGMENTS),
    show_default=True,
    help="Attributes that tell segments apart.",
)
@click.option(
    "--until", type=Instant(), help="The instant reached; by default that of the last event."
)
@click.option(
    "--fail-if",
    "conditions",
    metavar="CONDITION",
    multiple=True,
    help=f"End with exit status {HOLDS} where it holds, as 'compliance < 92%'. Repeatable.",
)
@click.option("--limit", type=click.IntRange(0), default=10, show_default=True, help="To name.")
@click.option("--json", "as_json", is_flag=True, help="Everything, exact, as one JSON object.")
@click.option("--jobs", type=click.IntRange(1), help="Processes; by default one a core.")
@click.pass_context
def plan(  # noqa: PLR0913 - options, by keyword
    context: click.Context,
    *,
    current: Path,
    candidate: Path,
    events: tuple[str, ...],
    by: tuple[str, ...],
    until: int | None,
    conditions: tuple[str, ...],
    limit: int,
    as_json: bool,
    jobs: int | None,
) -> None:
    """What would change: a history under the policies that hold, and under those proposed.

    Compliance by segment, deadlines that move, breaches won and lost, warnings a day, credits, and
    the open clocks that would be in breach at once. Both are replayed from the history's beginning;
    `sla policies preview` tells what adopting a version does to the clocks that run.

    \b
    Examples:
      sla plan --current policies.yaml --candidate stricter.yaml history.ndjson.gz
      sla plan --current a.yaml --candidate b.yaml --fail-if 'compliance < 92%' \\
        --fail-if 'lost[metric=first_response] > 10' events-*.ndjson.gz
    """
    asked = _conditions(conditions, by)
    with folding():
        promises = load_file(current), load_file(candidate)
        done = folded(events, promises, partial(Plan, by=by), until=until, jobs=jobs)
    try:
        held = [one for one in asked if one.holds(done.gathering)]
    except Misstated as fault:
        raise click.UsageError(str(fault)) from None
    if as_json:
        click.echo(json.dumps(as_object(done, asked), ensure_ascii=False, indent=2))
    else:
        show_plan(done, str(current), str(candidate), limit)
    for one in asked:
        click.echo(_verdict(one, done.gathering), err=True)
    if held:
        context.exit(HOLDS)


def _conditions(told: tuple[str, ...], by: tuple[str, ...]) -> list[Condition]:
    try:
        return [read(text, by) for text in told]
    except Misstated as fault:
        message = f"--fail-if {fault}"
        raise click.UsageError(message) from None


def _verdict(one: Condition, found: Plan) -> str:
    """Say whether a condition holds, and by what."""
    value = one.value(found)
    if value is None:
        return f"--fail-if {one.text}: no cycle has an outcome there, so it does not hold"
    shown = f"{float(value * 100):.2f} %" if WORDS[one.word].rate else f"{float(value):,.10g}"
    so = "holds" if one.holds(found) else "does not hold"
    return f"--fail-if {one.text}: it is {shown}, so it {so}"
