"""Histories from a help desk's own API, page by page, whatever goes wrong on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.gateway.reconcile import pages, servicenow
from streams.gateway.reconcile.desk import desk
from streams.gateway.reconcile.fetching import fetching
from streams.history.export import ExportError, Row, Unreadable, object_row
from streams.history.importer import Importer
from streams.history.mapping import load_mapping
from streams.process.problem import BadFile
from tests.far.exports import TOKEN, Jira, ServiceNow, Zendesk
from tests.far.side import FarSide, Misbehaviour
from tests.gateway.reconcile.histories import HOUR, NOW, second, zendesk

FILE = """
version: 1
sources:
  desk:
    adapter: {adapter}
    secret: {{env: NOWHERE}}
    export: {{address: "{address}", login: {{token: {{env: T_EXPORT}}}}}}
"""


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T_EXPORT", TOKEN)
    monkeypatch.setattr(pages.backoff, "FIRST", 1)


def fetched(folder: Path, adapter: str, address: str) -> list[Row | Unreadable]:
    """Give the rows of a day."""
    (path := folder / "gateway.yaml").write_text(FILE.format(adapter=adapter, address=address))
    found = desk(path, "desk")

    async def run() -> list[Row | Unreadable]:
        async with fetching(path, "desk", found) as rows:
            return [row async for row in rows(NOW - 24 * HOUR, NOW)]

    return asyncio.run(run())


@pytest.fixture
def zen() -> Iterator[Zendesk]:
    """Start a Zendesk with five tickets of five audits."""
    with Zendesk(tickets=[zendesk(number) for number in range(1, 6)]) as side:
        yield side


def rows_of(address: str, objects: list[dict[str, Any]]) -> list[Row | Unreadable]:
    """Give rows as the mapping of Zendesk's tickets with their audits reads them."""
    shape = load_mapping("zendesk-audits", None).file
    return [object_row(address, place + 1, one, shape) for place, one in enumerate(objects)]


def issue(number: int) -> dict[str, Any]:
    """Make an issue with more changes and comments than a search tells."""
    histories = [
        {
            "id": str(number * 100 + place),
            "created": second(NOW - HOUR + place * 60_000),
            "items": [{"field": "status", "fromString": f"s{place}", "toString": f"s{place + 1}"}],
        }
        for place in range(5)
    ]
    comments = [
        {
            "id": str(place),
            "created": second(NOW - HOUR + place),
            "author": {"accountType": "atlassian"},
            "jsdPublic": True,
        }
        for place in range(3)
    ]
    fields = {
        "created": second(NOW - 2 * HOUR),
        "status": {"name": "s5"},
        "comment": {"comments": comments},
    }
    return {"key": f"OPS-{number}", "changelog": {"histories": histories}, "fields": fields}


def test_each_ticket_comes_once_with_all_its_audits(tmp_path: Path, zen: Zendesk) -> None:
    """Over pages of tickets and of audits; one that was deleted or has gone is passed over."""
    whole = list(zen.tickets)
    gone = {"ticket": {"id": 99, "status": "deleted"}, "audits": []}
    zen.tickets = [*whole[:3], gone, *whole[3:], whole[0]]
    assert fetched(tmp_path, "zendesk", zen.url) == rows_of(zen.url, whole)
    assert zen.faults == []


def test_what_goes_wrong_on_the_way_is_tried_again(tmp_path: Path, zen: Zendesk) -> None:
    """Nothing is missing, nothing is double."""
    zen.misbehave(
        Misbehaviour("500"), Misbehaviour("429"), Misbehaviour("reset"), Misbehaviour("half")
    )
    assert fetched(tmp_path, "zendesk", zen.url) == rows_of(zen.url, zen.tickets)


def test_a_desk_that_fails_on_is_told_and_so_is_one_that_knows_us_not(
    tmp_path: Path, zen: Zendesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the fix, and without the secret; who we are is asked once."""
    zen.misbehave(*[Misbehaviour("500")] * pages.TRIES)
    with pytest.raises(ExportError, match=r"it answers 500.*check `export:`"):
        fetched(tmp_path, "zendesk", zen.url)
    monkeypatch.setenv("T_EXPORT", "wrong-s3cret")
    before = len(zen.seen)
    with pytest.raises(ExportError, match="it answers 401") as fault:
        fetched(tmp_path, "zendesk", zen.url)
    assert len(zen.seen) == before + 1
    assert "s3cret" not in str(fault.value)


def test_a_next_page_elsewhere_is_not_fetched(tmp_path: Path, zen: Zendesk) -> None:
    """Our login would go there."""
    with FarSide() as other:
        zen.elsewhere = other.url
        with pytest.raises(ExportError, match="the next page would be at 127"):
            fetched(tmp_path, "zendesk", zen.url)
        assert other.seen == []


def test_what_a_search_cuts_off_of_an_issue_is_fetched(tmp_path: Path) -> None:
    """Half a history would be a wrong one: the mapping takes all rows."""
    with Jira(issues=[issue(number) for number in range(1, 6)]) as side:
        found = fetched(tmp_path, "jira", side.url)
        mapping = desk(tmp_path / "gateway.yaml", "desk").mapping
    assert side.faults == []
    assert [one.fields["key"] for one in found if isinstance(one, Row)] == [
        f"OPS-{number}" for number in range(1, 6)
    ]
    importer = Importer(mapping)
    told = [event.type for event in importer.events(found)]
    assert importer.tally.rejected == 0
    assert told.count("ticket.changed") == 25
    assert told.count("ticket.message") == 15


def test_a_record_comes_with_its_audit_and_a_short_page_is_not_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the account may not see leaves gaps."""
    monkeypatch.setattr(servicenow, "PAGE", 3)
    monkeypatch.setattr(servicenow, "TOGETHER", 2)
    ids = [f"{number:032x}" for number in range(7)]
    records: list[dict[str, Any] | None] = [
        {"sys_id": one, "number": f"INC{place:07}", "opened_at": "2026-03-27 15:00:00"}
        for place, one in enumerate(ids)
    ]
    audits: list[dict[str, Any] | None] = [
        {"documentkey": one, "tablename": "incident", "sys_id": f"{place:032x}"}
        for one in ids
        for place in range(4)
    ]
    records[1] = records[4] = None
    with ServiceNow(tables={"incident": records, "sys_audit": audits}) as side:
        found = fetched(tmp_path, "servicenow", side.url)
    assert side.faults == []
    rows = [one.fields for one in found if isinstance(one, Row)]
    assert [one["incident.sys_id"] for one in rows] == [ids[n] for n in (0, 2, 3, 5, 6)]
    assert {len(one["audit"]) for one in rows} == {4}


def test_a_source_without_an_api_is_told_with_the_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file does as well."""
    with pytest.raises(BadFile, match=r"has no API that is read.*name exports by --file"):
        fetched(tmp_path, "zammad", "https://a.example")
    monkeypatch.delenv("T_EXPORT")
    with pytest.raises(BadFile, match="T_EXPORT is not set"):
        fetched(tmp_path, "zendesk", "https://a.example")
