"""What peers need besides our own venv: a venv of theirs, and Java jobs built by Maven.

Both are made where they are missing or older than what they are made from, and kept.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click

HERE = Path(__file__).parent
PEERS = HERE / "peers"
VENV = HERE / ".venv-peers"
JDK = 17


class Lacking(RuntimeError):
    """A tool that is not there, or did not do its work; says what to do."""


def python() -> Path:
    """Give the Python of the peers' venv. Raises Lacking."""
    wanted, stamp = PEERS / "requirements.txt", VENV / ".ready"
    if not stamp.exists() or stamp.read_text() != wanted.read_text():
        click.echo(f"making {VENV}", err=True)
        shutil.rmtree(VENV, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(VENV)], HERE)
        pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        _run([*pip, "--disable-pip-version-check", "-r", str(wanted)], HERE)
        stamp.write_text(wanted.read_text())
    return VENV / "bin" / "python"


def java(peer: str) -> list[str]:
    """Build a Java job; give the command up to its main class. Raises Lacking."""
    folder = PEERS / peer
    runs = _jdk()
    sources = [folder / "pom.xml", *(folder / "src").iterdir(), *(PEERS / "clocks").iterdir()]
    stamp = folder / "target" / "ready"
    if not stamp.exists() or stamp.stat().st_mtime < max(one.stat().st_mtime for one in sources):
        click.echo(f"building {folder}", err=True)
        goals = ["clean", "compile", "dependency:copy-dependencies"]
        target = ["-DincludeScope=runtime", "-DoutputDirectory=target/libs"]
        _run(["mvn", "--quiet", "--batch-mode", *goals, *target], folder)
        stamp.touch()
    return [runs, "-cp", f"{folder}/target/classes:{folder}/target/libs/*"]


def _jdk() -> str:
    """Find Maven and a JDK; give its `java`."""
    home = os.environ.get("JAVA_HOME")
    path = f"{home}/bin:{os.environ['PATH']}" if home else os.environ["PATH"]
    found = {tool: shutil.which(tool, path=path) for tool in ("mvn", "javac", "java")}
    if lacking := [tool for tool, where in found.items() if not where]:
        raise Lacking(
            f"{', '.join(lacking)} not found: install Maven and a JDK {JDK} or newer "
            "(Debian: apt-get install maven openjdk-17-jdk-headless)"
        )
    said = subprocess.run([str(found["javac"]), "-version"], capture_output=True, check=True)
    version = (said.stdout or said.stderr).decode().split()[-1]
    if int(version.split(".")[0]) < JDK:
        raise Lacking(f"javac is {version}: install a JDK {JDK} or newer, or name it in JAVA_HOME")
    return str(found["java"])


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr)[-1500:]
        raise Lacking(f"{' '.join(command[:4])} … in {folder} failed: {said}")
