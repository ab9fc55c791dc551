"""The one error of the demo; its message says what to do."""

from __future__ import annotations


class DemoFailed(RuntimeError):
    """The demo could not go on; the text says why, and what to do."""
