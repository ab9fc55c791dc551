"""One performance: sample, plan, broker, stage; and the broker gone at its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from aiokafka.errors import KafkaError
from rich.console import Console

from streams.broker import EmbeddedKafka, Progress
from streams.demo.failure import DemoFailed
from streams.demo.plan import plan
from streams.demo.sample import open_sample
from streams.demo.stage import Stage
from streams.demo.summary import Ending
from streams.demo.wishes import Wishes
from streams.history.replay import replay
from streams.worker.preflight import PreflightError

FetchBar = Callable[[], AbstractContextManager[Progress | None]]


def perform(wishes: Wishes, out: Console, words: Console, fetching: FetchBar) -> Ending:
    """Run the demo; raises DemoFailed or BrokerError, in words.

    `out` takes the show, `words` what is said on the way; `fetching` shows the jars come in.
    """
    keep = _new_folder(wishes.keep)
    with open_sample() as sample:
        facts = replay((record.event for record in sample.records), sample.policies).facts
        chosen = plan([fact for _, fact in facts], wishes.rate)
        words.print("Kafka starts …")
        # The bar must have left the terminal before the live view comes.
        with fetching() as progress:
            kafka = EmbeddedKafka(keep / "kafka" if keep else None, progress=progress).start()
        try:
            stage = Stage(sample, chosen, kafka, keep or kafka.folder, wishes)
            return asyncio.run(stage.run(out, words))
        except (KafkaError, PreflightError) as error:
            message = f"Kafka did not do as it was asked: {error}"
            raise DemoFailed(message) from error
        finally:
            kafka.stop()


def _new_folder(keep: Path | None) -> Path | None:
    """Make the folder to keep things in; it must hold nothing, since old facts would be shown."""
    if keep is None:
        return None
    try:
        keep.mkdir(parents=True, exist_ok=True)
        taken = any(keep.iterdir())
    except OSError as error:
        message = f"--keep {keep}: cannot be made ({error.strerror}); name another folder"
        raise DemoFailed(message) from error
    if taken:
        message = f"--keep {keep}: is not empty; name a new folder"
        raise DemoFailed(message)
    return keep.absolute()
