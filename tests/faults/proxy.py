"""A TCP proxy between a worker and a broker, which makes the network as bad as the test wants.

It runs on a loop of its own in a thread, so that a test stays plain calls. The broker tells clients
of that listener the proxy's port; the test's own clients use another listener and see none of it.
"""

from __future__ import annotations

import asyncio
import random
import threading
from types import TracebackType
from typing import Self

from streams.broker.ports import HOST

CHUNK = 64 << 10


class Proxy:
    """Passes bytes both ways; `latency` is seconds each way, `cuts` connections reset in a second.

    `stall` holds all bytes back until `resume`; nothing is lost by it but time.
    """

    def __init__(self, port: int, target: int, seed: int = 1) -> None:
        """Listen on `port` of the loopback address, for the server on `target`."""
        self.port = port
        self.target = target
        self.latency = 0.0
        self.cuts = 0.0
        self.was_cut = 0
        self._dice = random.Random(seed)
        self._wires: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def stall(self) -> None:
        """Hold all bytes back, those of new connections too."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def resume(self) -> None:
        """Let them through again."""
        self._loop.call_soon_threadsafe(self._open.set)

    def cut_all(self) -> None:
        """Reset every connection at once."""
        self._loop.call_soon_threadsafe(lambda: [self._cut(wire) for wire in list(self._wires)])

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._thread.start()
        self._call(self._begin())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Reset what is open and end."""
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, job: object) -> None:
        asyncio.run_coroutine_threadsafe(job, self._loop).result()  # type: ignore[arg-type]

    async def _begin(self) -> None:
        self._open.set()
        self._server = await asyncio.start_server(self._serve, HOST, self.port)
        self._cutting = asyncio.create_task(self._cut_at_random())

    async def _end(self) -> None:
        self._server.close()
        self._cutting.cancel()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, self._cutting, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._pumps.add(task)
        try:
            there, back = await asyncio.open_connection(HOST, self.target)
        except OSError:
            writer.transport.abort()
            return
        finally:
            self._pumps.discard(task)
        pair = (writer, back)
        self._wires.add(writer)
        for one, other in ((reader, back), (there, writer)):
            pump = asyncio.create_task(self._pass(one, other, pair))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        pair: tuple[asyncio.StreamWriter, asyncio.StreamWriter],
    ) -> None:
        try:
            while data := await reader.read(CHUNK):
                await asyncio.sleep(self.latency)
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass  # a connection that is reset: what this is for
        finally:
            self._wires.discard(pair[0])
            for wire in pair:
                wire.transport.abort()

    async def _cut_at_random(self) -> None:
        while True:
            await asyncio.sleep(0.05)
            if self._wires and self._dice.random() < self.cuts * 0.05:
                self._cut(self._dice.choice(sorted(self._wires, key=id)))

    def _cut(self, wire: asyncio.StreamWriter) -> None:
        """Reset, with what is under way lost."""
        self.was_cut += 1
        wire.transport.abort()
