"""The worker's settings: by flag, by environment (`SLA_*`), or by a TOML file, in that order.

The names are one and the same: flag `--commit-interval`, variable `SLA_COMMIT_INTERVAL`, key
`commit_interval`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from streams.sla.events import Since

OPEN_CLOCKS: dict[str, Since | None] = {"keep": None, "from-now": "now", "from-start": "start"}
"""What `open_clocks` may be, and how an adoption is applied then."""


class SettingsError(ValueError):
    """A settings file that cannot be used; says which key, what is wrong and what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that the composition root needs to know.

    `open_clocks` says what a new version of the policies does to clocks that run: they keep theirs,
    or change to it from now on, or are counted again under it from their start (R18). Days for
    `forget_after`; seconds for `grace`, `commit_interval`, `tick_interval`, `session_timeout`.
    `clock_start` and `clock_origin` are ms UTC: the worker's clock shows the one when the machine
    shows the other, and runs `clock_rate` times as fast. `ssl` and the `sasl_*` settings are those
    of Kafka clients. With `http_token` nobody looks in without it; an empty one is none.
    """

    broker: str
    policies: Path
    app_id: str = "sla-streams"
    topic_prefix: str = ""
    http_host: str = "127.0.0.1"
    http_port: int = 6066
    http_token: str | None = field(default=None, repr=False)
    open_clocks: str = "keep"
    grace: float = 0.0
    forget_after: float | None = None
    commit_interval: float = 0.1
    tick_interval: float = 0.1
    session_timeout: float = 10.0
    instance_id: str | None = None
    replication: int = -1
    ssl: bool = False
    ssl_ca: Path | None = None
    sasl_mechanism: str | None = None
    sasl_username: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
    clock_start: int | None = None
    clock_origin: int | None = None
    clock_rate: float = 1.0
    log_level: str = "info"
    log_json: bool = False


def read_file(path: Path) -> dict[str, Any]:
    """Read a settings file. Raises SettingsError; values are checked where flags are."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        message = f"{path}: {fault.strerror}; name a TOML file that can be read"
        raise SettingsError(message) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        message = f"{path}: not TOML: {fault}"
        raise SettingsError(message) from None
    known = [one.name for one in fields(Settings)]
    for name, value in found.items():
        if name not in known:
            near = get_close_matches(name, known, 1)
            fix = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
            message = f"{path}: {name}: {value!r} is not a setting; {fix}"
            raise SettingsError(message)
    return found
