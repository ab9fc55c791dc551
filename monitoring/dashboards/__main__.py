"""`python -m monitoring.dashboards`: write all dashboards where Grafana takes them from."""

from __future__ import annotations

import sys
from pathlib import Path

from monitoring.dashboards import DASHBOARDS, text

FOLDER = Path(__file__).parents[1] / "grafana" / "provisioning" / "dashboards"


def main() -> None:
    """Write each, and say where."""
    for name in DASHBOARDS:
        path = FOLDER / f"{name}.json"
        path.write_text(text(name), "utf-8")
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
