"""Questions to schedules as NDJSON: a line in, a line out, in order; a bad line is answered too.

Amounts are exact: `seconds` with more than three decimals is refused, not rounded. An `elapsed`
whose end is before its start is 0: no time has passed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from streams.policies.fault import PoliciesError, shown
from streams.policies.fields import meant
from streams.policies.load import schedule_of
from streams.sla.clock import target_ms
from streams.sla.duration import Duration, parse_duration
from streams.sla.instant import format_instant, parse_instant
from streams.sla.misread import Misread
from streams.sla.schedule import Schedule, ScheduleHorizonError

Question = dict[str, Any]

_KEPT = 1024
"""Schedules that are kept made, by their text."""

_EXAMPLE = '{"schedule": "24x7", "op": "deadline", "start": "2026-03-27T15:00:00Z", "seconds": 60}'


class Questions:
    """Answers questions; a schedule that comes again is not made again."""

    def __init__(self) -> None:
        """Start with no schedule known."""
        self._schedules: dict[str, Schedule] = {}

    def answer(self, line: bytes | str) -> str:
        """Answer a line of JSON by a line of JSON, `{"error": …}` where it cannot be answered."""
        try:
            reply: Question = self._answer(_parse(line))
        except Misread as error:
            reply = {"error": str(error)}
        except PoliciesError as error:
            reply = {"error": "; ".join(fault.say() for fault in error.faults)}
        except ScheduleHorizonError as error:
            reply = {"error": str(error)}
        except RecursionError:
            reply = {"error": f"nested too deeply; fix: write {_EXAMPLE}"}
        return json.dumps(reply, ensure_ascii=False)

    def _answer(self, question: Question) -> Question:
        op = question.get("op")
        if not isinstance(op, str) or op not in _OPS:
            raise _at("op", op, Misread("not a question", meant(str(op), _OPS)))
        return _OPS[op](self._schedule(question), question)

    def _schedule(self, question: Question) -> Schedule:
        if "schedule" not in question:
            raise Misread("schedule: missing", 'give its rules, or "24x7"')
        text = json.dumps(question["schedule"], default=str)
        schedule = self._schedules.get(text)
        if schedule is None:
            schedule = schedule_of(question["schedule"])
            if len(self._schedules) >= _KEPT:
                self._schedules.clear()
            self._schedules[text] = schedule
        return schedule


def deadline(schedule: Schedule, question: Question) -> Question:
    """Answer where `seconds` of active time, or a `duration` such as 2bd, end from `start` on."""
    start = _instant(question, "start")
    if "duration" in question and "seconds" not in question:
        duration = _duration(question["duration"])
        active = target_ms(duration, schedule, start)
    else:
        active = _milliseconds(question.get("seconds"))
    return {"deadline": format_instant(schedule.deadline(start, active))}


def elapsed(schedule: Schedule, question: Question) -> Question:
    """Answer how much active time lies between `start` and `end`."""
    start, end = _instant(question, "start"), _instant(question, "end")
    return {"elapsed_seconds": seconds_of(schedule.elapsed(start, max(start, end)))}


_OPS: dict[str, Callable[[Schedule, Question], Question]] = {
    "deadline": deadline,
    "elapsed": elapsed,
}


def seconds_of(ms: int) -> int | float:
    """Say milliseconds in seconds, whole where they are."""
    return ms / 1000 if ms % 1000 else ms // 1000


def milliseconds(number: Decimal | str) -> int:
    """Turn seconds into ms, exactly; Misread where they are finer, or are no amount."""
    try:
        amount = Decimal(number)
    except ArithmeticError:
        raise Misread("not a number of seconds", "write 3600 or 0.5") from None
    if not amount.is_finite() or amount < 0 or amount.adjusted() > _LARGEST:
        raise Misread("not an amount of seconds", "write a number of zero or more, below 1e15")
    ms = amount * 1000
    if ms != ms.to_integral_value():
        raise Misread("finer than a millisecond", "leave three decimals at most")
    return int(ms)


_LARGEST = 14
"""Digits of the seconds, less one."""


def _parse(line: bytes | str) -> Question:
    try:
        question = json.loads(line, parse_float=Decimal, parse_constant=_constant)
    except UnicodeDecodeError:
        raise Misread("not UTF-8", "send UTF-8") from None
    except json.JSONDecodeError as error:
        raise Misread(
            f"not JSON: {error.msg} at character {error.pos + 1}", f"write {_EXAMPLE}"
        ) from None
    except ValueError as error:
        raise Misread(f"not JSON: {error}", f"write {_EXAMPLE}") from None
    if not isinstance(question, dict):
        raise Misread("not a JSON object", f"write {_EXAMPLE}")
    return question


def _constant(name: str) -> None:
    message = f"{name} is no number of JSON"
    raise ValueError(message)


def _instant(question: Question, field: str) -> int:
    value = question.get(field)
    if not isinstance(value, str):
        error = Misread("not an instant", "write RFC 3339 text: 2026-03-27T15:00:00Z")
        raise _at(field, value, error)
    try:
        return parse_instant(value)
    except Misread as error:
        raise _at(field, value, error) from None


def _milliseconds(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        error = Misread("not a number of seconds", 'write "seconds": 3600')
        raise _at("seconds", value, error)
    try:
        return milliseconds(Decimal(value))
    except Misread as error:
        raise _at("seconds", value, error) from None


def _duration(value: object) -> Duration:
    if not isinstance(value, str):
        raise _at("duration", value, Misread("not a duration", 'write "duration": "2bd"'))
    try:
        return parse_duration(value)
    except Misread as error:
        raise _at("duration", value, error) from None


def _at(field: str, value: object, error: Misread) -> Misread:
    if value is None:
        return Misread(f"{field}: missing", error.fix)
    said = str(value) if isinstance(value, Decimal) else shown(value)
    return Misread(f"{field}: value {said}: {error.what}", error.fix)
