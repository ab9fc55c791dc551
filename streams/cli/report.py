"""`sla report`: how the promises were kept, as one page that needs nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from streams.cli.failure import Failure
from streams.cli.past import look_back, looking_back
from streams.insight.report import SEGMENTS, WORST
from streams.report.numbers import numbers
from streams.report.spoken import LANGUAGES, spoken
from streams.sla.misread import Misread
from streams.sla.zone import parse_zone

EXTRA = ("jinja2", "markupsafe", "matplotlib")


@click.command(context_settings={"auto_envvar_prefix": "SLA"})
@looking_back
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The page, an HTML file.")
@click.option("--json", "as_json", is_flag=True, help="The numbers on stdout, exact.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="The page's language; else your own.")
@click.option(
    "--segment",
    "segments",
    multiple=True,
    default=SEGMENTS,
    show_default=True,
    metavar="ATTRIBUTE",
    help="Tell tickets apart by it; may be repeated.",
)
@click.option(
    "--worst", type=click.IntRange(0), default=WORST, show_default=True, help="Tickets to explain."
)
@click.option("--zone", help="Zone of days and hours; else that of most policies' schedules.")
def report(
    *,
    output: Path | None,
    as_json: bool,
    lang: str | None,
    segments: tuple[str, ...],
    worst: int,
    zone: str | None,
    **given: Any,
) -> None:
    """Say how the promises were kept, of ticket events from files (NDJSON, .gz, -) or a topic.

    One HTML page: the rates against their objectives, what burnt the budgets, where the time of
    breached tickets went, margins, the hours of the week, credits, the worst tickets explained.

    \b
    Example: sla report events.ndjson --policies policies.yaml -o report.html
    Example: sla report --broker kafka:9092 --policies policies.yaml -o report.html --lang fr
    """
    if output is None and not as_json:
        message = "say where the page goes with -o FILE, or --json for the numbers"
        raise click.UsageError(message)
    draw = None if output is None else _drawing()
    if zone is not None:
        _check(zone)
    gathered, source = look_back(given, segments, worst=worst, zone=zone)
    told = numbers(gathered, source)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    if draw is not None and output is not None:
        text = draw(told, lang or spoken(os.environ))
        _write(output, text)
        size = len(text.encode()) // 1000
        click.echo(f"{output}: {size} kB, {gathered.tickets} tickets", err=True)


def _drawing() -> Callable[[dict[str, Any], str], str]:
    """Import what draws the page, before anything long begins."""
    try:
        from streams.report.language import language
        from streams.report.page import page
    except ModuleNotFoundError as fault:
        if fault.name not in EXTRA:
            raise
        message = (
            f"the page needs {fault.name}, which is not installed; "
            'pip install "sla-streams[insight]" (--json works without it)'
        )
        raise Failure(message) from None
    return lambda told, lang: page(told, language(lang))


def _check(zone: str) -> None:
    try:
        parse_zone(zone)
    except Misread as fault:
        message = f"--zone {zone}: {fault}"
        raise click.UsageError(message) from None


def _write(output: Path, text: str) -> None:
    try:
        output.write_text(text, "utf-8")
    except OSError as fault:
        message = f"{output}: {fault.strerror}; name a file that can be written"
        raise Failure(message) from None
