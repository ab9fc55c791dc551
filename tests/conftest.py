"""What several rooms of the suite share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.broker import EmbeddedKafka

ROOT = Path(__file__).parent.parent


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
