"""One performance: sample, plan, broker, stage; and the broker gone at its end."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rich.console import Console

from streams.broker import EmbeddedKafka, Progress
from streams.demo.failure import DemoFailed
from streams.demo.plan import plan
from streams.demo.sample import open_sample
from streams.demo.stage import Stage
from streams.demo.summary import Ending
from streams.demo.wishes import Wishes
from streams.history.replay import replay


def perform(wishes: Wishes, out: Console, words: Console, progress: Progress | None) -> Ending:
    """Run the demo; raises DemoFailed or BrokerError, in words.

    `out` takes the show, `words` what is said on the way; `progress` is told of fetched jars.
    """
    keep = _new_folder(wishes.keep)
    with open_sample() as sample:
        facts = replay((record.event for record in sample.records), sample.policies).facts
        chosen = plan([fact for _, fact in facts], wishes.rate)
        words.print("Kafka starts …")
        with EmbeddedKafka(keep / "kafka" if keep else None, progress=progress) as kafka:
            stage = Stage(sample, chosen, kafka.bootstrap, keep or kafka.folder, wishes)
            return asyncio.run(stage.run(out, words))


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
