"""What a text of the policies file could not be read as, and how to mend it."""

from __future__ import annotations


class Misread(ValueError):  # it says what happened
    """A value that means nothing here; says what is wrong with it and what to write instead."""

    def __init__(self, what: str, fix: str) -> None:
        """Keep the two halves apart, for whoever adds the line and the field."""
        super().__init__(f"{what}; fix: {fix}")
        self.what = what
        self.fix = fix
