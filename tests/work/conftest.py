"""A real broker for the suite, and workers as real processes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.work.harness import Kafka, Toy


@pytest.fixture(scope="session")
def kafka() -> Iterator[Kafka]:
    """Bring up one broker for the suite, or use the one that STREAMS_TEST_BROKER names.

    It must allow sessions of 2 s (group.min.session.timeout.ms).
    """
    if address := os.environ.get("STREAMS_TEST_BROKER"):
        yield Kafka(address)
        return
    from streams.broker import EmbeddedKafka

    with EmbeddedKafka() as broker:
        yield Kafka(broker.bootstrap)


class Toys:
    """Starts toy workers of one test and ends those it left behind."""

    def __init__(self, kafka: Kafka, folder: Path) -> None:
        """Begin without workers."""
        self.kafka = kafka
        self.folder = folder
        self.started: list[Toy] = []

    def __call__(self, source: str, **settings: object) -> Toy:
        """Start a worker on the topic `source`; its outputs go to `out-<source>`."""
        toy = Toy(self.kafka, source, self.folder / f"worker-{len(self.started)}", settings)
        self.started.append(toy)
        return toy


@pytest.fixture
def toys(kafka: Kafka, tmp_path: Path) -> Iterator[Toys]:
    """Hand out workers; those still alive afterwards are killed."""
    factory = Toys(kafka, tmp_path)
    yield factory
    for toy in factory.started:
        toy.kill()


@pytest.fixture
def source(kafka: Kafka, request: pytest.FixtureRequest) -> str:
    """Make a source topic of 4 partitions named after the test, and its output topic."""
    name: str = request.node.originalname.removeprefix("test_")[:80].replace("_", "-")
    name += f"-{os.urandom(2).hex()}"
    kafka.create(name, f"out-{name}")
    return name
