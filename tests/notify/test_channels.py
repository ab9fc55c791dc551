"""Each channel against its far side: shape, keys, repeats, endings, and what goes wrong."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.notify.channel import Channel
from streams.notify.channels.slack import blocks
from streams.notify.channels.teams import LARGEST, posted
from streams.notify.channels.webhook import signed
from streams.notify.file import File, open_file
from streams.notify.message import Message
from streams.notify.render import Opening, Renderer
from streams.notify.run import channels
from streams.process.calling import Permanent, Temporary
from streams.process.problem import BadFile
from streams.wire.instant import parse
from tests.far.alertmanager import Alertmanager
from tests.far.pagerduty import KEY, PagerDuty
from tests.far.side import FarSide, Misbehaviour
from tests.far.slack import POST, TOKEN, Slack
from tests.far.teams import POSTED, Teams
from tests.far.webhook import SECRET, Webhook
from tests.notify.parts import EXAMPLES, example, one_route

AT = parse("2026-03-27T08:48:00Z")
SENT: dict[str, tuple[type[FarSide], str]] = {
    "slack hook": (Slack, "type: slack\n    address: {env: T_HOOK}"),
    "slack bot": (Slack, "type: slack\n    token: {env: T_BOT}\n    channel: C1\n    base: URL"),
    "pagerduty": (PagerDuty, "type: pagerduty\n    key: {env: T_KEY}\n    base: URL"),
    "alertmanager": (Alertmanager, "type: alertmanager\n    address: URL\n    labels: {site: a}"),
    "teams": (Teams, "type: teams\n    address: {env: T_HOOK}"),
    "webhook": (Webhook, "type: webhook\n    address: URL/in\n    secret: {env: T_SIGN}"),
}
Sender = Callable[[Message], str | None]


def written(folder: Path, channel: str) -> Path:
    """Write a file with one channel and one route."""
    path = folder / "notify.yaml"
    path.write_text(
        f"version: 1\nchannels:\n  one:\n    {channel}\nroutes:\n- name: all\n  to: one\n"
    )
    return path


def send(path: Path, *messages: Message) -> list[str | None]:
    """Send messages by the file's one channel; give the receipts."""

    async def run() -> list[str | None]:
        file: File = open_file(path)
        async with channels(path, file) as made:
            channel: Channel = made["one"]
            return [await channel.send(message) for message in messages]

    return asyncio.run(run())


@pytest.fixture(params=SENT)
def far(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Any, Path]]:
    """Start a far side and write the file for it."""
    fake, channel = SENT[request.param]
    with fake() as side:
        for name, value in {
            "T_HOOK": getattr(side, "hook", "-"),
            "T_BOT": TOKEN,
            "T_KEY": KEY,
            "T_SIGN": SECRET,
        }.items():
            monkeypatch.setenv(name, value)
        yield side, written(tmp_path, channel.replace("URL", side.url))


def breach(at: int = AT) -> Message:
    """Render a breach."""
    file = one_route()
    message = Renderer(file).message(file.routes[0], example("breached", "deadline-passed"), at)
    assert isinstance(message, Message)
    return message


def ending(opened: Message, receipt: str | None) -> Message:
    """Render what ends it."""
    file = one_route()
    opening = Opening(opened.about, receipt, opened.at)
    event = example("fulfilled", "late")
    return Renderer(file).end(file.routes[0], event, opening, "end", AT + 60_000)


def test_all_that_can_be_said_has_the_form_of_its_far_side(far: tuple[Any, Path]) -> None:
    """Each of the schemas' examples, and what ends a breach."""
    side, path = far
    file = one_route()
    texts = [
        Renderer(file).message(file.routes[0], one, AT)
        for one in (example(p.parts[-4].removeprefix("sla."), p.stem) for p in EXAMPLES)
        if "detected_at" in one["data"]
    ]
    assert len(texts) > 5
    opened = breach()
    receipts = send(path, *texts, opened)
    send(path, ending(opened, receipts[-1]))

    assert side.faults == []
    assert len(side.seen) == len(texts) + 2


def test_what_went_wrong_on_the_way_is_told_apart(far: tuple[Any, Path]) -> None:
    """Whether it may come later, and whether it may have arrived."""
    side, path = far
    for wrong, doubtful, wait in (
        (Misbehaviour("500"), True, None),
        (Misbehaviour("429", seconds=7), False, 7.0),
        (Misbehaviour("503", seconds=7), False, 7.0),
        (Misbehaviour("reset"), True, None),
        (Misbehaviour("reset", after=True), True, None),
        (Misbehaviour("half", after=True), True, None),
        (Misbehaviour("401"), False, None),
        (Misbehaviour("404"), False, None),
    ):
        side.misbehave(wrong)
        with pytest.raises(Temporary) as fault:
            send(path, breach())
        assert (fault.value.doubtful, fault.value.retry_after) == (doubtful, wait), wrong
        for secret in (KEY, TOKEN, SECRET, "hooksecret", "teamssecret"):
            assert secret not in str(fault.value)
    assert side.faults == []


def test_what_is_said_again_is_one_thing_where_the_far_side_knows_keys() -> None:
    """Elsewhere it bears a sign."""
    again = replace(breach(), repeat=True)
    assert blocks(again)[0] != blocks(breach())[0]


def test_a_pager_is_called_once_and_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One incident for a breach however often it is told; its end ends that one."""
    monkeypatch.setenv("T_KEY", KEY)
    with PagerDuty() as side:
        path = written(tmp_path, f"type: pagerduty\n    key: {{env: T_KEY}}\n    base: {side.url}")
        opened = breach()
        send(path, opened, replace(opened, repeat=True))
        assert dict(side.pages) == {opened.about: 1}
        send(path, ending(opened, None))
        assert (side.open, side.resolved) == (set(), {opened.about})
        long = replace(opened, about="x" * 300)
        send(path, long, replace(ending(opened, None), about="x" * 300))
    assert side.open == set()
    assert side.faults == []


def test_an_alert_ends_by_the_labels_that_it_began_with(tmp_path: Path) -> None:
    """Though what ends it is another event, with other words; and whatever the clocks say."""
    with Alertmanager() as side:
        path = written(tmp_path, f"type: alertmanager\n    address: {side.url}")
        opened = breach()
        receipts = send(path, opened, opened)
        assert receipts[0] == receipts[1]
        assert len(side.firing(AT)) == 1
        assert side.firing(AT + 2 * 86_400_000) == []
        send(path, ending(opened, receipts[0]))
    assert len(side.alerts) == 1
    assert side.firing(AT + 60_000) == []
    assert side.faults == []


def test_what_ends_a_bots_message_goes_into_its_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is shown in the channel too."""
    monkeypatch.setenv("T_BOT", TOKEN)
    with Slack() as side:
        channel = f"type: slack\n    token: {{env: T_BOT}}\n    channel: C1\n    base: {side.url}"
        path = written(tmp_path, channel)
        opened = breach()
        (receipt,) = send(path, opened)
        send(path, ending(opened, receipt))
    assert side.posts[1]["thread_ts"] == "1.000000"
    assert side.faults == []


def test_a_wrong_token_waits_for_a_person_and_is_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack answers 200 to that."""
    monkeypatch.setenv("T_BOT", "xoxb-wrong")
    with Slack() as side:
        channel = f"type: slack\n    token: {{env: T_BOT}}\n    channel: C1\n    base: {side.url}"
        with pytest.raises(Temporary, match="invalid_auth") as fault:
            send(written(tmp_path, channel), breach())
    assert "xoxb" not in str(fault.value)


def test_a_wrong_key_of_a_pager_is_refused_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the key is not told."""
    monkeypatch.setenv("T_KEY", "f" * 32)
    with PagerDuty() as side:
        path = written(tmp_path, f"type: pagerduty\n    key: {{env: T_KEY}}\n    base: {side.url}")
        with pytest.raises(Permanent, match="routing_key") as fault:
            send(path, breach())
    assert "f" * 32 not in str(fault.value)


def test_secrets_that_are_not_there_are_told_together(tmp_path: Path) -> None:
    """By channel and by the variable's name."""
    path = tmp_path / "notify.yaml"
    path.write_text(
        "version: 1\nchannels:\n  a: {type: pagerduty, key: {env: T_NO_A}}\n"
        "  b: {type: slack, address: {env: T_NO_B}}\nroutes:\n- {name: r, to: [a, b]}\n"
    )
    with pytest.raises(BadFile) as fault:
        send(path, breach())
    for told in ("channels.a", "T_NO_A", "channels.b", "T_NO_B"):
        assert told in str(fault.value)


@given(st.text(min_size=1, max_size=4000), st.text(max_size=5000))
def test_whatever_a_ticket_says_slack_takes_it_and_as_plain_text(title: str, text: str) -> None:
    """No mention, no link, no block too long."""
    said = replace(breach(), title="x" + title, text=text, link="https://a.example/<!channel>&")
    found = blocks(said)
    POST.validate({"text": "t", "blocks": found})
    for block in found:
        for element in block.get("elements", []):
            assert "<!" not in element["text"]


@given(st.text(min_size=1, max_size=4000), st.lists(st.text(max_size=900), max_size=90))
def test_whatever_a_ticket_says_teams_takes_it_and_as_plain_text(
    title: str, lines: list[str]
) -> None:
    """In text runs, which know no mark-up; and never more than it takes."""
    found = posted(replace(breach(), title="x" + title, text="\n".join(lines)))
    POSTED.validate(found)
    assert len(orjson.dumps(found)) <= LARGEST


def test_a_signature_is_that_of_the_specification() -> None:
    """Standard Webhooks' own example: its secret, id, time and body give its signature."""
    key = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    headers = signed([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
