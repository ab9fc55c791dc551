"""`sla top` at work: it follows the worker's stream, listens to keys, and draws.

Decisions: what is asked for is changed by asking anew. A worker that goes away is asked again and
again, and what was heard last stays on the screen; who is refused (no token, a wrong filter) is
told so and it ends. Whatever the end, the terminal is as it was.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import signal
import sys
from codecs import getincrementaldecoder
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout
from rich.console import Console
from rich.live import Live
from rich.text import Text

from streams.cli.asking import Door
from streams.cli.explained import show_ticket
from streams.cli.failure import Failure
from streams.cli.topped import Scene, Screen, safe

FRAME_S = 0.5
WAITS_S = (1, 2, 4, 8)
"""How long until a worker that went away is asked again."""
SILENCE_S = 45
"""A stream that says nothing for so long is dead: a worker speaks every 15 s."""
LINE = 64 << 20
"""Bytes of a line at most: 500 tickets whose fields are long."""
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

KEY = re.compile(r"\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])|.", re.DOTALL)
NAMED = {
    **dict.fromkeys(("\x1b[A", "\x1bOA", "k"), "up"),
    **dict.fromkeys(("\x1b[B", "\x1bOB", "j"), "down"),
    "\x1b[5~": "page up",
    "\x1b[6~": "page down",
    " ": "page down",
    **dict.fromkeys(("\x1b[H", "\x1bOH", "\x1b[1~", "g"), "first"),
    **dict.fromkeys(("\x1b[F", "\x1bOF", "\x1b[4~", "G"), "last"),
    **dict.fromkeys(("\r", "\n"), "enter"),
    **dict.fromkeys(("\x7f", "\b"), "rub out"),
    "\x1b": "escape",
    "\x03": "quit",
    "q": "quit",
}
ONLY = {"o": "overdue", "a": "all", "r": "at_risk"}
ALL = 1_000_000
"""Steps to the first and the last."""


class Refused(Exception):
    """The worker understood and will not; says why."""


class Top:
    """The command while it runs: over a door, what is asked for, a scene and a console."""

    def __init__(
        self,
        door: Door,
        asked: list[tuple[str, str]],
        scene: Scene,
        console: Console,
        clock: Callable[[], float],
    ) -> None:
        self._door, self._asked, self._scene = door, asked, scene
        self._console, self._clock = console, clock
        self._stir, self._done = asyncio.Event(), False
        self._stream: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Show until somebody wants it to end. Raises Failure where the worker refuses."""
        loop = asyncio.get_running_loop()
        for number in ENDS:
            loop.add_signal_handler(number, self.quit)
        loop.add_signal_handler(signal.SIGWINCH, self._stir.set)
        timeout = ClientTimeout(total=None, connect=10, sock_read=SILENCE_S)
        picture = Screen(self._scene, self._clock)
        async with ClientSession(
            headers=self._door.headers, timeout=timeout, read_bufsize=1 << 20
        ) as self._session:
            try:
                self._ask_anew()
                with (
                    self._keys(),
                    Live(picture, console=self._console, screen=True, auto_refresh=False) as live,
                ):
                    while not self._done:
                        live.refresh()
                        with suppress(TimeoutError):
                            await asyncio.wait_for(self._stir.wait(), FRAME_S)
                        self._stir.clear()
                        if self._stream is not None and self._stream.done():
                            await self._stream
            except Refused as fault:
                raise Failure(str(fault)) from None
            finally:
                await self._end()

    def quit(self) -> None:
        """End at the next turn."""
        self._done = True
        self._stir.set()

    async def _end(self) -> None:
        for task in (self._stream, self._asking):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError, Refused):
                    await task

    # -- the worker

    def _ask_anew(self) -> None:
        if self._stream is not None:
            self._stream.cancel()
        self._stream = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        scene, waits = self._scene, 0
        query = [*self._asked, ("only", scene.only), ("q", scene.text)]
        while True:
            try:
                async with self._session.get(
                    self._door.address("/api/stream"), params=query
                ) as answer:
                    await _let_in(answer, self._door)
                    async for name, told in events(answer):
                        scene.hear(name, told, self._clock())
                        waits = 0
                        self._stir.set()
                reason = "the worker has ended the stream"
            except TimeoutError:
                reason = "the worker is silent"
            except (ClientError, OSError, ValueError) as fault:
                reason = getattr(fault, "strerror", None) or str(fault) or type(fault).__name__
            wait = WAITS_S[min(waits, len(WAITS_S) - 1)]
            waits += 1
            scene.trouble, scene.again = reason, wait
            self._stir.set()
            await asyncio.sleep(wait)

    async def _explain(self, id_: str) -> None:
        """Show how a ticket's deadlines came about, in place of the list."""
        scene = self._scene
        try:
            address = self._door.address(f"/tickets/{quote(id_, safe='')}")
            async with self._session.get(address) as answer:
                told = json.loads(await answer.read())
            lines = self._words(told) if answer.ok else [Text(safe(told["error"], 500))]
        except (ClientError, OSError, ValueError, KeyError, TypeError) as fault:
            lines = [Text(f"{safe(id_)}: no answer ({safe(fault, 200)})")]
        scene.explanation, scene.scrolled = lines, 0
        self._stir.set()

    def _words(self, told: dict[str, Any]) -> list[Text]:
        page = io.StringIO()
        width = self._console.width
        paper = Console(file=page, width=width, markup=False, highlight=False, emoji=False)
        show_ticket(told, whole=False, console=paper)
        return [Text(line, no_wrap=True) for line in page.getvalue().splitlines()]

    # -- the keys

    @contextmanager
    def _keys(self) -> Iterator[None]:
        """Listen to the keyboard, where there is one."""
        if not sys.stdin.isatty():
            yield
            return
        import termios
        import tty

        loop, fd = asyncio.get_running_loop(), sys.stdin.fileno()
        before = termios.tcgetattr(fd)
        decoder = getincrementaldecoder("utf-8")("replace")

        def pressed() -> None:
            read = os.read(fd, 1024)
            if not read:
                loop.remove_reader(fd)
            for key in KEY.findall(decoder.decode(read)):
                self.press(key)
            self._stir.set()

        try:
            tty.setcbreak(fd)
            mode = termios.tcgetattr(fd)
            mode[6][termios.VSUSP] = b"\0"  # asleep, it would leave its screen to the shell
            termios.tcsetattr(fd, termios.TCSANOW, mode)
            loop.add_reader(fd, pressed)
            yield
        finally:
            loop.remove_reader(fd)
            termios.tcsetattr(fd, termios.TCSAFLUSH, before)

    def press(self, key: str) -> None:
        """Do what a key says, a letter or a terminal's sequence."""
        scene, name = self._scene, NAMED.get(key, key)
        if scene.typed is not None:
            self._type(key, name)
        elif name == "quit":
            self.quit()
        elif name in STEPS:
            scene.move(STEPS[name](scene))
        elif scene.explanation is not None:
            if name in ("escape", "enter"):
                scene.explanation = None
        elif name == "enter" and scene.tickets:
            scene.chosen = scene.tickets[scene.place]["ticket"]
            if self._asking is not None:
                self._asking.cancel()
            self._asking = asyncio.create_task(self._explain(scene.chosen))
        elif name == "/":
            scene.typed = scene.text
        elif name in ONLY:
            scene.only = ONLY[name]
            self._ask_anew()

    def _type(self, key: str, name: str) -> None:
        """Take a letter of what is searched for."""
        scene = self._scene
        assert scene.typed is not None
        if name == "enter":
            scene.text, scene.typed = scene.typed, None
            self._ask_anew()
        elif name == "escape":
            scene.typed = None
        elif name == "rub out":
            scene.typed = scene.typed[:-1]
        elif key.isprintable() and len(scene.typed) < LONGEST_SEARCH:
            scene.typed += key


LONGEST_SEARCH = 200
STEPS: dict[str, Callable[[Scene], int]] = {
    "up": lambda _: -1,
    "down": lambda _: 1,
    "page up": lambda scene: -scene.page,
    "page down": lambda scene: scene.page,
    "first": lambda _: -ALL,
    "last": lambda _: ALL,
}


async def _let_in(answer: ClientResponse, door: Door) -> None:
    """Say why where the worker refuses; raises Refused, or ValueError where it may be better."""
    if answer.status == 200 and answer.content_type == "text/event-stream":
        return
    try:
        words = str(json.loads(await answer.read())["error"])
    except (ValueError, KeyError, TypeError):
        words = f"--url {door.url}: answers {answer.status}; name where a worker listens"
    if answer.status >= 500:
        raise ValueError(words)
    raise Refused(words)


async def events(answer: ClientResponse) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Read server-sent events: their names, and their data as JSON."""
    name, data, rest = "message", list[bytes](), b""
    async for chunk in answer.content.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > LINE:
            message = "an event without an end"
            raise ValueError(message)
        for line in lines:
            field, _, value = line.rstrip(b"\r").partition(b":")
            value = value.removeprefix(b" ")
            if field == b"event":
                name = value.decode()
            elif field == b"data":
                data.append(value)
            elif not field and not value:
                if data:
                    yield name, json.loads(b"\n".join(data))
                name, data = "message", []
