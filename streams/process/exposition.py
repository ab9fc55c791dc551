"""The metrics as text: the format that was asked for, compressed where that is wanted.

Decisions: of the formats that are asked for the one with the highest `q` counts, then the first;
where anything will do, and where nothing is known, it is the text format that everybody reads. A
byte of 0 is replaced, wherever it came from: Prometheus would refuse the whole page for it.
"""

from __future__ import annotations

import gzip

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder, gzip_accepted

QUICKLY = 1
"""gzip's level: the text is repetitive, and the scrape runs between two units of work."""

NUL, UNKNOWN = b"\0", "\ufffd".encode()

FORMATS = {
    "application/openmetrics-text": ("", "1.0.0"),
    "text/plain": ("", "0.0.4", "1.0.0"),
    "text/*": ("",),
    "*/*": ("",),
}
"""Versions by media type."""


def expose(
    registry: CollectorRegistry, accept: str, encodings: str
) -> tuple[bytes, dict[str, str]]:
    """Give body and headers for the request's `Accept` and `Accept-Encoding`."""
    encode, content_type = choose_encoder(_preferred(accept))
    body = encode(registry).replace(NUL, UNKNOWN)
    headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
    if gzip_accepted(encodings):
        body = gzip.compress(body, QUICKLY)
        headers["Content-Encoding"] = "gzip"
    return body, headers


def _preferred(accept: str) -> str:
    """Give the known format that is wanted most, as it was asked for; "" where there is none.

    The library takes the first that it knows, whatever its `q`, and fails at a version in words.
    """
    known: list[tuple[float, str]] = []
    for asked in accept.split(","):
        name, *told = (part.strip().lower() for part in asked.split(";"))
        settings = dict(part.split("=", 1) for part in told if "=" in part)
        share = _share(settings.pop("q", "1"))
        if share and settings.get("version", "") in FORMATS.get(name, ()):
            known.append((share, asked.strip().lower()))
    return max(known, key=lambda one: one[0], default=(0, ""))[1]


def _share(told: str) -> float:
    """Read a `q`; what is no number counts as none was given."""
    try:
        return float(told)
    except ValueError:
        return 1.0
