"""What a webhook of the operator's gets is what the schema says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from streams.notify.channels.webhook import body
from streams.notify.render import Renderer
from tests.notify.parts import EXAMPLES, example, one_route
from tests.notify.test_channels import AT, breach, ending
from tests.schemas.shelf import errors

NOTED = [path for path in EXAMPLES if "detected_at" in orjson.loads(path.read_bytes())["data"]]


@pytest.mark.parametrize("path", NOTED, ids=lambda path: f"{path.parts[-4]}/{path.stem}")
def test_every_event_that_is_told_makes_a_notice_that_validates(path: Path) -> None:
    """One by one."""
    file = one_route()
    event = example(path.parts[-4].removeprefix("sla."), path.stem)
    said = body(Renderer(file).message(file.routes[0], event, AT))
    assert errors("notice", orjson.loads(said)) == []


def test_digests_endings_and_repeats_validate_too() -> None:
    """Whatever else is said."""
    file, opened = one_route(), breach()
    digest = Renderer(file).digest(file.routes[0], [*opened.events] * 3, "digest-1", AT)
    for message in (digest, ending(opened, None), replace(opened, repeat=True)):
        assert errors("notice", orjson.loads(body(message))) == []
