"""The dashboards as they are shipped: their panels, their queries, and variables put in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "monitoring/grafana/provisioning/dashboards"
NAMES = ("promise", "now", "engine")
Board = dict[str, Any]
Panel = dict[str, Any]
ALL = dict.fromkeys(("job", "instance", "policy", "metric"), ".+")
"""What Grafana puts in where all values are chosen."""


def load(name: str) -> Board:
    """Read a dashboard's file."""
    board: Board = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return board


def panels(board: Board) -> list[Panel]:
    """List the panels, without the headings between them."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def queries(board: Board) -> Iterator[tuple[Panel, str, str]]:
    """Give each panel with each of its queries: letter and text."""
    for panel in panels(board):
        for target in panel["targets"]:
            yield panel, target["refId"], target["expr"]


def put_in(query: str, values: Mapping[str, str]) -> str:
    """Put values in for `$name`, the longest names first."""
    for name in sorted(values, key=len, reverse=True):
        query = query.replace(f"${name}", values[name])
    return query


def seconds(text: str) -> int:
    """Read a length of time such as 1h."""
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[text[-1]]


def times(panel: Panel, step: int, scraped: int, looked: int) -> dict[str, str]:
    """Give the lengths of time as Grafana does, all in seconds: of a step, a rate, all."""
    step = max(step, seconds(panel.get("interval", "1s")))
    rate = max(step + scraped, 4 * scraped)
    return {"__interval": f"{step}s", "__rate_interval": f"{rate}s", "__range": f"{looked}s"}
