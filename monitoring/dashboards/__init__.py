"""Grafana's dashboards as code: a module a dashboard, `make dashboards` writes them.

Decisions that bind these modules:

- They ask for what the workers expose and nothing else: they work where no rules are loaded.
- A worker speaks for its partitions: every number is added up over workers first, then divided.
- The rate of a promise comes from the ledgers (`sla_compliance_cycles`), which are exact; counters
  tell when something happened, and why.
- Nobody edits them in Grafana: they are provisioned, and made anew from here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from monitoring.dashboards import engine, now, promise

DASHBOARDS: Mapping[str, Callable[[], Dashboard]] = MappingProxyType(
    {"promise": promise.dashboard, "now": now.dashboard, "engine": engine.dashboard}
)
"""Name of the file, without its ending → what makes the dashboard."""


def text(name: str) -> str:
    """Give a dashboard as the text of its file: JSON, two spaces, keys sorted."""
    made = DASHBOARDS[name]().build()
    return json.dumps(made, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
