"""A real Chromium, told what to do over its own protocol; without a network where that is asked."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0")
PATIENCE = 60.0
T = TypeVar("T")


def chromium() -> str | None:
    """Find one."""
    found = (shutil.which(name) for name in NAMES)
    return next((path for path in found if path is not None), None)


def must_have_chromium() -> str:
    """Find one; skip the test without it, or fail where it is required."""
    path = chromium()
    if path is None:
        message = "no Chromium is installed (Debian package chromium): NOTHING was looked at"
        if os.environ.get("SLA_REQUIRE_CHROMIUM"):
            pytest.fail(message)
        pytest.skip(message)
    return path


class Tab:
    """A page that is open: what it asked for, and what it complained of."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._events: list[str] = []

    async def call(self, method: str, **told: Any) -> dict[str, Any]:
        """Call a method of the protocol; note the events that come before its answer."""
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": told})
        while True:
            answer = await self._hear()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                result: dict[str, Any] = answer["result"]
                return result

    async def _hear(self) -> dict[str, Any]:
        message = await self._socket.receive(PATIENCE)
        told: dict[str, Any] = json.loads(message.data)
        method, params = told.get("method", ""), told.get("params", {})
        self._events.append(method)
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(str(params["args"]))
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"]))
        elif method == "Log.entryAdded":
            self.complaints.append(params["entry"]["text"])
        return told

    async def open(self, page: Path, width: int, height: int, *, dark: bool = False) -> None:
        """Open a file at a width in pixels, as a telephone where that is narrow, offline."""
        for room in ("Page", "Network", "Runtime", "Log"):
            await self.call(f"{room}.enable")
        offline = {"offline": True, "latency": 0}
        speed = {"downloadThroughput": -1, "uploadThroughput": -1}
        await self.call("Network.emulateNetworkConditions", **offline, **speed)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        await self.call("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])
        self._events.clear()
        await self.call("Page.navigate", url=page.as_uri())
        while "Page.loadEventFired" not in self._events:
            await self._hear()

    async def ask(self, expression: str) -> Any:
        """Evaluate an expression of JavaScript on the page; give its value."""
        told = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return told["result"].get("value")

    async def picture(self, top: float, width: int, height: int) -> bytes:
        """Give a part of the page as PNG."""
        clip = {"x": 0, "y": top, "width": width, "height": height, "scale": 1}
        told = await self.call(
            "Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip
        )
        return base64.b64decode(told["data"])


@asynccontextmanager
async def tab(path: str) -> AsyncIterator[Tab]:
    """Start Chromium with a profile of its own; end it afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = await asyncio.create_subprocess_exec(
            path,
            *FLAGS,
            f"--user-data-dir={folder}",
            "about:blank",
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "HOME": folder},
        )
        try:
            address = await asyncio.wait_for(_address(process), PATIENCE)
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://{address}/json") as answer:
                    pages = [one for one in await answer.json() if one["type"] == "page"]
                url = pages[0]["webSocketDebuggerUrl"]
                async with session.ws_connect(url, max_msg_size=0) as socket:
                    yield Tab(socket)
        finally:
            process.kill()
            await process.communicate()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    async for line in process.stderr:
        if b"DevTools listening on ws://" in line:
            return line.decode().split("ws://")[1].split("/")[0]
    message = "Chromium ended before it listened"
    raise RuntimeError(message)


def browse(path: str, work: Callable[[Tab], Awaitable[T]]) -> T:
    """Do some work in a tab."""

    async def run() -> T:
        async with tab(path) as opened:
            return await work(opened)

    return asyncio.run(run())
