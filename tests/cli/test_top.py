"""`sla top`: the list in a terminal, from a real server, in a real pseudo-terminal."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from io import StringIO
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len
from rich.console import Console

from streams.cli.main import sla
from streams.cli.topped import Scene, Screen, counted, safe, span
from streams.desk.http import serve
from streams.wire.instant import parse
from tests.desk.test_http import several
from tests.worker.looked_at import HOUR, START, LookedAt

TOKEN = "s3cret"
HOSTILE = [
    "[red]x[/red]",
    "\x1b[2J\x1b[31mx",
    "\u202egnp.exe",
    "a\nb\rc\td",
    "x" * 10_000,
    "漢字" * 9,
]
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")


def run(*arguments: str, **env: str) -> Result:
    """Run the command where there is no terminal."""
    return CliRunner().invoke(sla, ["top", *arguments], env=env)


async def printed(worker: LookedAt, *arguments: str, token: str | None = None) -> Result:
    """Run it against a served worker."""
    async with serve(worker, "127.0.0.1", 0, token) as url:
        return await asyncio.to_thread(run, "--url", url, *arguments)


def clock(**more: Any) -> dict[str, Any]:
    """Make a clock of the list, of an hour, half of it used."""
    return {
        "policy": "gold",
        "kind": "sla",
        "metric": "first_response",
        "state": "running",
        "deadline": "2026-03-25T09:30:00.000Z",
        "target_seconds": 3600.0,
        "elapsed_seconds": 1800.0,
        "remaining_seconds": 1800.0,
        "used": 0.5,
        "breached": False,
        "overdue": False,
        "at_risk": False,
        "counting": True,
        "changes_at": None,
        **more,
    }


def ticket(id_: str, **more: Any) -> dict[str, Any]:
    """Make a ticket of the list."""
    clocks = more.pop("clocks", [clock()])
    return {
        "ticket": id_,
        "team": None,
        "priority": None,
        "tier": None,
        "deadline": clocks[0]["deadline"],
        "overdue": False,
        "at_risk": False,
        "clocks": clocks,
        **more,
    }


def listing(*tickets: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Make an answer of /api/list."""
    return {
        "as_of": "2026-03-25T09:00:00.000Z",
        "clock_rate": 1.0,
        "total": 1_000,
        "matched": len(tickets),
        "overdue": 0,
        "at_risk": 0,
        "partitions": {"all": 4, "here": 4, "shown": 4},
        "tickets": list(tickets),
        **more,
    }


def drawn(scene: Scene, width: int, height: int, at: float = 0.0) -> list[str]:
    """Draw a picture without colours; give its lines."""
    page = StringIO()
    console = Console(width=width, height=height, file=page, color_system=None, markup=False)
    console.print(Screen(scene, lambda: at))
    return page.getvalue().rstrip("\n").split("\n")


async def test_without_a_terminal_the_table_is_printed() -> None:
    """What falls due first is on top, with what is used and left; figures are the worker's."""
    worker = several()
    worker.reach(START + HOUR // 2)
    done = await printed(worker, "--limit", "2")
    assert done.exit_code == 0, done.output
    assert "2026-03-25T09:30:00Z" in done.stdout
    assert "tickets have open clocks" in done.stdout
    rows = [line for line in done.stdout.splitlines() if "%" in line and "█" in line]
    told = json.loads((await printed(worker, "--limit", "2", "--json")).stdout)
    assert [row.split()[0] for row in rows] == [one["ticket"] for one in told["list"]["tickets"]]
    assert len(rows) == 2
    assert told["rates"]["rows"]


async def test_filters_are_the_workers() -> None:
    """Each may be said several times; what matches is counted."""
    told = json.loads((await printed(several(), "--json", "--team", "billing")).stdout)["list"]
    assert [one["ticket"] for one in told["tickets"]] == ["calm"]
    two = await printed(several(), "--json", "--team", "billing", "--team", "", "--only", "ahead")
    assert json.loads(two.stdout)["list"]["matched"] == 3
    nobody = await printed(several(), "--team", "nobody", "--team", "else", "--only", "overdue")
    assert "0 at risk of 0" in nobody.stdout


async def test_a_token_opens_and_its_lack_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the flag or by the variable; never a traceback, and the token is not shown."""
    monkeypatch.delenv("SLA_HTTP_TOKEN", raising=False)
    assert (await printed(several(), "--token", TOKEN, token=TOKEN)).exit_code == 0
    refused = await printed(several(), token=TOKEN)
    assert (refused.exit_code, "SLA_HTTP_TOKEN" in refused.output) == (1, True)
    monkeypatch.setenv("SLA_HTTP_TOKEN", TOKEN)
    assert (await printed(several(), token=TOKEN)).exit_code == 0
    wrong = run("--token", "bad\nheader")
    assert (wrong.exit_code, "bad" in wrong.output) == (2, False)


def test_where_nobody_listens_it_says_what_to_do() -> None:
    """A port that is closed, and an address that is none."""
    silent = run("--url", "http://127.0.0.1:9")
    assert silent.exit_code == 1
    assert "start a worker" in silent.output
    assert run("--url", "ftp://x").exit_code == 2
    assert run("--only", "late").exit_code == 2


def test_a_clock_counts_on_while_its_schedule_is_open() -> None:
    """R15, R22: closed hours and pauses move nothing; what opens later counts from then on."""
    since = parse("2026-03-25T09:00:00.000Z")
    later = since + 600_000
    turn = "2026-03-25T09:04:00.000Z"
    assert counted(clock(), since, later) == 1800 + 600
    assert counted(clock(changes_at=turn), since, later) == 1800 + 240
    assert counted(clock(changes_at=turn, counting=False), since, later) == 1800 + 360
    assert counted(clock(counting=False), since, later) == 1800
    assert counted(clock(state="paused"), since, later) == 1800


def test_between_two_answers_time_goes_on_at_the_pace_of_the_worker() -> None:
    """A demo's clock runs faster; what passes its deadline meanwhile is overdue."""
    scene = Scene("http://w", listing=listing(ticket("A1"), clock_rate=60.0))
    assert "50%" in "\n".join(drawn(scene, 80, 24))
    (row,) = [line for line in drawn(scene, 80, 24, at=15.0) if "A1" in line]
    assert "75%" in row
    assert "15m" in row
    (row,) = [line for line in drawn(scene, 80, 24, at=31.0) if "A1" in line]
    assert "-1m" in row
    assert "OVERDUE" in row


@pytest.mark.parametrize("width", [24, 40, 80, 120, 200])
@pytest.mark.parametrize("height", [8, 24, 60])
def test_it_fits_whatever_comes_from_upstream(width: int, height: int) -> None:
    """Markup, escapes, marks that turn the text round, 10 kB: letters, cut off."""
    tickets = [
        ticket(f"{number}{text}", team=text, priority=text, tier=text, clocks=[clock(policy=text)])
        for number, text in enumerate(HOSTILE * 20)
    ]
    scene = Scene("http://w", listing=listing(*tickets), chosen=tickets[3]["ticket"])
    scene.latest = {"type": "sla.breached", "detected_at": "2026-03-25T09:00:00.000Z"}
    scene.latest |= dict.fromkeys(("ticket", "metric", "policy"), "".join(HOSTILE))
    scene.trouble = scene.text = scene.typed = "".join(HOSTILE)
    for shown in (scene, Scene("http://w")):
        lines = drawn(shown, width, height)
        assert len(lines) <= height
        assert max(map(cell_len, lines)) <= width
        assert all(line.isprintable() for line in lines)
    if width >= 80:
        assert "0[red]x[/red]" in "\n".join(drawn(scene, width, 60))


def test_it_says_what_it_does_not_show() -> None:
    """Partitions that are still read, tickets beyond the limit, a worker that is not ready."""
    told = listing(ticket("A1"), matched=7, partitions={"all": 4, "here": 2, "shown": 3})
    scene = Scene("http://w", listing=told)
    scene.hear("state", {"ready": False, "state": "recovering", "reason": "rows are read"}, 0.0)
    text = "\n".join(drawn(scene, 100, 24))
    assert "3 of 4 partitions are shown" in text
    assert "6 more below the last" in text
    assert "not ready: rows are read" in text
    windows = {"1d": {"rate": 0.9999}, "7d": {"rate": None}}
    scene.hear("rates", {"all": {"objective": 0.95, "windows": windows}}, 0.0)
    assert "kept  1d 99.9 %  7d no outcome  objective 95 %" in "\n".join(drawn(scene, 100, 24))


def test_the_chosen_ticket_is_kept_while_the_list_moves() -> None:
    """By its id; where it has gone the first is chosen; what is chosen is on the screen."""
    many = [ticket(f"T{number:03}") for number in range(100)]
    scene = Scene("http://w", listing=listing(*many))
    scene.move(70)
    assert scene.chosen == "T070"
    scene.hear("list", listing(*many[30:]), 0.0)
    assert scene.place == 40
    (row,) = [line for line in drawn(scene, 80, 24) if line.startswith(">")]
    assert "T070" in row
    scene.move(1_000)
    assert scene.chosen == "T099"
    assert "T099" in "\n".join(drawn(scene, 80, 24))
    scene.hear("list", listing(*many[:3]), 0.0)
    scene.move(0)
    assert scene.chosen == "T000"


def test_amounts_are_short() -> None:
    """Two units, cut off; what is over has a sign."""
    seconds = (0, 59.9, 3600, -754, 90_061, 86_400)
    assert [span(one) for one in seconds] == ["0s", "59s", "1h", "-12m 34s", "1d 1h", "1d"]
    assert safe(None) == ""
    assert safe("a\x1bb" + "c" * 99).startswith("a·bccc")


class Terminal:
    """The command in a pseudo-terminal: what it wrote, and keys for it."""

    def __init__(self, url: str, *arguments: str, size: tuple[int, int] = (24, 80)) -> None:
        self._master, self.slave = pty.openpty()
        self.resize(*size)
        self.before = termios.tcgetattr(self.slave)
        env = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": os.pathsep.join(sys.path)}
        for name in ("COLUMNS", "LINES", "SLA_HTTP_TOKEN"):
            env.pop(name, None)
        command = [sys.executable, "-m", "streams", "top", "--url", url, *arguments]
        self.process = subprocess.Popen(
            command, stdin=self.slave, stdout=self.slave, stderr=subprocess.PIPE, env=env
        )
        self.written = ""
        asyncio.get_running_loop().add_reader(self._master, self._read)

    def _read(self) -> None:
        self.written += os.read(self._master, 65_536).decode("utf-8", "replace")

    def resize(self, rows: int, columns: int) -> None:
        """Change the window."""
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, keys: str) -> None:
        """Type; what is awaited afterwards was written afterwards."""
        self.written = ""
        os.write(self._master, keys.encode())

    async def shows(self, words: str) -> str:
        """Wait until it has written these words."""
        async with asyncio.timeout(60):
            while words not in (text := ESCAPES.sub("", self.written)):
                assert self.process.poll() is None, (text, self.error())
                await asyncio.sleep(0.02)
        return text

    def error(self) -> str:
        """Give what went to stderr, once it has ended."""
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()

    async def ended(self) -> int:
        """Wait for its end; give the status."""
        return await asyncio.to_thread(self.process.wait, 60)

    def close(self) -> None:
        """Clear up."""
        asyncio.get_running_loop().remove_reader(self._master)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()
        os.close(self._master)
        os.close(self.slave)


@asynccontextmanager
async def terminal(url: str, *arguments: str) -> AsyncIterator[Terminal]:
    """Run it in a terminal of 80x24."""
    shown = Terminal(url, *arguments)
    try:
        yield shown
    finally:
        shown.close()


async def test_keys_choose_explain_search_and_quit_and_the_terminal_is_as_it_was() -> None:
    """Full screen and back; R33 for the chosen ticket."""
    worker = several()
    async with serve(worker, "127.0.0.1", 0) as url, terminal(url) as shown:
        assert "q quit" in await shown.shows("urgent")
        assert "\x1b[?1049h" in shown.written
        shown.press("j\r")
        assert "Ticket " in await shown.shows("policies version")
        shown.press("\x1b")
        await shown.shows("Enter explain")
        shown.press("/zzz\x7f\r")
        await shown.shows("of 0;")
        shown.press("r")
        await shown.shows("only: at risk")
        shown.press("q")
        assert await shown.ended() == 0
        assert termios.tcgetattr(shown.slave) == shown.before
        await asyncio.sleep(0.1)
        assert "\x1b[?1049l" in shown.written
        assert shown.error() == ""


async def test_a_worker_that_goes_away_is_asked_again() -> None:
    """What was heard last stays on the screen, with its age; then the worker is back."""
    worker = several()
    async with AsyncExitStack() as stack:
        async with serve(worker, "127.0.0.1", 0) as url:
            shown = await stack.enter_async_context(terminal(url))
            await shown.shows("urgent")
        port = int(url.rpartition(":")[2])
        assert "urgent" in (await shown.shows("asked again"))
        shown.resize(12, 50)
        shown.press("j")
        await shown.shows("no answer for ")
        async with serve(worker, "127.0.0.1", port):
            async with asyncio.timeout(60):
                while "no answer" in shown.written or "urgent" not in shown.written:
                    shown.written = ""
                    await asyncio.sleep(1.2)
            shown.process.terminate()
            assert await shown.ended() == 0
            assert termios.tcgetattr(shown.slave) == shown.before


async def test_who_is_refused_is_told_so_and_it_ends() -> None:
    """No token: words on stderr, status 1, and the terminal is as it was."""
    async with serve(several(), "127.0.0.1", 0, TOKEN) as url, terminal(url) as shown:
        assert await shown.ended() == 1
        assert termios.tcgetattr(shown.slave) == shown.before
        assert "SLA_HTTP_TOKEN" in shown.error()
