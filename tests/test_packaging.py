"""The package says what it needs, pins it by digest, and ships what it reads."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from streams import __version__

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PINS = {
    name: (ROOT / name).read_text("utf-8")
    for name in ("constraints.txt", "constraints-runtime.txt")
}
PIN = re.compile(
    r"^([A-Za-z0-9._-]+)==(\S+)((?: \\\n +--hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE
)


def pins(name: str) -> dict[str, tuple[str, str]]:
    """Read a file of pins: distribution to version and digests."""
    return {canonicalize_name(found[1]): (found[2], found[3]) for found in PIN.finditer(PINS[name])}


def declared(*extras: str) -> list[Requirement]:
    """Read what the project asks for, with these extras."""
    project = PROJECT["project"]
    texts = list(project["dependencies"])
    for extra in extras:
        texts += project["optional-dependencies"][extra]
    return [Requirement(text) for text in texts]


@pytest.mark.parametrize("name", PINS)
def test_a_file_of_pins_has_pins_alone(name: str) -> None:
    """Each with a digest: no index, no host, no path of the machine that made it."""
    lines = [line for line in PINS[name].splitlines() if line and not line.lstrip().startswith("#")]
    pinned = "".join(found[0] + "\n" for found in PIN.finditer(PINS[name]))
    comments = "".join(line for line in PINS[name].splitlines() if line.lstrip().startswith("#"))

    assert lines == pinned.splitlines()
    assert "://" not in comments
    assert not re.search(r"(^|\s)/\w", comments)


@pytest.mark.parametrize(
    ("name", "extras"),
    [("constraints.txt", ("demo", "dev")), ("constraints-runtime.txt", ())],
)
def test_the_pins_fulfil_what_the_project_asks_for(name: str, extras: tuple[str, ...]) -> None:
    """Every requirement has a pin, within its bounds."""
    found = pins(name)
    wanted = [*declared(*extras), *map(Requirement, PROJECT["build-system"]["requires"])]
    for requirement in wanted:
        version, _ = found[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version)


def test_the_worker_runs_on_the_pins_that_were_tested() -> None:
    """constraints-runtime.txt is a part of constraints.txt."""
    assert pins("constraints-runtime.txt").items() < pins("constraints.txt").items()


def test_what_the_code_imports_is_declared() -> None:
    """Nothing works only because something else happens to bring it along."""
    owners = packages_distributions()
    extras = ("demo", "insight")
    asked_for = {canonicalize_name(requirement.name) for requirement in declared(*extras)}
    for path in (ROOT / "streams").rglob("*.py"):
        for name in imported(path) - sys.stdlib_module_names - {"streams"}:
            owner = {canonicalize_name(owner) for owner in owners.get(name, [name])}
            # Pydantic's own core; pydantic pins it to the letter.
            assert owner & (asked_for | {"pydantic-core"}), f"{path} imports {name}"


def test_what_is_declared_is_imported() -> None:
    """A dependency that no one imports any more is one to drop."""
    used = {name for path in (ROOT / "streams").rglob("*.py") for name in imported(path)}
    owners = packages_distributions()
    provided = {canonicalize_name(owner) for name in used for owner in owners.get(name, [])}
    # tzdata is data: zoneinfo finds it where the system has none.
    assert {canonicalize_name(item.name) for item in declared("demo")} - {"tzdata"} <= provided


def imported(path: Path) -> set[str]:
    """Name the top-level packages that a module imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add((node.module or "").partition(".")[0])
    return names


def test_the_wheel_has_what_the_code_reads(tmp_path: Path) -> None:
    """Every file under streams/, code or not, is in it, and so is the licence."""
    quietly = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation"]
    source = source_copy(tmp_path / "src")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *quietly, "--wheel-dir", tmp_path, source],
        check=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as content:
        names = set(content.namelist())

    shipped = {
        f"{path.relative_to(ROOT)}"
        for path in (ROOT / "streams").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert shipped <= names
    assert f"sla_streams-{__version__}.dist-info/licenses/LICENSE" in names
    assert not [name for name in names if not name.startswith(("streams/", "sla_streams-"))]


def source_copy(to: Path) -> Path:
    """Copy what a build needs: it would leave its traces in the work tree."""
    to.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        (to / name).write_bytes((ROOT / name).read_bytes())
    for path in (ROOT / "streams").rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            copy = to / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    return to


def test_the_licence_is_whole() -> None:
    """Apache 2.0, from its title to its appendix."""
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert PROJECT["project"]["license"] == "Apache-2.0"


@pytest.mark.parametrize("name", ["Makefile", "Dockerfile"])
def test_pins_are_constraints_too_where_they_are_installed(name: str) -> None:
    """Else pip takes `coverage[toml]`, which names no pin, as new as there is."""
    text = (ROOT / name).read_text("utf-8").replace("\\\n\t", "")
    (found,) = re.findall(r"--require-hashes(.*)$", text, flags=re.MULTILINE)
    words = found.split()
    assert words[0::2] == ["-r", "-c"]
    assert words[1] == words[3]
