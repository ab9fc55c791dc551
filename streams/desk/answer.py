"""Answers: JSON, words, pages, each with the headers that keep them where they belong."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web

FRESH = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

SECURE = {
    **FRESH,
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'none'; connect-src 'self'; script-src 'self'; style-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
}
"""Of pages: they load what is ours, and nobody shows them in a frame."""


def json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Answer with JSON."""
    return web.Response(
        body=orjson.dumps(body, option=orjson.OPT_APPEND_NEWLINE),
        status=status,
        content_type="application/json",
        headers={**FRESH, **(headers or {})},
    )


def error(status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    """Say in words what is wrong."""
    return json({"error": message}, status, headers)


def page(text: str, status: int = 200) -> web.Response:
    """Answer with a page."""
    return web.Response(text=text, status=status, content_type="text/html", headers=SECURE)
