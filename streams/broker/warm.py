"""Makes the broker start in half the time: an archive of Kafka's classes, mapped, not parsed.

It costs ten seconds once for each set of jars and each Java, so nothing does it unasked: a
person who tries the demo starts one broker, a test suite starts many.
"""

from __future__ import annotations

from pathlib import Path

from streams.broker.jars import Progress, default_cache, locked
from streams.broker.java import find_java
from streams.broker.kafka import EmbeddedKafka, class_archive


def warm(cache: Path | None = None, progress: Progress | None = None) -> Path:
    """Fetch Kafka and archive its classes, unless that was done; answer the archive's path."""
    cache = cache or default_cache()
    java = find_java()
    archive = class_archive(cache, java)
    if archive.exists():
        return archive
    with locked(archive.with_suffix(".lock")):
        if not archive.exists():
            made = archive.with_suffix(".tmp")
            made.unlink(missing_ok=True)
            with Rehearsal(java.writes(made), cache=cache, progress=progress) as kafka:
                kafka.end()
            # Some Javas cannot: an empty file says so, or it would be tried each time.
            made.touch()
            made.rename(archive)
    return archive


class Rehearsal(EmbeddedKafka):
    """A broker whose JVM archives its classes at an orderly end."""

    def __init__(self, flag: str, *, cache: Path, progress: Progress | None) -> None:
        super().__init__(cache=cache, progress=progress)
        self._jvm_flags = [flag]

    def end(self) -> None:
        """End the JVM in order, so that it writes the archive."""
        self._order("stop")
