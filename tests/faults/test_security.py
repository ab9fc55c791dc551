"""TLS and SASL, right and wrong: a worker that may not in says so within seconds, and ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from streams.broker.ports import HOST, draw_port
from tests.faults import tls
from tests.faults.cluster import SECURE, TLS, Listener, Node
from tests.faults.flow import Flow, policies
from tests.faults.judge import Verdict
from tests.worker.rig import Rig

LONG = pytest.param("SCRAM-SHA-256", marks=pytest.mark.long)
Report = Callable[[Verdict], None]
PASSWORD = "correct-horse"
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;"


@dataclass(frozen=True)
class Fort:
    """A broker with three doors: open, TLS, TLS with SCRAM."""

    node: Node
    certificates: tls.Certificates
    secure: str
    tls: str


@pytest.fixture(scope="module")
def fort(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fort]:
    """Bring it up once for these tests."""
    folder = tmp_path_factory.mktemp("fort")
    certificates = tls.make(folder / "tls")
    secure, plain_tls = draw_port(), draw_port()
    settings = {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(certificates.server),
        "sasl.enabled.mechanisms": "SCRAM-SHA-256,SCRAM-SHA-512",
        "listener.name.secure.scram-sha-256.sasl.jaas.config": SCRAM,
        "listener.name.secure.scram-sha-512.sasl.jaas.config": SCRAM,
    }
    doors = Listener(SECURE, secure, secure), Listener(TLS, plain_tls, plain_tls)
    with Node(folder / "kafka", *doors, users={"worker": PASSWORD}, overrides=settings) as node:
        yield Fort(node, certificates, f"{HOST}:{secure}", f"{HOST}:{plain_tls}")


def scram(mechanism: str = "SCRAM-SHA-512", password: str = PASSWORD) -> list[str]:
    """Write the flags of a user."""
    flags = ["--sasl-mechanism", mechanism, "--sasl-username", "worker"]
    return [*flags, "--sasl-password", password]


@pytest.mark.parametrize("door", ["SCRAM-SHA-512", "TLS", LONG])
def test_the_whole_job_is_done_behind_tls(
    fort: Fort, tmp_path: Path, door: str, report: Report
) -> None:
    """R8: every client of the worker is let in, and what it says is what must be said."""
    rig = Rig(fort.node.bootstrap, "secure", tmp_path, policies(tmp_path), {})
    flags = ["--ssl-ca", str(fort.certificates.authority)]
    if door == "TLS":
        flags += ["--broker", fort.tls]
    else:
        flags += ["--broker", fort.secure, *scram(door)]
    try:
        rig.start(*flags)
        flow = Flow(rig)
        with flow.running():
            rig.until(lambda: len(rig.facts()) > 100, "at work")
        report(flow.judge(f"behind {door}"))
    finally:
        rig.close()


WRONG = {
    "password": "it refuses the SASL user 'worker'",
    "authority": "its certificate is not trusted",
    "no user": "if it wants SASL, give --sasl-mechanism",
    "mechanism": "it does not take the SASL mechanism PLAIN",
    "plain to TLS": "perhaps it wants TLS",
    "TLS to plain": "it does not speak TLS there",
    "wrong name": "name the authority that signed it with --ssl-ca, and the broker as",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_who_may_not_in_is_told_why_and_ends(fort: Fort, tmp_path: Path, wrong: str) -> None:
    """Exit status 1 and words: what is wrong, and what to look at; no traceback, no waiting."""
    ca = ["--ssl-ca", str(fort.certificates.authority)]
    match wrong:
        case "password":
            flags = ["--broker", fort.secure, *ca, *scram(password="wrong-horse")]
        case "authority":
            other = tls.make(tmp_path / "other").authority
            flags = ["--broker", fort.tls, "--ssl-ca", str(other)]
        case "no user":
            flags = ["--broker", fort.secure, *ca]
        case "mechanism":
            flags = ["--broker", fort.secure, *ca, *scram("PLAIN")]
        case "plain to TLS":
            flags = ["--broker", fort.tls]
        case "TLS to plain":
            flags = ["--broker", fort.node.bootstrap, *ca]
        case _:
            flags = ["--broker", fort.tls.replace(HOST, "localhost"), *ca]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "streams", "worker", "--http-port", "0", *flags),
            *("--policies", str(policies(tmp_path))),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    sys.stdout.write(done.stderr)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert WRONG[wrong] in done.stderr
