"""docs/adapters.md: the adapter that it shows works, named as it says."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

import pytest

from streams.gateway.hook import Hook, Unmappable
from streams.gateway.run import sources
from streams.gateway.signature import Refused
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "adapters.md").read_text("utf-8")


def test_the_adapter_on_the_page_reads_signed_hooks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Module and file as they stand there."""
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    (file,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    (folder := tmp_path / "acme").mkdir()
    (folder / "desk.py").write_text(code)
    (config := tmp_path / "gateway.yaml").write_text(file)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("ACME_SECRET", "s3cret")
    source = sources(config)["acme"]
    monkeypatch.delitem(sys.modules, "acme.desk")
    url, now = "https://acme.example/t/12", round(time.time())
    told = {"event": "status_changed", "event_id": "e9", "at": "2026-03-27T15:00:00Z"}

    def hook(**ticket: object) -> Hook:
        body = json.dumps({**told, "ticket": ticket}).encode()
        signed = source.adapter.scheme.sign(body, b"s3cret", str(now))  # type: ignore[attr-defined]
        return Hook(body, {"x-acme-signature": signed, "x-acme-time": str(now)}, now * 1000)

    good = hook(id=12, url=url, status="Waiting for customer")
    assert source.admit(good).at == now * 1000
    (event,) = source.events(good)
    assert (event.subject, event.data) == ("12", {"status": "pending", "desk": "acme"})
    with pytest.raises(Unmappable, match=r"but ticket\.id says"):
        source.events(hook(id=13, url=url, status="done"))
    with pytest.raises(Refused, match="does not fit"):
        source.admit(Hook(good.body + b" ", good.headers, good.received_at))
