"""What several rooms of the suite share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from streams.broker import EmbeddedKafka

ROOT = Path(__file__).parent.parent

# No deadline: machines are noisy, and no test here is about time. In CI the draws are fixed, so
# that a red run can be had again; at a desk each run looks somewhere else.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
# Thousands of draws, for tests that look deep: --hypothesis-profile=thorough --hypothesis-seed=1
settings.register_profile("thorough", deadline=None, max_examples=5_000)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of tests/faults; pytest hears of options here alone."""
    group = parser.getgroup("faults")
    group.addoption(
        "--faults-rounds",
        type=int,
        default=0,
        metavar="N",
        help="run the long cases too, and those that are drawn with N seeds each",
    )
    group.addoption(
        "--faults-minutes", type=int, default=0, metavar="N", help="run the soak, for N minutes"
    )
    group.addoption("--faults-seed", type=int, default=1, metavar="N", help="the first seed")
    group.addoption(
        "--faults-report", type=Path, metavar="FILE", help="add the verdicts to FILE as JSON lines"
    )


@pytest.fixture(scope="session")
def shared() -> Path:
    """Find the evidence that others wrote: the folder named by SLA_SHARED, else ../shared."""
    folder = Path(os.environ.get("SLA_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no evidence folder at {folder}; name one with SLA_SHARED")
    return folder


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """Bring up one real Kafka for the whole run; give its address."""
    if address := os.environ.get("STREAMS_TEST_BROKER"):
        yield address
        return
    with EmbeddedKafka() as kafka:
        yield kafka.bootstrap
