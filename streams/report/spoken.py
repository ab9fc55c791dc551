"""Which language the reader speaks."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("en", "fr")
"""Each has a file in `words`."""


def spoken(environment: Mapping[str, str]) -> str:
    """Choose a language by the variables of the locale, as programs do; English without one."""
    said = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    word = next((one for one in said if one), "")[:2].lower()
    return word if word in LANGUAGES else LANGUAGES[0]
