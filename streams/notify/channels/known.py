"""The channels that are there, by the `type` that the file gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, assert_never

import aiohttp
from pydantic import Field

from streams.notify.channel import Channel
from streams.notify.channels import alertmanager, escalate, mail, pagerduty, slack, teams, webhook
from streams.notify.desks.known import Known as KnownDesk

Known = Annotated[
    alertmanager.Settings
    | escalate.Settings
    | mail.Settings
    | pagerduty.Settings
    | slack.Settings
    | teams.Settings
    | webhook.Settings,
    Field(discriminator="type"),
]


def make(
    name: str, told: Known, session: aiohttp.ClientSession, desks: Mapping[str, KnownDesk]
) -> Channel:
    """Make a channel; `desks` are those that the file describes. Raises NoSecret."""
    made: Channel
    match told:
        case alertmanager.Settings():
            made = alertmanager.make(name, told, session)
        case escalate.Settings():
            made = escalate.make(name, told, session, desks)
        case mail.Settings():
            made = mail.make(name, told)
        case pagerduty.Settings():
            made = pagerduty.make(name, told, session)
        case slack.Settings():
            made = slack.make(name, told, session)
        case teams.Settings():
            made = teams.make(name, told, session)
        case webhook.Settings():
            made = webhook.make(name, told, session)
        case _:
            assert_never(told)
    return made
