"""`sla kafka`: one line on stdout when it is up, and an orderly end."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.broker.ports import draw_port
from streams.broker.warm import warm
from streams.cli.main import sla


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_and_ends_in_order(tmp_path: Path, how: signal.Signals) -> None:
    """Ready: the bootstrap address on stdout, alone. Ctrl-C and SIGTERM: exit status 0."""
    warm()
    port = draw_port()
    command = [sys.executable, "-m", "streams", "kafka", "--port", f"{port}", "--data", tmp_path]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as broker:
        assert broker.stdout
        assert broker.stderr
        assert broker.stdout.readline() == f"127.0.0.1:{port}\n"
        broker.send_signal(how)
        said = broker.stderr.read()

    assert broker.returncode == 0
    assert "Kafka has stopped." in said
    assert "Traceback" not in said
    assert (tmp_path / "data" / ".kafka_cleanshutdown").exists()


def test_a_port_in_use_fails_with_words() -> None:
    """Exit status 1; the port and the fix on stderr, nothing on stdout."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = CliRunner().invoke(sla, ["kafka", "--port", f"{port}"])

    assert result.exit_code == 1
    assert result.stdout == ""
    assert f"port {port}" in result.stderr
    assert "name another port" in result.stderr


def test_a_port_that_is_none_is_a_usage_error() -> None:
    """Exit status 2, as for any option that does not parse."""
    assert CliRunner().invoke(sla, ["kafka", "--port", "70000"]).exit_code == 2


def test_help_has_an_example() -> None:
    """As the help of every command has."""
    assert "Example: sla kafka" in CliRunner().invoke(sla, ["kafka", "--help"]).stdout
