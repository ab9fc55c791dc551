"""Kafka's jars: only the pinned ones, and those whole."""

from __future__ import annotations

import gc
import multiprocessing
import re
import sys
from pathlib import Path

import pytest

from streams.broker import BrokerError
from streams.broker.jars import ClassPath, Jar, default_cache, ensure_jars, pinned

SMALL = "org.slf4j:slf4j-api:"


def small() -> Jar:
    """Pick a small one of the pinned jars."""
    return next(jar for jar in pinned().jars if jar.coordinates.startswith(SMALL))


def fetch(folder: Path) -> None:
    """Fetch two jars into `folder`; runs in processes of their own."""
    ensure_jars(folder, ClassPath(pinned().jars[:2]))


def test_every_jar_is_pinned_by_version_and_digest() -> None:
    """One line a jar, each name once, no place that it comes from."""
    jars = pinned().jars

    assert len({jar.file_name for jar in jars}) == len(jars) > 40
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) for jar in jars)
    assert all(re.fullmatch(r"[\w.-]+:[\w.-]+:\d[\w.-]*", jar.coordinates) for jar in jars)
    assert pinned().version.startswith("4.")


def test_a_fetched_jar_is_the_pinned_one_and_progress_is_told(tmp_path: Path) -> None:
    """The callback hears of the jar and ends on all done, all bytes."""
    told: list[tuple[str, int, int, int]] = []

    paths = ensure_jars(tmp_path / "jars", ClassPath((small(),)), lambda *what: told.append(what))

    assert small().fault_of(paths[0]) is None
    assert told[-1] == (small().file_name, 1, 1, small().size)
    assert [path.name for path in (tmp_path / "jars").iterdir()] == [small().file_name]


def test_a_jar_with_another_digest_is_refused(tmp_path: Path) -> None:
    """The message names the jar and both digests; nothing of it enters the cache."""
    real = small()
    expected = Jar(real.coordinates, "0" * 64, real.size)

    with pytest.raises(BrokerError, match=f"refused {SMALL}.*{real.sha256} instead of {'0' * 64}"):
        ensure_jars(tmp_path / "jars", ClassPath((expected,)))

    assert list((tmp_path / "jars").iterdir()) == []


@pytest.mark.parametrize("spoil", [b"", b"x"])
def test_a_spoilt_jar_is_fetched_again(tmp_path: Path, spoil: bytes) -> None:
    """Truncated or altered with its size kept: either shows at the next start."""
    jar = small()
    (path,) = ensure_jars(tmp_path / "jars", ClassPath((jar,)))
    whole = path.read_bytes()
    path.write_bytes(spoil + whole[1:])

    ensure_jars(tmp_path / "jars", ClassPath((jar,)))

    assert path.read_bytes() == whole


def test_two_processes_may_fetch_at_once(tmp_path: Path) -> None:
    """One fetches, the other waits; both find whole jars."""
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=fetch, args=(tmp_path / "jars",)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(120)

    assert [one.exitcode for one in both] == [0, 0]
    assert all(jar.fault_of(tmp_path / "jars" / jar.file_name) is None for jar in pinned().jars[:2])


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # jgo leaves a 404's socket open.
def test_a_jar_that_is_nowhere_is_told_in_words(tmp_path: Path) -> None:
    """The message names the coordinates and where a mirror would be configured."""
    missing = Jar("org.slf4j:slf4j-api:0.0.0-none", "0" * 64, 1)

    with pytest.raises(BrokerError, match=r"cannot fetch .*0\.0\.0-none.*mirror"):
        ensure_jars(tmp_path / "jars", ClassPath((missing,)))
    gc.collect()


def test_without_jgo_the_message_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker's install has no jgo; whoever wants the broker is told what to install."""
    monkeypatch.setitem(sys.modules, "jgo.config", None)

    with pytest.raises(BrokerError, match=r"pip install 'sla-streams\[demo\]'"):
        ensure_jars(tmp_path / "jars", ClassPath((small(),)))


def test_a_cache_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    """The message names the folder and the variable that names another."""
    (tmp_path / "file").touch()

    with pytest.raises(BrokerError, match="SLA_KAFKA_CACHE"):
        ensure_jars(tmp_path / "file" / "jars", ClassPath((small(),)))


def test_the_cache_is_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SLA_KAFKA_CACHE wins; else the platform's folder for caches."""
    monkeypatch.setenv("SLA_KAFKA_CACHE", f"{tmp_path}/mine")
    assert default_cache() == tmp_path / "mine"

    monkeypatch.delenv("SLA_KAFKA_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", f"{tmp_path}/xdg")
    monkeypatch.setattr(sys, "platform", "linux")
    assert default_cache() == tmp_path / "xdg" / "sla-streams"
