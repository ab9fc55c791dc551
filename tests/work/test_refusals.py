"""What keeps a worker from starting, in words that say what to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from streams import work
from streams.work import pins
from tests.work.harness import TOY, Kafka, Toy

Toys = Callable[..., Toy]


def refusal(**settings: Any) -> str:
    """Run the toy, which must refuse to start, and return its words."""
    done = subprocess.run(
        [sys.executable, str(TOY)],
        env=os.environ | {"TOY": json.dumps(settings), "TOY_LOG": "ERROR"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_missing_source_topic_is_refused(kafka: Kafka) -> None:
    """Fact 14: Faust would be ready and idle."""
    words = refusal(broker=f"kafka://{kafka.bootstrap}", source="no-such-topic")
    assert "topic no-such-topic does not exist: create it" in words


def test_a_changelog_with_other_partitions_is_refused(kafka: Kafka, source: str) -> None:
    """Fact 4: a row lives in the partition of its events."""
    kafka.create(f"{source}-counts-changelog", partitions=3)
    words = refusal(broker=f"kafka://{kafka.bootstrap}", source=source, id=source)
    assert f"{source}-counts-changelog has 3 partitions, {source} has 4" in words


def test_a_broker_that_does_not_answer_is_refused() -> None:
    """The address is named, and the time that was given."""
    words = refusal(broker="kafka://127.0.0.1:1", app={"connect_timeout": 1})
    assert "no broker answered within 1 s" in words
    assert "127.0.0.1" in words


def test_other_versions_of_the_libraries_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fact 12: with the version found and the one needed."""
    monkeypatch.setitem(pins.VERSIONS, "aiokafka", "0.0.1")
    with pytest.raises(work.Refused, match=r"aiokafka is 0\.14\.0, 0\.0\.1 is needed"):
        work.App("x", broker="kafka://127.0.0.1:1")


def test_a_private_name_that_has_gone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fact 12: by its name, before anything runs."""
    monkeypatch.setitem(pins.NAMES, Toy, ("no_such_thing",))
    with pytest.raises(work.Refused, match="Toy has no no_such_thing"):
        work.App("x", broker="kafka://127.0.0.1:1")


def test_agents_and_tables_of_faust_are_refused() -> None:
    """Facts 1, 2: their work would be outside of the commit."""
    app = work.App("x", broker="kafka://127.0.0.1:1")
    with pytest.raises(TypeError, match=r"use App\.table"):
        app.Table("t")

    @app.agent(app.topic("in"))
    async def agent(stream: Any) -> None:
        """Do nothing."""

    assert app.run() == 1


def test_a_handler_must_be_a_plain_function() -> None:
    """Fact 9: nothing in a unit awaits."""
    app = work.App("x", broker="kafka://127.0.0.1:1")

    async def handler(part: work.Partition, records: Any) -> None:
        """Do nothing."""

    with pytest.raises(TypeError, match="must be a plain function"):
        app.batches("in")(handler)  # type: ignore[type-var]  # which is the point


def test_what_is_awaited_must_be_a_coroutine_function() -> None:
    """Fact 4: a plain function would be called and never awaited."""
    app = work.App("x", broker="kafka://127.0.0.1:1")

    def acquired() -> None:
        """Do nothing."""

    with pytest.raises(TypeError, match="must be a coroutine function"):
        app.on_acquired(acquired)  # type: ignore[type-var]  # which is the point
    with pytest.raises(TypeError, match="must be a coroutine function"):
        app.on_stopping(acquired)  # type: ignore[type-var]  # which is the point
