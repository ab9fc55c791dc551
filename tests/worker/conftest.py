"""Rigs: an installation of its own for each test, on the run's broker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.scenario import FOLDER
from tests.worker.rig import Rig


@pytest.fixture
def rig_with(
    broker: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Rig]]:
    """Make rigs over given policies; what is left of them is ended."""
    made: list[Rig] = []

    def make(policies: Path, **settings: str) -> Rig:
        name = request.node.originalname.removeprefix("test_")[:40].replace("_", "-")
        made.append(Rig(broker, name, tmp_path, policies, settings))
        return made[-1]

    yield make
    for rig in made:
        rig.close()


@pytest.fixture
def rig(rig_with: Callable[..., Rig]) -> Rig:
    """Make a rig over the scenarios' policies."""
    return rig_with(FOLDER / "policies.yaml")
