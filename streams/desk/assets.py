"""The page's own files, read once: they come with the program."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from aiohttp import web

from streams.desk.answer import SECURE, error

FOLDER = Path(__file__).with_name("page")
INDEX = "index.html"
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file; `tag` changes with its content."""

    body: bytes
    type: str
    tag: str

    def answer(self, request: web.Request) -> web.Response:
        """Give it; or nothing but the word that it is the same as before."""
        headers = {**SECURE, "Cache-Control": "no-cache", "ETag": self.tag}
        if request.headers.get("If-None-Match") == self.tag:
            return web.Response(status=304, headers=headers)
        return web.Response(
            body=self.body, content_type=self.type, charset="utf-8", headers=headers
        )


def load(folder: Path = FOLDER) -> dict[str, Asset]:
    """Read the files of a folder that are of TYPES, by name."""
    found = {}
    for path in sorted(folder.iterdir()):
        if path.suffix in TYPES:
            body = path.read_bytes()
            tag = f'"{sha256(body).hexdigest()[:32]}"'
            found[path.name] = Asset(body, TYPES[path.suffix], tag)
    return found


class Assets:
    """Hands the files out."""

    def __init__(self) -> None:
        self._files = load()

    async def index(self, request: web.Request) -> web.StreamResponse:
        """Give the page."""
        return self._files[INDEX].answer(request)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Give a file of the page."""
        name = request.match_info["name"]
        if name not in self._files:
            return error(404, f"{request.path}: no such file")
        return self._files[name].answer(request)
