"""`sla worker`: settings by flag, environment or file, and what it says where it cannot start."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.cli.main import sla
from tests.scenario import FOLDER

POLICIES = str(FOLDER / "policies.yaml")
NOBODY = "127.0.0.1:1"


def worker(*flags: str, env: dict[str, str] | None = None) -> Result:
    """Run a worker that cannot start."""
    return CliRunner(env=env or {}).invoke(sla, ["worker", *flags])


def test_a_broker_that_does_not_answer_is_said_in_words() -> None:
    """Exit status 1, the address and what to do."""
    done = worker("--policies", POLICIES, "--broker", NOBODY)
    assert done.exit_code == 1
    assert f"no broker answers at {NOBODY}" in done.stderr


def test_settings_may_come_from_the_environment() -> None:
    """Each flag is a variable."""
    done = worker(env={"SLA_POLICIES": POLICIES, "SLA_BROKER": "127.0.0.1:2"})
    assert done.exit_code == 1
    assert "no broker answers at 127.0.0.1:2" in done.stderr


def test_settings_may_come_from_a_file_and_flags_go_over_it(tmp_path: Path) -> None:
    """TOML, the flags' names with underscores."""
    file = tmp_path / "worker.toml"
    file.write_text(f'policies = "{POLICIES}"\nbroker = "127.0.0.1:3"\ncommit_interval = 0.2\n')
    assert "answers at 127.0.0.1:3" in worker("--config", str(file)).stderr
    over = worker("--config", str(file), "--broker", "127.0.0.1:4")
    assert "answers at 127.0.0.1:4" in over.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("brokr = 'x'\n", "brokr: 'x' is not a setting; did you mean broker?"),
        ("broker = \n", "not TOML"),
    ],
)
def test_a_settings_file_with_a_fault_is_refused_in_words(
    tmp_path: Path, text: str, words: str
) -> None:
    """The key, the value and the fix."""
    file = tmp_path / "worker.toml"
    file.write_text(text)
    done = worker("--config", str(file))
    assert done.exit_code == 1
    assert words in done.stderr


def test_a_settings_file_that_is_missing_is_refused_in_words(tmp_path: Path) -> None:
    """No traceback."""
    done = worker("--config", str(tmp_path / "nowhere.toml"))
    assert done.exit_code == 1
    assert "name a TOML file that can be read" in done.stderr


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--sasl-username", "u"), "SASL needs a mechanism, a user name and a password together"),
        (("--policies", "/nowhere.yaml"), "name a policies file that can be read"),
    ],
)
def test_what_does_not_go_together_is_said(flags: tuple[str, ...], words: str) -> None:
    """Exit status 1."""
    done = worker("--policies", POLICIES, "--broker", NOBODY, *flags)
    assert done.exit_code == 1
    assert words in done.stderr


def test_a_number_out_of_range_is_a_mistake_of_usage() -> None:
    """Exit status 2, and click's words."""
    done = worker("--policies", POLICIES, "--commit-interval", "0")
    assert done.exit_code == 2
    assert "commit-interval" in done.stderr
