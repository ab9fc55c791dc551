"""The notifier's file as a whole: what is said, and what each channel needs for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from streams.notify.channels.known import Known
from streams.notify.settings import VOCABULARY, NotifyFile
from streams.process.config import load


class File(NotifyFile):
    """The same with each channel's own settings."""

    channels: Mapping[str, Known] = Field(default_factory=dict)  # type: ignore[assignment]


def open_file(path: Path) -> File:
    """Read and check the file. Raises BadFile."""
    return load(path, File, VOCABULARY)
