"""What the tests of notices share: events, and files of settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from streams.notify.settings import VOCABULARY, NotifyFile
from streams.process.config import parse

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = sorted(ROOT.glob("schemas/sla.*/examples/valid/*.json"))


def example(kind: str, name: str) -> dict[str, Any]:
    """Read an example of the schemas."""
    path = ROOT / "schemas" / f"sla.{kind}" / "examples" / "valid" / f"{name}.json"
    event: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return event


def warning(*, attributes: dict[str, Any] | None = None, **data: Any) -> dict[str, Any]:
    """Make a warning with other data or attributes."""
    event = example("breach_imminent", "80-percent")
    event["data"] |= data
    event["data"]["attributes"] |= attributes or {}
    return event


def settings(text: str) -> NotifyFile:
    """Read a file of settings."""
    return parse(text, "notify.yaml", NotifyFile, VOCABULARY)


def one_route(route: str = "", top: str = "") -> NotifyFile:
    """Make settings with one route, of which `route` is more keys; `top` are keys of the file."""
    return settings(
        "version: 1\nlinks: {default: 'https://help.example.com/tickets/{ticket}'}\n"
        f"channels: {{chat: {{}}}}\n{top}\nroutes:\n- name: all\n  to: chat\n{route}"
    )
