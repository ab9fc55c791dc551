"""A history to look back on, from files or with --broker from the topic; and its options."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from streams.cli.failure import Failure
from streams.cli.folding import folded, folding
from streams.cli.options import CONNECTION, Instant, Milliseconds, connection
from streams.cli.progress import bar
from streams.history.reading import Reading
from streams.insight.gaming import ANSWERED, FLIP, NEAR, Limits
from streams.insight.report import Report, Wishes
from streams.policies import PoliciesError, load_file
from streams.report.gather import gather
from streams.report.numbers import Source
from streams.sla.duration import Active, parse_duration
from streams.sla.misread import Misread
from streams.wire.topics import Names
from streams.worker.clock import wall
from streams.worker.past import past
from streams.worker.preflight import PreflightError

F = TypeVar("F", bound=Callable[..., Any])
SHOWN = 5


class Time(Milliseconds):
    """A plain amount of time, such as 30m or 24h, as ms."""

    name = "duration"

    def read(self, text: str) -> int:
        """Give ms. Raises ValueError, with the fix."""
        try:
            duration = parse_duration(text)
        except Misread as fault:
            message = f"{text!r} is {fault}"
            raise ValueError(message) from None
        if not isinstance(duration, Active):
            message = f"{text!r} is in business days; write it like 30m or 24h"
            raise ValueError(message)  # noqa: TRY004 - click tells a ValueError's words
        return duration.ms


OPTIONS = (
    click.argument("events", nargs=-1, metavar="[EVENTS...]"),
    click.option(
        "--policies", type=click.Path(path_type=Path), required=True, help="The policies file."
    ),
    click.option(
        "--until",
        type=Instant(),
        help="The instant reached; else the last event's, with --broker now.",
    ),
    click.option(
        "--answered-for",
        type=Time(),
        default=f"{ANSWERED // 60_000}m",
        show_default=True,
        help="Worth a look: still paused after the customer's answer for more open time.",
    ),
    click.option(
        "--flip-within",
        type=Time(),
        default=f"{FLIP // 3_600_000}h",
        show_default=True,
        help="Worth a look: taken up again so soon after the solve.",
    ),
    click.option(
        "--near",
        type=click.IntRange(1, 100),
        default=int(NEAR * 100),
        show_default=True,
        help="Worth a look: changed or merged with so many percent of the target used.",
    ),
    click.option(
        "--broker",
        allow_from_autoenv=False,
        help="host:port: read the topic of ticket events instead of files.",
    ),
    *CONNECTION[1:],
    click.option("--topic-prefix", default="", help="Before the topic's name."),
    click.option("--jobs", type=click.IntRange(1), help="Processes for files; else one a core."),
)


def looking_back(command: F) -> F:
    """Add the options that say which history is looked at."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def look_back(
    given: dict[str, Any], segments: tuple[str, ...] = (), **wishes: Any
) -> tuple[Report, Source]:
    """Read the history that the options name, fold it, and gather what is to be said of it."""
    names, broker = given.pop("events"), given.pop("broker")
    if bool(names) == bool(broker):
        message = "name files of ticket events, or with --broker the brokers that have them"
        raise click.UsageError(message)
    limits = Limits(
        given.pop("answered_for"), given.pop("flip_within"), Fraction(given.pop("near"), 100)
    )
    wanted = Wishes(limits=limits, segments=segments, **wishes)
    until, policies, jobs = given.pop("until"), given.pop("policies"), given.pop("jobs")
    if broker:
        return _from_broker({**given, "broker": broker}, policies, until, wanted)
    with folding():
        gathering = partial(Report.of, wishes=wanted)
        done = folded(names, (load_file(policies),), gathering, until=until, jobs=jobs)
    rejects = [(where, why) for line in done.rejected.lines for where, _, why in [_parted(line)]]
    return done.gathering, Source(names, done.lines, done.rejected.count, rejects)


def _parted(line: str) -> tuple[str, str, str]:
    """Part a complaint into the place and the reason, as in `file:7: not JSON`."""
    return line.partition(": ")


def _from_broker(
    where: dict[str, Any], file: Path, until: int | None, wishes: Wishes
) -> tuple[Report, Source]:
    topic = Names.prefixed(where.pop("topic_prefix")).ticket_events
    reading = Reading()
    try:
        policies = load_file(file)
        client = connection(where).client("sla-report")
        events = asyncio.run(past(client, topic, reading))
    except (PoliciesError, PreflightError) as fault:
        raise Failure(str(fault)) from None
    rejects = [(f"{name}:{number}", reason) for name, number, reason in reading.rejected]
    for place, reason in rejects[:SHOWN]:
        click.echo(f"{place}: {reason}", err=True)
    if rejects:
        click.echo(f"{len(rejects)} records rejected; the rest went on", err=True)
    end = wall() if until is None else until
    with bar("replaying", len(events)) as advance:
        report = gather(events, policies, until=end, wishes=wishes, advance=advance)
    return report, Source((topic,), reading.lines, len(rejects), rejects)
