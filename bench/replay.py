"""A long history replayed: how fast, beside pandas and SQL, and in how much memory.

    python bench/replay.py throughput    events a second, beside others who judge the same tickets
    python bench/replay.py memory        the most that is held, against the number of tickets

The history is a log of real tickets over again, once a year, a gzipped file each (`history.py`).
Everyone reads the same files and judges every ticket by the same promise: a resolution within open
hours, by priority, which pauses while the customer is asked. What each says of each ticket is
compared first. Then all take turns, round by round; figures are medians of the rounds.

Others do the honest simpler job: one metric, one policy in numbers of their own, all tickets in
memory, no late events, no facts. What they need is in a venv of its own (`tools.py`).
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import history
import orjson
from tools import PEERS, Lacking, python

from streams.wire.instant import parse

CORES = len(os.sched_getaffinity(0))
TICK = os.sysconf("SC_CLK_TCK")
SAMPLED = 0.05
Outcomes = dict[str, tuple[str, int]]
Command = Callable[[Path, Path, list[str]], list[str]]
"""Policies file, file to write, files to read → what to run."""


@dataclass(frozen=True)
class Contestant:
    """Somebody who judges a history; `peer` where it runs in the peers' venv."""

    name: str
    says: str
    command: Command


def ours(jobs: int, *more: str) -> Command:
    """Replay with so many processes."""

    def command(policies: Path, _: Path, files: list[str]) -> list[str]:
        given = ["--jobs", str(jobs), "--policies", str(policies), *more]
        return [sys.executable, "-m", "streams", "replay", *given, *files]

    return command


def peer(script: str, how: str) -> Command:
    """Run a script of the peers' in their venv."""
    return lambda _, out, files: [str(python()), str(PEERS / script), how, str(out), *files]


ALL = [
    Contestant("sla replay --jobs 1", "all metrics' engine, --summary", ours(1, "--summary")),
    Contestant("sla replay, all cores", "the same", ours(CORES, "--summary")),
    Contestant("pandas, by events", "a loop in groupby", peer("history_pandas.py", "events")),
    Contestant("pandas, by columns", "cumsum by ticket", peer("history_pandas.py", "columns")),
    Contestant("DuckDB, one thread", "SQL with windows", peer("history_duckdb.py", "1")),
    Contestant("DuckDB, all cores", "the same", peer("history_duckdb.py", str(CORES))),
]


def processes(session: int) -> list[Path]:
    """Find the processes of a session."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            stat = (path / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat[3]) == session:
            found.append(path)
    return found


class Watch(threading.Thread):
    """Looks at a session: CPU seconds of all that were in it, and the most memory they held.

    Memory is that of all its processes together, what they share counted once (Pss).
    """

    def __init__(self, session: int) -> None:
        super().__init__(daemon=True)
        self._session, self._cpu = session, dict[str, float]()
        self.most, self.over = 0, threading.Event()

    @property
    def cpu(self) -> float:
        """CPU seconds."""
        return sum(self._cpu.values())

    def run(self) -> None:
        """Look until it is over."""
        while not self.over.wait(SAMPLED):
            held = 0
            for path in processes(self._session):
                try:
                    stat = (path / "stat").read_text().rpartition(")")[2].split()
                    memory = (path / "smaps_rollup").read_text()
                except OSError:
                    continue
                self._cpu[path.name] = (int(stat[11]) + int(stat[12])) / TICK
                held += next(int(row.split()[1]) for row in memory.splitlines() if "Pss:" in row)
            self.most = max(self.most, held)


def once(command: list[str], out: Path | None = None) -> dict[str, float]:
    """Run a command; give seconds, CPU seconds and the most memory in MB."""
    began = time.perf_counter()
    with (out or Path(os.devnull)).open("wb") as stdout:
        process = subprocess.Popen(
            command,
            stdout=stdout,
            stderr=subprocess.PIPE,
            start_new_session=True,
            cwd=history.ROOT,
        )
        watch = Watch(process.pid)
        watch.start()
        try:
            _, err = process.communicate()
        finally:
            took = time.perf_counter() - began
            watch.over.set()
            watch.join()
            process.terminate()  # where it was us who were interrupted
    if process.returncode:
        raise Lacking(f"{' '.join(command[:4])} … failed: {err.decode()[-1500:]}")
    return {"seconds": took, "cpu": watch.cpu, "mb": watch.most / 1024}


def judged(path: Path) -> Outcomes:
    """Read a peer's outcomes: by ticket, what and when."""
    with path.open(encoding="utf-8") as file:
        rows = (line.strip().split(",") for line in file)
        return {ticket: (what, int(at)) for ticket, what, at in rows}


def told(path: Path) -> Outcomes:
    """Read our SLA events: a breach stands; what is met holds until it is given back."""
    found: Outcomes = {}
    with path.open("rb") as file:
        for line in file:
            event = orjson.loads(line)
            ticket, data = event["subject"], event["data"]
            if event["type"] == "sla.breached":
                found[ticket] = "breached", parse(data["breached_at"])
            elif found.get(ticket, ("",))[0] == "breached":
                continue
            elif event["type"] == "sla.fulfilled":
                found[ticket] = data["outcome"], parse(event["time"])
            elif data.get("withdraws") == "met":
                del found[ticket]
    return found


@click.group()
def cli() -> None:
    """Measure the replay of years of history."""


@cli.command()
@click.option("--years", default=10, help="How often the log is told over again.")
@click.option("--rounds", "turns", default=3)
@click.option("--only", multiple=True, type=click.Choice([one.name for one in ALL]))
@click.option("--json", "file", type=click.Path(path_type=Path), help="Keep all figures.")
def throughput(years: int, turns: int, only: tuple[str, ...], file: Path | None) -> None:
    """Judge every ticket, beside pandas and DuckDB; ratios are to ours on one core."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        policies, files = _given(folder, years)
        said = folder / "said.ndjson"
        once(ours(CORES)(policies, said, files), said)
        truth, events = told(said), _events(files)
        said.unlink()
        click.echo(f"{events:,} events of {len(truth):,} judged tickets", err=True)
        figures: dict[str, list[dict[str, float]]] = {}
        for turn in range(turns):
            for one in ALL:
                if only and one.name not in only:
                    continue
                out = folder / "out"
                out.unlink(missing_ok=True)
                try:
                    row = once(one.command(policies, out, files))
                except Lacking as lacking:
                    click.echo(f"{one.name} is left out: {lacking}", err=True)
                    continue
                if out.exists():
                    row["wrong"] = _different(judged(out), truth)
                figures.setdefault(one.name, []).append(row)
                shown = ", ".join(f"{k} {v:,.1f}" for k, v in row.items())
                click.echo(f"{one.name} {turn + 1}: {shown}", err=True)
    _show(figures, events)
    if file:
        file.write_text(json.dumps({"events": events, "figures": figures}, indent=1) + "\n")
    if any(row.get("wrong") for rows in figures.values() for row in rows):
        raise SystemExit(1)


@cli.command()
@click.option("--years", default="3,9,18", help="Lengths of history, with commas.")
@click.option("--jobs", default=CORES)
def memory(years: str, jobs: int) -> None:
    """Replay longer and longer histories; say the most memory that all processes held together."""
    click.echo("| tickets | events | --summary | SLA events |")
    click.echo("|---:|---:|---:|---:|")
    for length in map(int, years.split(",")):
        with tempfile.TemporaryDirectory() as name:
            policies, files = _given(Path(name), length)
            out = Path(name) / "out.ndjson"
            numbers = once(ours(jobs, "--summary", "--json")(policies, out, files), out)
            tickets = json.loads(out.read_bytes())["tickets"]
            lines = once(ours(jobs)(policies, out, files))
            most = f"{numbers['mb']:,.0f} MB | {lines['mb']:,.0f} MB"
            click.echo(f"| {tickets:,} | {_events(files):,} | {most} |")


def _given(folder: Path, years: int) -> tuple[Path, list[str]]:
    """Write policies and history; give the files."""
    policies = folder / "policies.yaml"
    policies.write_text(history.POLICIES, "utf-8")
    return policies, [str(path) for path in history.write(history.log(), folder, years)]


def _events(files: list[str]) -> int:
    import gzip

    return sum(sum(1 for _ in gzip.open(name)) for name in files)


def _different(one: Outcomes, other: Outcomes) -> int:
    return sum(one.get(ticket) != other.get(ticket) for ticket in one.keys() | other.keys())


def _show(figures: dict[str, list[dict[str, Any]]], events: int) -> None:
    """Print the table; ratios are to the first, in time and in CPU time: above 1 is better."""
    click.echo("| | ratio | ratio of CPU | events a second | CPU an event | most memory |")
    click.echo("|---|---:|---:|---:|---:|---:|")
    base: tuple[float, float] | None = None
    for name, rows in figures.items():
        seconds, cpu, mb = (
            statistics.median(row[what] for row in rows) for what in ("seconds", "cpu", "mb")
        )
        base = base or (seconds, cpu)
        cells = f"{base[0] / seconds:.1f} | {base[1] / cpu:.1f} | {events / seconds:,.0f}"
        cells += f" | {cpu / events * 1e6:.1f} µs"
        click.echo(f"| {name} | {cells} | {mb:,.0f} MB |")


if __name__ == "__main__":
    cli()
