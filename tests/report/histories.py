"""Histories to report on, as files, and what the commands say of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner

from streams.cli.main import sla
from streams.history.export import read_export
from streams.history.importer import Importer, Rejection
from streams.history.mapping import load_mapping
from tests.report.recount import Recount

DEMO = files("streams.demo_data")
CONTRACT = {
    "account": "acme",
    "monthly_fee": 5000,
    "currency": "EUR",
    "credits": [
        {"below": "95%", "credit": "5%"},
        {"below": "90%", "credit": "10%"},
        {"late": "1h", "credit": "1%"},
        {"late": "9h", "credit": "2.5%"},
    ],
    "cap": "60%",
}


@dataclass(frozen=True)
class History:
    """Events and policies as files, `until` as text where it is not the last event's time."""

    events: Path
    policies: Path
    until: str | None = None

    @property
    def options(self) -> list[str]:
        """What every command is told."""
        until = [] if self.until is None else ["--until", self.until]
        return [str(self.events), "--policies", str(self.policies), *until]

    def run(self, *words: str) -> str:
        """Run a command; give its stdout."""
        result = CliRunner().invoke(sla, [words[0], *self.options, *words[1:]])
        assert result.exit_code == 0, result.output
        return result.stdout

    def numbers(self, *more: str) -> dict[str, Any]:
        """Give the report's numbers."""
        told: dict[str, Any] = json.loads(self.run("report", "--json", *more))
        return told

    def recount(self) -> Recount:
        """Give what counts them again, from what `sla replay` prints."""
        told = [json.loads(line) for line in self.run("replay").splitlines()]
        events = [json.loads(line) for line in self.events.read_text("utf-8").splitlines()]
        policies = yaml.safe_load(self.policies.read_text("utf-8"))
        last = self.until or max(event["time"] for event in events)
        return Recount(told, events, policies, datetime.fromisoformat(last))


def demo_events(path: Path) -> Path:
    """Write the demo's events."""
    return imported(path, DEMO / "incidents-sample.csv.gz", str(DEMO / "mapping.yaml"))


def imported(path: Path, export: Any, mapping: str, tickets: int | None = None) -> Path:
    """Write an export's events; of some tickets alone, spread over the whole, where so many."""
    read = load_mapping(mapping)
    importer = Importer(read)
    rows = read_export(str(export), read.file, read.columns())
    events = [one for one in importer.events(rows) if not isinstance(one, Rejection)]
    lines = [event.encode() for event in events]
    if tickets is not None:
        ids = sorted({json.loads(line)["subject"] for line in lines})
        kept = set(ids[:: max(1, len(ids) // tickets)])
        lines = [line for line in lines if json.loads(line)["subject"] in kept]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def demo_policies(path: Path, *, contract: bool = False) -> Path:
    """Write the demo's policies, with a contract on those that customers were promised."""
    told = yaml.safe_load((DEMO / "policies.yaml").read_text("utf-8"))
    for policy in told["policies"]:
        if contract and policy["kind"] == "sla":
            policy["contract"] = CONTRACT
    path.write_text(yaml.safe_dump(told, sort_keys=False), "utf-8")
    return path


def written(path: Path, events: Iterable[dict[str, Any]]) -> Path:
    """Write events, a line each."""
    path.write_text("".join(json.dumps(event) + "\n" for event in events), "utf-8")
    return path
