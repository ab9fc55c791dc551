"""Who may look: a token where one is set, through a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, CookieJar

from streams.desk.http import serve
from tests.desk.test_http import several

TOKEN = 's3cret é "quoted"'
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PAGE = {"Accept": "text/html,*/*"}
GUARDED = ["/", "/metrics", "/api/list", "/api/rates", "/api/stream", "/tickets/urgent", "/nothing"]


@asynccontextmanager
async def guarded(token: str | None = TOKEN) -> AsyncIterator[ClientSession]:
    """Serve with a token; give a client that keeps cookies."""
    jar = CookieJar(unsafe=True)
    async with (
        serve(several(), "127.0.0.1", 0, token) as url,
        ClientSession(url, cookie_jar=jar) as client,
    ):
        yield client


async def status(client: ClientSession, path: str, **headers: str) -> int:
    """Ask; give the status."""
    async with client.get(path, headers=headers, allow_redirects=False) as answer:
        return answer.status


@pytest.mark.parametrize("path", GUARDED)
async def test_without_the_token_nothing_is_told(path: str) -> None:
    """Safety: everything but the probes is guarded; the refusal says what to do."""
    wrong = ("", "Bearer", "Bearer wrong", "Basic czNjcmV0", f"Bearer {TOKEN}x", "Bearer \udcff")
    async with guarded() as client:
        for said in wrong:
            headers = {"Authorization": said} if said else {}
            async with client.get(path, headers=headers) as answer:
                assert answer.status == 401
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")
                text = await answer.text()
            assert "SLA_HTTP_TOKEN" in text
            assert "urgent" not in text
            assert TOKEN not in text


@pytest.mark.parametrize("path", ["/metrics", "/api/list", "/api/rates", "/tickets/urgent"])
async def test_with_the_token_everything_is_told(path: str) -> None:
    """As Prometheus and the command line send it."""
    async with guarded() as client:
        assert await status(client, path, **BEARER) == 200


async def test_probes_need_no_token() -> None:
    """A kubelet has none."""
    async with guarded() as client:
        assert await status(client, "/healthz") == 200
        assert await status(client, "/readyz") == 200


async def test_a_person_logs_in_once() -> None:
    """The form gives a cookie that no script reads, and leads to where he wanted to go."""
    async with guarded() as client:
        async with client.get("/?team=billing", headers=PAGE) as answer:
            assert (answer.status, answer.content_type) == (401, "text/html")
            form = await answer.text()
        assert 'action="/login"' in form
        assert 'value="/?team=billing"' in form
        told = {"token": TOKEN, "next": "/?team=billing"}
        async with client.post("/login", data=told, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/?team=billing")
            cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert "Secure" not in cookie
        assert "s3cret" not in cookie
        assert await status(client, "/api/list") == 200


async def test_behind_tls_the_cookie_goes_by_no_other_way() -> None:
    """A proxy that ends TLS says so."""
    async with guarded() as client:
        headers = {"X-Forwarded-Proto": "https"}
        told = {"token": TOKEN, "next": "/"}
        sent = client.post("/login", data=told, headers=headers, allow_redirects=False)
        async with sent as answer:
            assert "Secure" in answer.headers["Set-Cookie"]


async def test_a_wrong_token_opens_nothing_and_is_said() -> None:
    """In the reader's language; nor does a cookie that is not ours open anything."""
    async with guarded() as client:
        headers = {"Accept-Language": "fr-CH, en;q=0.5"}
        async with client.post("/login", data={"token": "guess"}, headers=headers) as answer:
            assert answer.status == 401
            assert "Set-Cookie" not in answer.headers
            assert "pas le bon jeton" in await answer.text()
        assert await status(client, "/api/list", Cookie="sla-desk=guess") == 401
        assert await status(client, "/api/list", Cookie="sla-desk=é") == 401


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil.example", "", "/\r\nX: y"]
)
async def test_the_form_leads_nowhere_else(back: str) -> None:
    """An open redirect would lend our name to others."""
    async with guarded() as client:
        told = {"token": TOKEN, "next": back}
        async with client.post("/login", data=told, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/")


async def test_what_stands_in_the_address_is_shown_as_text() -> None:
    """Safety: everything from outside is escaped."""
    path = '/x"><script>alert(1)</script>'
    async with guarded() as client, client.get(path, headers=PAGE) as answer:
        form = await answer.text()
    assert "<script>" not in form


async def test_without_a_token_the_form_is_not_there() -> None:
    """Nothing to log in to."""
    async with guarded(None) as client:
        async with client.post("/login", data={"token": "x"}) as answer:
            assert answer.status in (404, 405)
        assert await status(client, "/api/list") == 200


async def test_an_open_address_without_a_token_is_warned_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Safety: whoever reaches it may read tickets."""
    async with serve(several(), "0.0.0.0", 0):
        assert "SLA_HTTP_TOKEN" in caplog.text
    caplog.clear()
    async with serve(several(), "0.0.0.0", 0, TOKEN), serve(several(), "127.0.0.1", 0):
        assert caplog.text == ""
