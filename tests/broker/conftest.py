"""Kafka's jars, fetched once."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.broker.warm import warm


@pytest.fixture(scope="session")
def warm_cache() -> Path:
    """Bring Kafka into the cache and make its starts fast: every test here starts it."""
    return warm().parent
