"""The benchmarks start: nobody runs them but by hand, and what they are made of moves on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parent.parent / "bench"


@pytest.mark.parametrize("name", ["worker", "scaling", "failover", "replay", "gateway"])
def test_a_benchmark_says_how_it_is_used(name: str) -> None:
    """Those that need nothing but our own packages: all that they import is there."""
    done = subprocess.run(
        [sys.executable, str(BENCH / f"{name}.py"), "--help"],
        cwd=BENCH.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage:" in done.stdout
