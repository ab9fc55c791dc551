"""Rules and dashboards, held against what the workers expose."""

from tests.conftest import ROOT

RULES = sorted((ROOT / "monitoring/rules").glob("*.yml"))
