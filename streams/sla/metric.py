"""What is timed: for each metric, what its clock should be doing, read off the story.

The table is level-triggered: it says which state a clock *should* be in after an event, never
which event moves it. The engine compares that with the clock and takes the transitions between
(`clock.PATHS`). So a clock that a policy asks for late, or a story re-told after a late event,
needs no case of its own.

Pauses are the policy's affair (R15) and are laid over what stands here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from streams.sla.clock import State
from streams.sla.story import Story


@dataclass(frozen=True, slots=True)
class Want:
    """A clock that should be: its state, its start in ms UTC, and the number of the run."""

    state: State
    started_at: int
    cycle: int = 1
    reason: str | None = None


def first_response(story: Story) -> Want | None:
    """Run from the customer's first public word to the first public reply by a human (R9).

    A ticket solved without a reply owes none: its clock is cancelled, neither met nor left to
    breach on a finished ticket. It goes on where the ticket is reopened unanswered.
    """
    if story.customer_at is None:
        return None
    if story.answered_at is not None:
        return Want("fulfilled", story.customer_at)
    if story.solved:
        return Want("cancelled", story.customer_at, reason="solved_unanswered")
    return Want("running", story.customer_at)


def total_resolution(story: Story) -> Want | None:
    """Run while the ticket is not solved; a reopen goes on where the solve left off (R12)."""
    if story.opened_at is None:
        return None
    return Want("fulfilled" if story.solved else "running", story.opened_at)


RULES: dict[str, Callable[[Story], Want | None]] = {
    "first_response": first_response,
    "total_resolution": total_resolution,
}


def want(metric: str, story: Story) -> Want | None:
    """Tell what the metric's clock should be doing; None where there is nothing to time yet.

    A ticket that is gone (R20) ends every clock, cancelled, with the reason.
    """
    rule = RULES.get(metric)
    wanted = rule(story) if rule is not None else None
    if wanted is not None and story.gone is not None and wanted.state == "running":
        return Want("cancelled", wanted.started_at, wanted.cycle, story.gone)
    return wanted
