"""The two ways to show the scene: a live screen, and plain lines."""

from __future__ import annotations

import asyncio
from typing import Protocol

from rich.console import Console
from rich.live import Live

from streams.demo.lines import Lines
from streams.demo.scene import Scene
from streams.demo.telling import Told
from streams.demo.view import Screen, Stagehand

FRAME_S = 0.2
RATE_EVERY_S = 5.0


class Show(Protocol):
    """Shows the scene until cancelled."""

    async def run(self) -> None:
        """Show, until cancelled."""

    def heard(self, told: Told) -> None:
        """Take a new fact."""


class LinesShow:
    """A line for each fact that people wait for, and the rates from time to time."""

    def __init__(self, scene: Scene, out: Console) -> None:
        self._scene = scene
        self._out = out
        self._lines = Lines(scene, self._write)

    async def run(self) -> None:
        """Write the rates every few seconds, until cancelled; and once more at the end."""
        try:
            while True:
                await asyncio.sleep(RATE_EVERY_S)
                self._lines.rate(self._scene.now)
        finally:
            self._lines.rate(self._scene.now)

    def heard(self, told: Told) -> None:
        """Write a fact's line."""
        self._lines.heard(told)

    def _write(self, line: str) -> None:
        self._out.file.write(f"{line}\n")
        self._out.file.flush()


class ScreenShow:
    """The live screen, in the terminal's alternate buffer: it leaves no garbage behind."""

    def __init__(self, scene: Scene, stage: Stagehand, out: Console) -> None:
        self._scene = scene
        self._stage = stage
        self._out = out

    async def run(self) -> None:
        """Draw some frames a second, until cancelled."""
        with Live(self._picture(), console=self._out, screen=True, auto_refresh=False) as live:
            while True:
                live.update(self._picture(), refresh=True)
                await asyncio.sleep(FRAME_S)

    def heard(self, told: Told) -> None:
        """Leave it to the scene, from which each frame is drawn."""

    def _picture(self) -> Screen:
        return Screen(self._scene, self._stage)
