"""The one way out when memory may be ahead of the log.

After a failed unit or a failed commit the rows in memory hold work that the log does not (fact 8).
Nothing here may be reused: the process says why, flushes what it logged and ends at once with code
70. The next process restores from the log, where the work is either whole or absent.
"""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from typing import NoReturn

EXIT_FATAL = 70

log = logging.getLogger(__name__)


def die(why: str, cause: BaseException | None = None) -> NoReturn:
    """End the process with code 70 after logging `why` and the traceback of `cause`."""
    log.critical(
        "%s; the process ends, the next one resumes from the last commit", why, exc_info=cause
    )
    flush_logs()
    os._exit(EXIT_FATAL)


def flush_logs() -> None:
    """Flush every log handler and both standard streams; errors are of no use any more."""
    loggers: list[logging.Logger] = [logging.getLogger()]
    loggers += [
        one for one in logging.Logger.manager.loggerDict.values() if isinstance(one, logging.Logger)
    ]
    for one in loggers:
        for handler in one.handlers:
            with suppress(Exception):
                handler.flush()
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
