"""Logs: one line a record on stderr, coloured for a person or JSON for a collector."""

from __future__ import annotations

import logging
import sys

import structlog

QUIET = ("aiokafka", "faust", "mode", "aiohttp", "asyncio")
"""Libraries that are heard from warnings on: what they say of their routine is not ours."""


def _worth_saying(record: logging.LogRecord) -> bool:
    """Leave out what Faust's services say of their coming and going, under our names too."""
    return record.levelno > logging.INFO or not str(record.msg).startswith("[^")


def configure(level: str, *, as_json: bool) -> None:
    """Send everything that the process logs to stderr, ours and the libraries'."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.format_exc_info,
    ]
    look: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, look],
        )
    )
    handler.addFilter(_worth_saying)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))
