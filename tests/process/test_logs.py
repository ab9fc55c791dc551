"""What is logged: ours, the libraries' real errors, and none of their routine."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from streams.process import logs

CLIENT = logging.getLogger("aiokafka")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave the process's logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    named = {name: logging.getLogger(name).level for name in (*logs.QUIET, "mode.timers")}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in named.items():
        logging.getLogger(name).setLevel(before)


def complain() -> None:
    """Say what aiokafka says while a broker is away, and of something real."""
    CLIENT.error("Unable connect to node with id %s: %s", 1, "refused")
    logging.getLogger("aiokafka.producer.sender").warning(
        "Got error produce response on topic-partition %s, retrying. Error: %s", "t", "e"
    )
    CLIENT.error("Topic %s is not authorized for this client", "secret-topic")
    logging.getLogger("streams.work").error("Unable connect to node with id 7, we say")


def test_what_the_client_tries_again_is_not_told_and_real_errors_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An outage is two lines of ours, not thousands of a library's."""
    logs.configure("info", as_json=True)
    complain()
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert "secret-topic" in said[0]
    assert "we say" in said[1]


def test_who_asks_for_all_gets_all(capsys: pytest.CaptureFixture[str]) -> None:
    """At the level of debug nothing is held back."""
    logs.configure("debug", as_json=True)
    complain()
    assert len(capsys.readouterr().err.splitlines()) == 4
