"""A long history: real tickets over again, years apart, and the promise that it is judged by."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

from streams.history.export import read_export
from streams.history.importer import Importer
from streams.history.mapping import load_mapping
from streams.wire.instant import parse, show

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "streams" / "demo_data" / "incidents-sample.csv.gz"
WHOLE = Path(os.environ.get("SLA_SHARED", ROOT.parent / "shared")) / "data"
LOG = WHOLE / "uci_incident_event_log.csv.gz"
YEAR = 364 * 86_400_000
"""Whole weeks, so that what was a Monday is one."""

POLICIES = """
version: 1
statuses:
  new: [New]
  open: [Active, Awaiting Vendor, Awaiting Problem, Awaiting Evidence, "-100"]
  pending: [Awaiting User Info]
  solved: [Resolved]
  closed: [Closed]
schedules:
  office: {time_zone: UTC, hours: {mon-fri: ["09:00-18:00"]}}
policies:
  - name: resolved
    match: {}
    schedule: office
    targets:
      total_resolution:
        {"1 - Critical": 4h, "2 - High": 16h, "3 - Moderate": 40h, default: 80h}
    pause: {statuses: [Awaiting User Info], metrics: [total_resolution]}
"""
"""What peers/promise.py has in numbers."""


def log() -> Path:
    """Find the whole log, or else take the sample that is shipped."""
    return LOG if LOG.exists() else SAMPLE


def write(export: Path, folder: Path, years: int) -> list[Path]:
    """Write an export's tickets once a year, each year a gzipped file; give the files."""
    mapping = load_mapping("servicenow")
    rows = read_export(str(export), mapping.file, mapping.columns())
    lines = [event.encode() for event in Importer(mapping).events(rows)]
    files = []
    for year in range(years):
        files.append(folder / f"year-{year:02}.ndjson.gz")
        with gzip.open(files[-1], "wb", compresslevel=6) as file:
            file.writelines(_later(line, year) for line in lines)
    return files


def _later(line: bytes, year: int) -> bytes:
    """Move an event by years, and give its ticket another name."""
    text = line.decode()
    head, _, rest = text.partition('"time":"')
    time, rest = rest[:24], rest[24:]
    moved = show(parse(time) + year * YEAR)
    head = head.replace('"INC', f'"Y{year:02}-INC')
    return f'{head}"time":"{moved}{rest}\n'.encode()
