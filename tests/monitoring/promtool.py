"""Prometheus' own tool, which judges rules: run where it is found, demanded where CI says so."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

RULES = sorted((ROOT / "monitoring/rules").glob("*.yml"))


def promtool(*arguments: str | Path) -> str:
    """Run it; answer what it said, or fail with that."""
    found = shutil.which("promtool")
    if found is None:
        message = "promtool is not installed (Debian package prometheus): NOTHING was checked"
        if os.environ.get("SLA_REQUIRE_PROMTOOL"):
            pytest.fail(message)
        pytest.skip(message)
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
