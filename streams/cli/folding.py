"""Histories from files, folded for a command: its progress, its complaints, its failures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click

from streams.cli.ending import in_order
from streams.cli.failure import Failure
from streams.cli.progress import bar
from streams.history.buckets import NoRoom
from streams.history.fold import fold
from streams.history.gathering import Folded, G
from streams.history.pool import ProcessLost
from streams.history.reading import UnreadableFile
from streams.policies import PoliciesError
from streams.sla.policy import PolicySet

SHOWN = 20


@contextmanager
def folding() -> Iterator[None]:
    """Fail in words where a history cannot be folded; leave nothing behind when asked to end."""
    try:
        with in_order():
            yield
    except (PoliciesError, UnreadableFile, NoRoom, ProcessLost) as fault:
        raise Failure(str(fault)) from None


def folded(
    files: Sequence[str],
    promises: Sequence[PolicySet],
    gather: Callable[[Sequence[PolicySet], int], G],
    *,
    until: int | None = None,
    arrival: bool = False,
    jobs: int | None = None,
) -> Folded[G]:
    """Fold files under a bar, and say on stderr what was left out, and why."""
    done = fold(files, promises, gather, until=until, arrival=arrival, jobs=jobs, stage=bar)
    for line in (done.rejected.lines + done.refused.lines)[:SHOWN]:
        click.echo(line, err=True)
    if faults := done.rejected.count + done.refused.count:
        more = f", the first {SHOWN} are shown" if faults > SHOWN else ""
        click.echo(f"{faults} records rejected{more}; the rest went on", err=True)
    if done.lines and not done.known:
        raise Failure("none of the lines is a ticket event")
    return done
