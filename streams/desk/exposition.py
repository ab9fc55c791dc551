"""The metrics as text: the format that was asked for, compressed where that is wanted."""

from __future__ import annotations

import gzip

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder, gzip_accepted

QUICKLY = 1
"""gzip's level: the text is repetitive, and the scrape runs between two units of work."""


def expose(
    registry: CollectorRegistry, accept: str, encodings: str
) -> tuple[bytes, dict[str, str]]:
    """Give body and headers for the request's `Accept` and `Accept-Encoding`."""
    encode, content_type = choose_encoder(accept)
    body = encode(registry)
    headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
    if gzip_accepted(encodings):
        body = gzip.compress(body, QUICKLY)
        headers["Content-Encoding"] = "gzip"
    return body, headers
