"""Logs: one line a record on stderr, coloured for a person or JSON for a collector."""

from __future__ import annotations

import logging
import sys

import structlog

QUIET = ("aiokafka", "faust", "mode", "aiohttp", "asyncio")
"""Libraries that are heard from warnings on: what they say of their routine is not ours."""

RETRIED = (
    'Unable connect to "%s:%s"',
    'Unable to request metadata from "%s:%s"',
    "Unable connect to node with id",
    "Unable to update metadata from",
    "Unable to request metadata from node",
    "Failed fetch messages from",
    "Failed fetch offsets from",
    "Got error produce response",
    "Cannot send %r to",
    "Could not send %r",
    "Error sending %s to node",
    "Group Coordinator Request failed",
    "Marking the coordinator dead",
    "Heartbeat session expired",
    "Heartbeat send request failed",
    "Heartbeat failed for group %s: coordinator",
)
"""How aiokafka's complaints begin that it deals with itself, by trying again, hundreds of times a
minute while a broker is away, some of them at each commit. That the brokers do not answer, and that
they do again, the work says itself, once. What ends in an error is raised, and so is told."""


def _worth_saying(record: logging.LogRecord) -> bool:
    """Leave out what Faust's services say of their coming and going, under our names too."""
    return record.levelno > logging.INFO or not str(record.msg).startswith("[^")


def _not_retried(record: logging.LogRecord) -> bool:
    """Leave out what the Kafka client will try again."""
    return not (record.name.startswith("aiokafka") and str(record.msg).startswith(RETRIED))


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
    if level != "debug":
        handler.addFilter(_not_retried)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # How late its own timers are is no affair of an operator.
    logging.getLogger("mode.timers").setLevel(logging.ERROR)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))
