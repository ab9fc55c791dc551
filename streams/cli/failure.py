"""The one way in which a command fails: words on stderr, exit status 1, no traceback."""

from __future__ import annotations

import click


class Failure(click.ClickException):
    """The job could not be done; the message names the field, the value and the fix."""

    exit_code = 1
