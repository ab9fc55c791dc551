"""A receiver of the Standard Webhooks specification: verifies, and drops an id that it knows."""

from __future__ import annotations

import hmac
import time
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import Any

from tests.far.side import Answer, FarSide, Seen

SECRET = "whsec_" + b64encode(b"0123456789abcdef01234567").decode()


@dataclass
class Webhook(FarSide):
    """Verifies as a receiver of ours would, by the specification and not by our code."""

    taken: dict[str, Any] = field(default_factory=dict)
    repeats: int = 0

    def handle(self, seen: Seen) -> Answer:
        """Take a message."""
        id_, stamp = seen.headers["webhook-id"], seen.headers["webhook-timestamp"]
        assert abs(time.time() - int(stamp)) < 300, "its time is too far off"
        key = b64decode(SECRET.removeprefix("whsec_"))
        right = b64encode(hmac.digest(key, f"{id_}.{stamp}.".encode() + seen.raw, "sha256"))
        given = [one.removeprefix("v1,") for one in seen.headers["webhook-signature"].split(" ")]
        assert right.decode() in given, "no signature fits"
        assert seen.body["key"] == id_, "the id is the key"
        if id_ in self.taken:
            self.repeats += 1
            return 200, {"known": True}
        self.taken[id_] = seen.body
        return 200, {}
