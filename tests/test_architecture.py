"""The arrows of the house: who may know whom. One that points upwards is a mistake."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

STREAMS = Path(__file__).parent.parent / "streams"

KNOWS: dict[str, set[str]] = {
    "sla": set(),
    "policies": {"sla"},
    "wire": {"sla"},
    "work": set(),
    "process": set(),
    "gateway": {"sla", "wire", "process", "history"},
    "notify": {"sla", "wire", "process", "work"},
    "history": {"sla", "wire", "policies", "process"},
    "insight": {"sla", "wire", "policies", "history", "process"},
    "report": {"sla", "wire", "policies", "history", "insight"},
    "desk": {"sla", "wire", "work", "process"},
    "worker": {"sla", "policies", "wire", "work", "process", "history", "desk"},
    "broker": set(),
    "demo": {"sla", "policies", "wire", "work", "history", "desk", "worker", "broker", "process"},
    "cli": {
        *("sla", "policies", "wire", "work", "history", "desk", "worker", "broker", "demo"),
        *("insight", "report", "process", "gateway", "notify"),
    },
}
"""Room → the other rooms that it may import."""

CLOCKS = {
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "monotonic"),
    ("time", "monotonic_ns"),
    ("time", "perf_counter"),
    ("time", "perf_counter_ns"),
    ("time", "localtime"),
    ("time", "gmtime"),
    ("time", "sleep"),
}


def modules(room: str) -> list[Path]:
    """List the modules of a room."""
    return sorted((STREAMS / room).rglob("*.py"))


def imports(tree: ast.AST, path: Path) -> Iterator[tuple[int, str]]:
    """Answer line and full name of each import, anywhere in the module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: a relative import hides its room"
            assert node.module
            if node.module == "streams":
                for alias in node.names:
                    yield node.lineno, f"streams.{alias.name}"
            else:
                yield node.lineno, node.module


def upward(room: str, tree: ast.AST, path: Path) -> list[str]:
    """Name the imports of a room that its arrows do not allow."""
    faults = []
    for line, name in imports(tree, path):
        first, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        # `streams` itself holds the version, no room.
        if first == "streams" and other in KNOWS and other != room and other not in KNOWS[room]:
            faults.append(f"{path}:{line}: {room} imports {name}")
    return faults


def impure(tree: ast.AST, path: Path) -> list[str]:
    """Name what the core must not do: ask a clock, open a file, log, print, start something."""
    faults = []
    for line, name in imports(tree, path):
        first = name.partition(".")[0]
        allowed = sys.stdlib_module_names | {"holidays", "streams"}
        doing = {"asyncio", "io", "logging", "os", "pathlib", "random", "socket", "subprocess"}
        doing |= {"threading", "time", "secrets", "shutil", "tempfile", "urllib"}
        if first not in allowed or first in doing:
            faults.append(f"{path}:{line}: imports {name}")
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="open" | "print" | "input" as what)):
                faults.append(f"{path}:{node.lineno}: calls {what}()")
            case ast.Attribute(value=ast.Name(id=owner), attr=what) if (owner, what) in CLOCKS:
                faults.append(f"{path}:{node.lineno}: asks the clock, {owner}.{what}")
            case ast.Attribute(attr="now" | "utcnow" | "today" as what):
                faults.append(f"{path}:{node.lineno}: asks the clock, .{what}")
            case _:
                pass
    return faults


def test_every_room_has_its_arrows() -> None:
    """A new room is a decision, and this table is where it is taken."""
    rooms = {path.parent.name for path in STREAMS.glob("*/*.py") if path.name != "__init__.py"}
    assert rooms == set(KNOWS)


@pytest.mark.parametrize("room", KNOWS)
def test_no_arrow_points_upwards(room: str) -> None:
    """A room imports those below it and no other."""
    assert modules(room)
    assert [
        fault
        for path in modules(room)
        for fault in upward(room, ast.parse(path.read_text("utf-8")), path)
    ] == []


def test_the_core_is_pure() -> None:
    """The meaning of a promise: standard library and `holidays`; no clock, no file, no log."""
    assert [
        fault
        for path in modules("sla")
        for fault in impure(ast.parse(path.read_text("utf-8")), path)
    ] == []


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("sla", "from streams.wire import topics"),
        ("sla", "import streams.wire.topics"),
        ("sla", "from streams import wire"),
        ("wire", "def f():\n    from streams.worker.settings import Settings"),
        ("work", "from streams.sla.engine import advance"),
        ("broker", "from streams.cli.failure import Failure"),
        ("worker", "from streams.cli.failure import Failure"),
    ],
)
def test_an_arrow_that_points_upwards_is_seen(room: str, line: str) -> None:
    """The check can fail, however the import is written."""
    assert upward(room, ast.parse(line), Path("x.py"))


@pytest.mark.parametrize(
    "line",
    [
        "import logging",
        "import orjson",
        "import time",
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "date.today()",
        "open('x')",
        "print(1)",
        "from pathlib import Path",
    ],
)
def test_an_impurity_is_seen(line: str) -> None:
    """The check can fail, at each kind of it."""
    assert impure(ast.parse(line), Path("x.py"))


@pytest.mark.parametrize("line", ["from holidays import country_holidays", "import zoneinfo"])
def test_what_is_pure_passes(line: str) -> None:
    """The check does not fail at everything."""
    assert impure(ast.parse(line), Path("x.py")) == []
