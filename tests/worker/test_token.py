"""A real worker that asks for a token: what it tells whom, and that it tells nobody the token."""

from __future__ import annotations

import urllib.request

import pytest

from tests.worker.rig import Rig

TOKEN = "a-token-that-nobody-may-see"


def test_a_token_from_the_environment_guards_all_but_the_probes(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Safety: as SLA_HTTP_TOKEN; it stands in no log, on no page and in no metric."""
    monkeypatch.setenv("SLA_HTTP_TOKEN", TOKEN)
    rig.start("--log-level", "debug")
    assert rig.http("/healthz")[0] == 200
    told = []
    for path in ("/", "/metrics", "/api/list", "/api/rates", "/tickets/x"):
        status, text = rig.http(path)
        assert status == 401, path
        told.append(text)
        request = urllib.request.Request(
            f"http://127.0.0.1:{rig.ports[-1]}{path}", headers={"Authorization": f"Bearer {TOKEN}"}
        )
        if path != "/tickets/x":
            with urllib.request.urlopen(request) as answer:
                told.append(answer.read().decode())
    assert "sla_open_tickets" in "".join(told)
    assert rig.stop() == 0
    assert TOKEN not in "".join([*told, rig.log()])
