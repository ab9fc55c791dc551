"""Cases on a rig of their own, their seeds, and the report of what they came to."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.case import POLICIES, Case
from tests.faults.driver import ORDERLY, Disorder, Load
from tests.faults.judge import Verdict
from tests.worker.rig import Rig

CHOICES: dict[str, tuple[list[object], list[object]]] = {
    "many": ([3_000], [100_000]),
    "kind": (["all"], ["all", "twice", "swapped", "late", "early"]),
    "burst": ([4_000], [10_000]),
    "how": (["kill"], ["kill", "join"]),
}
"""By argument of a test: what it is in the short run, and in the whole one."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeat what asks for a `seed` as often as --faults-rounds says, and choose by it."""
    if "seed" in metafunc.fixturenames:
        rounds = metafunc.config.getoption("--faults-rounds") or 1
        first = metafunc.config.getoption("--faults-seed")
        metafunc.parametrize("seed", range(first, first + rounds))
    if "minutes" in metafunc.fixturenames:
        metafunc.parametrize("minutes", [metafunc.config.getoption("--faults-minutes")])
    long = bool(metafunc.config.getoption("--faults-rounds"))
    for name, (short, whole) in CHOICES.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, whole if long else short)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the long cases where no rounds are asked for, and the soak without minutes."""
    left = [
        item
        for marker, option in (("long", "--faults-rounds"), ("soak", "--faults-minutes"))
        if not config.getoption(option)
        for item in items
        if item.get_closest_marker(marker)
    ]
    items[:] = [item for item in items if item not in left]
    config.hook.pytest_deselected(items=left)


@pytest.fixture
def case_with(
    broker: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Case]]:
    """Make cases; what is left of them is ended."""
    made: list[Case] = []

    def make(
        seed: int, disorder: Disorder = ORDERLY, policies: Path = POLICIES, **settings: str
    ) -> Case:
        name = request.node.originalname.removeprefix("test_")[:40].replace("_", "-")
        folder = tmp_path / str(len(made))
        folder.mkdir()
        rig = Rig(broker, name, folder, policies, settings)
        made.append(Case(rig, Load(seed, disorder), request.node.name.removeprefix("test_")))
        return made[-1]

    yield make
    for case in made:
        case.close()
        case.rig.close()


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Callable[[Verdict], None]:
    """Tell a verdict, keep it where --faults-report says, and raise what it found."""
    file: Path | None = request.config.getoption("--faults-report")

    def tell(verdict: Verdict) -> None:
        sys.stdout.write(f"\n{verdict.line()}\n")
        if file is not None:
            with file.open("a") as lines:
                lines.write(verdict.as_json() + os.linesep)
        verdict.check()

    return tell
