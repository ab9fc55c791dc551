"""`sla advise`."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from streams.cli.failure import Failure
from streams.cli.folding import folded, folding
from streams.cli.options import Instant, Names
from streams.cli.progress import bar
from streams.history.fold import fold
from streams.history.gathering import G
from streams.policies import load_file
from streams.sla.duration import Duration, parse_duration
from streams.sla.misread import Misread
from streams.sla.policy import METRICS, PolicySet

if TYPE_CHECKING:
    from streams.insight.study import Study, Wish

STDIN = "-"


class Target(click.ParamType):
    """A target as the policies file has it: `4h`, `2bd`."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Duration:
        """Read it, or fail with the fix."""
        try:
            return parse_duration(str(value))
        except Misread as fault:
            self.fail(f"'{value}' is {fault.what}; {fault.fix}", param, ctx)


class Percent(click.ParamType):
    """An objective: `95` or `95%`, as a fraction of 1."""

    name = "percent"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Fraction:
        """Read it, or fail with the fix."""
        try:
            share = Fraction(str(value).strip().removesuffix("%")) / 100
        except (ValueError, ZeroDivisionError):
            share = Fraction(0)
        if not 0 < share < 1:
            self.fail(f"'{value}' is no objective; write more than 0% and below 100%", param, ctx)
        return share


@click.command()
@click.argument("events", nargs=-1, required=True, metavar="EVENTS...")
@click.option(
    "--policies",
    type=click.Path(path_type=Path),
    help="The clocks to count on: schedules, pauses, statuses. Without it time counts 24x7.",
)
@click.option("--schedule", help="Count on this schedule of the policies file, or 24x7.")
@click.option(
    "--metric",
    "metrics",
    type=click.Choice(METRICS),
    multiple=True,
    metavar="METRIC",
    help="What is timed; by default what the policies have targets for. May be repeated.",
)
@click.option(
    "--by",
    type=Names(),
    default=("priority", "channel", "tier"),
    show_default="priority,channel,tier",
    help="The attributes that make segments; the first is split first. '' for none.",
)
@click.option(
    "--least",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Tickets that a segment has at least; smaller ones are merged.",
)
@click.option("--objective", type=Percent(), help="To propose for; by default the policy's own.")
@click.option(
    "--target",
    "targets",
    type=Target(),
    multiple=True,
    help="Say what this target would have yielded, too. May be repeated.",
)
@click.option("--since", type=Instant(), default=0, help="Learn from what started from here on.")
@click.option(
    "--until", type=Instant(), help="The instant reached; by default that of the last event."
)
@click.option(
    "--write",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a policies file to start from.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with exact numbers.")
@click.option("--jobs", type=click.IntRange(1), help="Processes; by default one a core.")
def advise(
    events: tuple[str, ...],
    *,
    policies: Path | None,
    until: int | None,
    write: Path | None,
    as_json: bool,
    jobs: int | None,
    **wished: Any,
) -> None:
    """What to promise, from history: the time that 50, 80, 90 and 95 % kept, and a target.

    \b
    Example: sla advise --policies policies.yaml --objective 90 --write start.yaml events.ndjson
    """
    try:
        from streams.insight.study import Wish
    except ImportError as missing:
        if (missing.name or "").partition(".")[0] not in {"scipy", "numpy"}:
            raise
        raise Failure('sla advise needs scipy: pip install "sla-streams[insight]"') from None
    with folding():
        promised = None if policies is None else load_file(policies)
        with _twice(events) as files:
            done = _study(Files(files, until, jobs), promised, Wish(**wished))
    if write is not None:
        _write(done, write)  # first: whoever reads the rest may stop reading
    _show(done, as_json=as_json)


@dataclass(slots=True)
class Files:
    """A history in files, of which what was left out is told the first time that it is folded."""

    names: Sequence[str]
    until: int | None
    jobs: int | None
    told: bool = False

    def fold(
        self, promises: Sequence[PolicySet], gather: Callable[[Sequence[PolicySet], int], G]
    ) -> G:
        """Fold it under each of the policy sets, into what `gather` makes."""
        how = partial(fold, stage=bar) if self.told else folded
        done = how(self.names, promises, gather, until=self.until, jobs=self.jobs)
        self.told, self.until = True, done.until
        return done.gathering


@contextmanager
def _twice(names: tuple[str, ...]) -> Iterator[list[str]]:
    """Give files that can be read twice: standard input is copied into one."""
    if STDIN not in names:
        yield list(names)
        return
    with TemporaryDirectory(prefix="sla-advise-") as folder:
        copy = Path(folder) / "stdin"
        with copy.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield [str(copy) if name == STDIN else name for name in names]


def _study(history: Files, promised: PolicySet | None, wish: Wish) -> Study:
    from streams.insight.measure import NothingToMeasure
    from streams.insight.segment import NotSegmentable
    from streams.insight.study import study

    try:
        return study(history, promised, wish)
    except (NothingToMeasure, NotSegmentable) as fault:
        raise Failure(str(fault)) from None


def _show(done: Study, *, as_json: bool) -> None:
    from streams.cli.advised import show
    from streams.cli.advised_json import as_object

    if as_json:
        click.echo(json.dumps(as_object(done), ensure_ascii=False, indent=2))
    else:
        show(done)


def _write(done: Study, path: Path) -> None:
    if done.draft is None:
        raise Failure("no segment has a proposal, so there is no policies file to write")
    try:
        path.write_text(done.draft.text, "utf-8")
    except OSError as fault:
        raise Failure(f"{path}: {(fault.strerror or 'cannot be written').lower()}") from None
    click.echo(f"{path}: a policies file to start from; see `sla policies check {path}`", err=True)
