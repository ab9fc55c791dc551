"""What is timed: for each metric, what its clock should be doing, read off the story.

The table is level-triggered: it says which state a clock *should* be in after an event, never
which event moves it. The engine compares that with the clock and takes the transitions between
(`clock.PATHS`). So a clock that a policy asks for late, or a story re-told after a late event,
needs no case of its own.

What the policy pauses (R15) is laid over what the rules say.
"""

from __future__ import annotations

from collections.abc import Callable

from streams.sla.clock import State
from streams.sla.policy import Policy, PolicySet
from streams.sla.record import record
from streams.sla.story import Story, Talk

LIVE = ("running", "paused")
"""States of a clock that has no end yet."""


@record(frozen=True, slots=True)
class Want:
    """A clock that should be: its state, its start in ms UTC, and the number of the run."""

    state: State
    started_at: int
    cycle: int = 1
    reason: str | None = None


def first_response(story: Story, policy: Policy) -> Want | None:
    """Run from the customer's first public word to the first public answer (R9).

    Where another ticket was merged into this one, the earlier of the two first words counts (R20).
    A ticket solved without an answer owes none: its clock is cancelled, neither met nor left to
    breach on a finished ticket. It goes on where the ticket is reopened unanswered.
    """
    if story.customer_at is None:
        return None
    talk = _talk(story, policy)
    since = talk.first_wait(story.customer_at)
    if talk.answered_at is not None:
        return Want("fulfilled", since)
    if story.solved:
        return Want("cancelled", since, reason="solved_unanswered")
    return Want("running", since)


def next_response(story: Story, policy: Policy) -> Want | None:
    """Run from the oldest unanswered customer message to the answer, or the solve (R10).

    What a customer writes on a solved ticket waits for the reopen: thanks need no answer.
    """
    talk = _talk(story, policy)
    if not talk.asked:
        return None
    if talk.waiting_since is None or story.solved:
        return Want("fulfilled", talk.waiting_since or 0, talk.asked)
    return Want("running", talk.waiting_since, talk.asked)


def periodic_update(story: Story, policy: Policy) -> Want | None:
    """Run from each public answer to the next, whatever the status (R11).

    The solve ends it without a verdict: no update is owed, and none was given.
    """
    talk = _talk(story, policy)
    if not talk.updates:
        return None
    if talk.updated_at is None:
        return Want("cancelled", 0, talk.updates, "solved")
    return Want("running", talk.updated_at, talk.updates)


def pausable_update(story: Story, policy: Policy) -> Want | None:
    """Run as `periodic_update` does, but not while pending (R11)."""
    return _standing_in(periodic_update(story, policy), story, ("pending",))


def total_resolution(story: Story, policy: Policy) -> Want | None:
    """Run while the ticket is not solved; a reopen goes on where the solve left off (R12)."""
    del policy
    if story.opened_at is None:
        return None
    return Want("fulfilled" if story.solved else "running", story.opened_at)


def first_resolution(story: Story, policy: Policy) -> Want | None:
    """Run until the ticket is solved for the first time, which is final (R12)."""
    del policy
    if story.opened_at is None:
        return None
    return Want("fulfilled" if story.ever_solved else "running", story.opened_at)


def resolution_cycle(story: Story, policy: Policy) -> Want | None:
    """Run while the ticket is not solved; each reopen is a cycle with a fresh target (R12)."""
    del policy
    if story.opened_at is None:
        return None
    started_at = story.opened_at if story.reopened_at is None else story.reopened_at
    return Want("fulfilled" if story.solved else "running", started_at, 1 + story.reopens)


def requester_wait(story: Story, policy: Policy) -> Want | None:
    """Run while the customer waits: new, open and on-hold (R13)."""
    return _standing_in(total_resolution(story, policy), story, ("pending",))


def agent_work(story: Story, policy: Policy) -> Want | None:
    """Run while an agent can work: new and open (R13)."""
    return _standing_in(total_resolution(story, policy), story, ("pending", "on_hold"))


def team_ownership(story: Story, policy: Policy) -> Want | None:
    """Run while one team holds the ticket unsolved, a cycle for each interval (R14)."""
    del policy
    if not story.tenures:
        return None
    if story.team_since is None or story.solved:
        return Want("fulfilled", story.team_since or 0, story.tenures)
    return Want("running", story.team_since, story.tenures)


RULES: dict[str, Callable[[Story, Policy], Want | None]] = {
    "first_response": first_response,
    "next_response": next_response,
    "periodic_update": periodic_update,
    "pausable_update": pausable_update,
    "total_resolution": total_resolution,
    "first_resolution": first_resolution,
    "resolution_cycle": resolution_cycle,
    "requester_wait": requester_wait,
    "agent_work": agent_work,
    "team_ownership": team_ownership,
}


def want(metric: str, story: Story, policy: Policy, policies: PolicySet) -> Want | None:
    """Tell what the metric's clock should be doing; None where there is nothing to time yet.

    A ticket that is gone (R20) ends every clock, cancelled, with the reason. What would run stands
    still where the policy says so (R15).
    """
    wanted = RULES[metric](story, policy)
    if wanted is None or wanted.state not in LIVE:
        return wanted
    if story.gone is not None:
        return Want("cancelled", wanted.started_at, wanted.cycle, story.gone)
    if _pauses(metric, story, policy, policies):
        return Want("paused", wanted.started_at, wanted.cycle)
    return wanted


def _pauses(metric: str, story: Story, policy: Policy, policies: PolicySet) -> bool:
    """Whether the policy stands the metric's clock still in the story's status (R15)."""
    if metric not in policy.pause.metrics or not policies.pauses(policy, story.status):
        return False
    return not (story.spoke_since_status and "customer_message" in policy.pause.resume_on)


def _talk(story: Story, policy: Policy) -> Talk:
    return story.anyone if policy.bots_answer else story.humans


def _standing_in(wanted: Want | None, story: Story, categories: tuple[str, ...]) -> Want | None:
    """Let a running clock stand still in some categories of status."""
    if wanted is None or wanted.state != "running" or story.category not in categories:
        return wanted
    return Want("paused", wanted.started_at, wanted.cycle)
