"""The gate: who may look.

On loopback no other name than this machine's is answered, so that no web page can reach in under a
name of its own (DNS rebinding). Where a token is set, it opens everything but the probes: as
`Authorization: Bearer`, or for people as a cookie that the login form gives. The cookie is not the
token but made from it, so that it opens any worker with that token and tells nobody what it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import sha256
from hmac import compare_digest, digest
from ipaddress import ip_address
from urllib.parse import quote, urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware

from streams.desk.answer import SECURE, error, page
from streams.desk.login import form

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

OPEN = ("/healthz", "/readyz", "/login")
"""Paths that need no token: probes have none, and the form is where one is given."""

ASSETS = "/assets/"
COOKIE = "sla-desk"
SAFE = "/?&=%+:;,@~!$'()*"
KEPT_SECONDS = 12 * 3600
WRONG_SECONDS = 0.5
"""What a wrong token costs whoever guesses."""


def is_local(host: str) -> bool:
    """Say whether a name or an address is this machine's own."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@web.middleware
async def local_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer only requests that name this machine."""
    try:
        name = urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        name = request.host
    if not is_local(name):
        message = f"host: {name!r}; this worker listens on loopback, ask for localhost"
        return error(403, message)
    return await handler(request)


class Gate:
    """Asks for a token."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        self._cookie = digest(self._token, b"sla desk, version 1", sha256).hex()

    @property
    def middleware(self) -> Middleware:
        """What stands before the handlers."""

        @web.middleware
        async def token_only(request: web.Request, handler: Handler) -> web.StreamResponse:
            # The page's files say nothing of anybody, and the form needs its style.
            if request.path in OPEN or request.path.startswith(ASSETS) or self._opens(request):
                return await handler(request)
            if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
                return page(form(request, request.path_qs), 401)
            return error(
                401,
                "token: missing or wrong; send the header Authorization: Bearer TOKEN, with the"
                " worker's SLA_HTTP_TOKEN",
                {"WWW-Authenticate": 'Bearer realm="sla-streams"'},
            )

        return token_only

    async def login(self, request: web.Request) -> web.StreamResponse:
        """Take the form: give the cookie and lead back, or show the form again."""
        told = await request.post()
        token, back = told.get("token"), told.get("next")
        target = back if isinstance(back, str) and _ours(back) else "/"
        if not isinstance(token, str) or not compare_digest(_bytes(token), self._token):
            await asyncio.sleep(WRONG_SECONDS)
            return page(form(request, target, wrong=True), 401)
        answer = web.Response(status=303, headers={**SECURE, "Location": quote(target, safe=SAFE)})
        secure = request.secure or request.headers.get("X-Forwarded-Proto") == "https"
        answer.set_cookie(
            *(COOKIE, self._cookie),
            max_age=KEPT_SECONDS,
            httponly=True,
            samesite="Strict",
            secure=secure,
        )
        return answer

    def _opens(self, request: web.Request) -> bool:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and compare_digest(_bytes(token.strip()), self._token):
            return True
        return compare_digest(_bytes(request.cookies.get(COOKIE, "")), self._cookie.encode())


def _bytes(text: str) -> bytes:
    """Give what a client sent, whatever it was: it may be no text."""
    return text.encode("utf-8", "surrogateescape")


def _ours(target: str) -> bool:
    """Whether a place to go to is on this worker: `//elsewhere` and its kin are not."""
    return target.startswith("/") and target[1:2] not in ("/", "\\") and target.isprintable()
