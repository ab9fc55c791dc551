"""Certificates for a test: an authority, and a server's certificate for the loopback address."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from streams.broker.ports import HOST


@dataclass(frozen=True)
class Certificates:
    """PEM files: the authority's certificate, the server's key and chain in one."""

    authority: Path
    server: Path


def make(folder: Path, name: str = HOST) -> Certificates:
    """Make an authority and a certificate of its own for the server called `name`."""
    if not shutil.which("openssl"):
        if os.environ.get("SLA_REQUIRE_OPENSSL"):
            pytest.fail("SLA_REQUIRE_OPENSSL is set, and there is no openssl on the PATH")
        pytest.skip("no openssl on the PATH to make certificates with")
    folder.mkdir()
    _openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
        *("-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem"),
        folder=folder,
    )
    _openssl(
        *("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=broker"),
        *("-keyout", "server.key", "-out", "server.csr"),
        folder=folder,
    )
    kind = "IP" if name == HOST else "DNS"
    (folder / "names").write_text(f"subjectAltName={kind}:{name}\n")
    _openssl(
        *("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key"),
        *("-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "server.crt"),
        folder=folder,
    )
    chain = folder / "server.pem"
    chain.write_text((folder / "server.key").read_text() + (folder / "server.crt").read_text())
    return Certificates(folder / "ca.pem", chain)


def _openssl(*arguments: str, folder: Path) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, check=True)
