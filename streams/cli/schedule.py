"""`sla schedule`: questions to a schedule, one by one or as NDJSON."""

from __future__ import annotations

import sys
import time
from typing import IO

import click
from rich.console import Console
from rich.table import Column, Table

from streams.cli.failure import Failure
from streams.policies import PoliciesError, load_file, schedule_in, schedule_of
from streams.policies.fields import ALWAYS, meant
from streams.policies.load import text_of
from streams.policies.openings import openings
from streams.policies.questions import Questions, milliseconds, seconds_of
from streams.sla.clock import target_ms
from streams.sla.duration import Active, parse_duration
from streams.sla.instant import format_instant, parse_instant
from streams.sla.misread import Misread
from streams.sla.schedule import Schedule, ScheduleHorizonError


class Instant(click.ParamType):
    """An RFC 3339 instant, as ms UTC."""

    name = "instant"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read it, or say what is wrong."""
        try:
            return value if isinstance(value, int) else parse_instant(value)
        except Misread as error:
            self.fail(f"{value!r}: {error}", param, ctx)


class Seconds(click.ParamType):
    """An amount of seconds, as ms."""

    name = "seconds"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read it, or say what is wrong."""
        try:
            return value if isinstance(value, int) else milliseconds(value)
        except Misread as error:
            self.fail(f"{value!r}: {error}", param, ctx)


@click.group(invoke_without_command=True)
@click.option(
    "--batch",
    metavar="[FILE]",
    is_flag=False,
    flag_value="-",
    help="Answer NDJSON questions, a line each, in order; - or no FILE is stdin.",
)
@click.pass_context
def schedule(ctx: click.Context, batch: str | None) -> None:
    """Ask a schedule for deadlines, elapsed time and its coming hours.

    \b
    Example: sla schedule deadline --schedule 24x7 --start 2026-03-27T15:00:00Z --duration 4h
    Example: sla schedule --batch questions.ndjson
    """
    if batch is not None and ctx.invoked_subcommand is not None:
        message = f"--batch takes a file, not the command {ctx.invoked_subcommand}"
        raise click.UsageError(message)
    if batch is not None:
        _batch(batch)
    elif ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)


def _batch(name: str) -> None:
    try:
        with click.open_file(name, "rb") as lines:
            _answer(lines)
    except OSError as error:
        message = f"--batch {name}: {error.strerror}; fix: name a file that can be read"
        raise Failure(message) from None


def _answer(lines: IO[bytes]) -> None:
    questions = Questions()
    for line in lines:
        if line.strip():
            click.echo(questions.answer(line))


SCHEDULE = click.option(
    "--schedule", "rules", metavar="FILE|24x7", help="A YAML or JSON file of one schedule."
)
POLICIES = click.option("--policies", metavar="FILE", help="A policies file that has it.")
NAME = click.option("--name", help="Which of its schedules; may be left out where there is one.")


def _chosen(rules: str | None, policies: str | None, name: str | None) -> Schedule:
    if (rules is None) == (policies is None):
        message = "say which schedule: --schedule FILE, or --policies FILE --name NAME"
        raise click.UsageError(message)
    try:
        if rules == ALWAYS:
            return schedule_of(ALWAYS, ALWAYS)
        if rules is not None:
            return schedule_in(text_of(rules), name or "schedule", rules)
        schedules = load_file(policies or "").schedules
    except PoliciesError as error:
        raise Failure(str(error)) from None
    if name is None and len(schedules) == 1:
        return next(iter(schedules.values()))
    if name is None or name not in schedules:
        message = f"--name: value {name}: no such schedule; fix: {meant(name or '', schedules)}"
        raise Failure(message)
    return schedules[name]


@schedule.command()
@SCHEDULE
@POLICIES
@NAME
@click.option("--start", required=True, type=Instant(), help="RFC 3339, such as …T15:00:00Z.")
@click.option("--seconds", type=Seconds(), help="Active time in seconds.")
@click.option("--duration", help="In its place: 4h, 90m, 2bd, 'end of 1bd'.")
def deadline(
    rules: str | None,
    policies: str | None,
    name: str | None,
    start: int,
    seconds: int | None,
    duration: str | None,
) -> None:
    """Print the instant at which so much active time from --start has passed.

    \b
    Example: sla schedule deadline --policies policies.yaml --name office \\
               --start 2026-03-27T15:00:00Z --duration 2bd
    """
    chosen = _chosen(rules, policies, name)
    if (seconds is None) == (duration is None):
        message = "say how long: --seconds N or --duration 4h"
        raise click.UsageError(message)
    try:
        typed = Active(seconds or 0) if duration is None else parse_duration(duration)
    except Misread as error:
        message = f"--duration: value {duration!r}: {error}"
        raise click.UsageError(message) from None
    try:
        end = chosen.deadline(start, target_ms(typed, chosen, start))
        click.echo(format_instant(end))
    except (Misread, ScheduleHorizonError) as error:
        raise Failure(str(error)) from None


@schedule.command()
@SCHEDULE
@POLICIES
@NAME
@click.option("--start", required=True, type=Instant(), help="RFC 3339, such as …T15:00:00Z.")
@click.option("--end", required=True, type=Instant(), help="RFC 3339; before --start counts 0.")
def elapsed(
    rules: str | None, policies: str | None, name: str | None, start: int, end: int
) -> None:
    """Print how many seconds of active time lie between --start and --end.

    \b
    Example: sla schedule elapsed --schedule office.yaml \\
               --start 2026-03-27T15:00:00Z --end 2026-03-30T10:00:00Z
    """
    chosen = _chosen(rules, policies, name)
    try:
        click.echo(seconds_of(chosen.elapsed(start, max(start, end))))
    except ScheduleHorizonError as error:
        raise Failure(str(error)) from None


@schedule.command()
@SCHEDULE
@POLICIES
@NAME
@click.option("--start", type=Instant(), help="From this instant's date on; today unless said.")
@click.option("--days", type=click.IntRange(1, 3660), default=14, show_default=True)
def show(
    rules: str | None, policies: str | None, name: str | None, start: int | None, days: int
) -> None:
    """Show the open windows of the coming days, in the schedule's local time.

    \b
    Example: sla schedule show --policies policies.yaml --name office --days 7
    """
    chosen = _chosen(rules, policies, name)
    moment = time.time_ns() // 1_000_000 if start is None else start
    try:
        rows = list(openings(chosen, moment, days))
    except (ValueError, OverflowError):
        message = "these days lie beyond the calendar; fix: take an earlier --start"
        raise Failure(message) from None
    table = Table("date", "day", "open", Column("hours", justify="right"), "", title=chosen.zone)
    for row in rows:
        hours = f"{row.ms / 3_600_000:.2f}".rstrip("0").rstrip(".")
        table.add_row(f"{row.day}", f"{row.day:%a}", ", ".join(row.windows) or "-", hours, row.why)
    Console(file=sys.stdout).print(table)
