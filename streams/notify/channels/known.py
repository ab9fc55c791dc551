"""The channels that are there, by the `type` that the file gives them."""

from __future__ import annotations

from typing import Annotated, assert_never

import aiohttp
from pydantic import Field

from streams.notify.channel import Channel
from streams.notify.channels import alertmanager, mail, pagerduty, slack, teams, webhook

Known = Annotated[
    alertmanager.Settings
    | mail.Settings
    | pagerduty.Settings
    | slack.Settings
    | teams.Settings
    | webhook.Settings,
    Field(discriminator="type"),
]


def make(name: str, told: Known, session: aiohttp.ClientSession) -> Channel:
    """Make a channel. Raises NoSecret."""
    match told:
        case alertmanager.Settings():
            return alertmanager.make(name, told, session)
        case mail.Settings():
            return mail.make(name, told)
        case pagerduty.Settings():
            return pagerduty.make(name, told, session)
        case slack.Settings():
            return slack.make(name, told, session)
        case teams.Settings():
            return teams.make(name, told, session)
        case webhook.Settings():
            return webhook.make(name, told, session)
        case _:
            assert_never(told)
