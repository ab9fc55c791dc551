"""Kafka's class path: which jars, and how they come into the cache.

Decisions that bind this module:

- `jars.txt` pins the whole closure by coordinates, sha256 and size. `jgo` fetches and does not
  resolve: its own resolution of `kafka_2.13` mixes versions (it answers with an older
  kafka-clients), so the list comes from Maven itself. Where the jars come from is the client's
  own configuration; nothing here names a host.
- A jar enters the cache by one atomic rename after its sha256 was right, under a lock that two
  processes at once share. What is in the cache is hashed again at every start: the 44 MB cost
  less than a tenth of a second, and a jar that rotted or was tampered with is fetched again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from streams.broker.error import BrokerError

FETCHERS = 6
TRIES = 3
TIMEOUT_S = 60


class Progress(Protocol):
    """Told after each chunk of a fetch, from one thread at a time."""

    def __call__(self, name: str, done: int, total: int, fetched_bytes: int) -> None:
        """Take the jar's file name, jars done, jars to fetch, and bytes fetched so far."""


@dataclass(frozen=True)
class Jar:
    """One pinned jar."""

    coordinates: str
    sha256: str
    size: int

    @property
    def file_name(self) -> str:
        """The jar's file name, as Maven lays it out."""
        _, artifact, version = self.coordinates.split(":")
        return f"{artifact}-{version}.jar"

    def fault_of(self, path: Path) -> str | None:
        """Say what is wrong with the file at `path`, or None where it is this very jar."""
        try:
            content = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return "is missing"
        if len(content) != self.size:
            return f"has {len(content)} bytes instead of {self.size}"
        found = hashlib.sha256(content).hexdigest()
        if found != self.sha256:
            return f"has sha256 {found} instead of {self.sha256}"
        return None


@dataclass(frozen=True)
class ClassPath:
    """The pinned jars of one Kafka."""

    jars: tuple[Jar, ...]

    @cached_property
    def version(self) -> str:
        """Kafka's version."""
        server = next(jar for jar in self.jars if ":kafka_2.13:" in jar.coordinates)
        return server.coordinates.rpartition(":")[2]

    @cached_property
    def name(self) -> str:
        """A folder name that changes with any pin."""
        digest = hashlib.sha256("".join(jar.sha256 for jar in self.jars).encode()).hexdigest()
        return f"kafka-{self.version}-{digest[:8]}"


def pinned() -> ClassPath:
    """Read the pins that the package ships."""
    lines = files("streams.broker").joinpath("jars.txt").read_text("utf-8").splitlines()
    rows = (line.split() for line in lines if line and not line.startswith("#"))
    return ClassPath(tuple(Jar(where, sha256, int(size)) for where, sha256, size in rows))


def default_cache() -> Path:
    """Find the cache: $SLA_KAFKA_CACHE, else the platform's folder for caches."""
    if named := os.environ.get("SLA_KAFKA_CACHE"):
        return Path(named).expanduser().absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "sla-streams"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "sla-streams"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`; another process waits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def ensure_jars(
    folder: Path, class_path: ClassPath, progress: Progress | None = None
) -> list[Path]:
    """Answer the jars' paths in `folder`, after fetching those that are missing or wrong.

    Raises BrokerError with the jar, what is wrong with it, and what to do.
    """
    paths = [folder / jar.file_name for jar in class_path.jars]
    if not _faulty(folder, class_path):
        return paths
    try:
        with locked(folder.with_name(folder.name + ".lock")):
            if wanted := _faulty(folder, class_path):
                folder.mkdir(parents=True, exist_ok=True)
                _fetch_all(wanted, folder, progress)
    except OSError as error:
        message = (
            f"cannot keep Kafka's jars in {folder}: {error}; "
            "name a writable folder in SLA_KAFKA_CACHE"
        )
        raise BrokerError(message) from error
    return paths


def _faulty(folder: Path, class_path: ClassPath) -> list[Jar]:
    return [jar for jar in class_path.jars if jar.fault_of(folder / jar.file_name)]


class _Tally:
    """Counts what came, over all fetchers, and tells the caller."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total = total
        self._progress = progress
        self._lock = Lock()
        self._done = 0
        self._bytes = 0

    def add(self, name: str, size: int, *, jars: int = 0) -> None:
        with self._lock:
            self._bytes += size
            self._done += jars
            if self._progress:
                self._progress(name, self._done, self._total, self._bytes)


def _fetch_all(wanted: list[Jar], folder: Path, progress: Progress | None) -> None:
    tally = _Tally(len(wanted), progress)
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as staging,
        ThreadPoolExecutor(FETCHERS) as pool,
    ):
        fetch = _fetcher(Path(staging), tally)
        arrivals = [pool.submit(_fetch_one, jar, folder, fetch, tally) for jar in wanted]
        try:
            for arrival in arrivals:
                arrival.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _fetch_one(jar: Jar, folder: Path, fetch: Callable[[Jar], Path], tally: _Tally) -> None:
    arrived = fetch(jar)
    if fault := jar.fault_of(arrived):
        message = (
            f"refused {jar.coordinates}: what was fetched {fault}. "
            "Nothing of it is kept. A proxy or mirror that alters files does this; "
            "if it does not, do not run this jar and report it."
        )
        raise BrokerError(message)
    arrived.replace(folder / jar.file_name)
    tally.add(jar.file_name, 0, jars=1)


def _fetcher(staging: Path, tally: _Tally) -> Callable[[Jar], Path]:
    """Make the function that brings one jar into `staging`, through jgo as it is configured."""
    try:
        from jgo.config import GlobalSettings
        from jgo.maven import MavenContext, PythonResolver
        from jgo.maven._core import DEFAULT_REMOTE_REPOS
    except ImportError as error:
        message = (
            "Kafka's jars are not in the cache and `jgo`, which fetches them, is not installed; "
            "run: pip install 'sla-streams[demo]'"
        )
        raise BrokerError(message) from error

    @contextmanager
    def counted(name: str, _size: int) -> Iterator[Callable[[int], None]]:
        yield lambda size: tally.add(name, size)

    # A mirror that the user named comes first, and may stand in for the default by its name.
    repositories = {**GlobalSettings.load().repositories}
    for name, address in DEFAULT_REMOTE_REPOS.items():
        repositories.setdefault(name, address)
    context = MavenContext(
        resolver=PythonResolver(progress_callback=counted),
        repo_cache=staging,
        remote_repos=repositories,
        timeout=TIMEOUT_S,
    )
    return lambda jar: _fetch_with(context, jar)


def _fetch_with(context: Any, jar: Jar) -> Path:
    group, artifact, version = jar.coordinates.split(":")
    wanted = context.project(group, artifact).at_version(version).artifact()
    for left in reversed(range(TRIES)):
        try:
            return Path(wanted.resolve())
        except (OSError, RuntimeError) as error:
            # jgo leaves a half-written file behind, and would take it for the jar next time.
            Path(wanted.cached_path).unlink(missing_ok=True)
            if not left:
                message = (
                    f"cannot fetch {jar.coordinates}: {error}. Check the network and the proxy "
                    "settings; a mirror goes into jgo's own configuration, [repositories]."
                )
                raise BrokerError(message) from error
    raise AssertionError
