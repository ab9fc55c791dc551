"""The command group. Commands load on first use, so that `sla --help` stays instant."""

from __future__ import annotations

from importlib import import_module

import click

from streams import __version__
from streams.cli.early import leave_when_asked

COMMANDS = {
    "advise": ("streams.cli.advise:advise", "What to promise: targets that would have been kept."),
    "demo": ("streams.cli.demo:demo", "Watch real tickets run through a real, embedded Kafka."),
    "dlq": ("streams.cli.dlq:dlq", "Look at rejected records; put mended ones back."),
    "explain": ("streams.cli.explain:explain", "How every deadline of a ticket came about."),
    "import": ("streams.cli.import_:import_", "Turn a CSV export into ticket events."),
    "kafka": ("streams.cli.kafka:kafka", "Run the embedded Kafka alone, for development."),
    "plan": ("streams.cli.plan:plan", "What other policies would have made of a history."),
    "policies": (
        "streams.cli.policies:policies",
        "Check a policies file; say what it would change.",
    ),
    "gateway": ("streams.cli.gateway:gateway", "Help desks' webhooks in, ticket events out."),
    "notify": ("streams.cli.notify:notify", "Breaches and warnings to chat, mail and pagers."),
    "gaming": ("streams.cli.gaming:gaming", "What can make a rate look better than the service."),
    "replay": ("streams.cli.replay:replay", "Ticket events in, SLA events out, by event time."),
    "report": ("streams.cli.report:report", "How the promises were kept, as one page."),
    "schedule": ("streams.cli.schedule:schedule", "Ask a schedule for deadlines and elapsed time."),
    "top": ("streams.cli.top:top", "The open clocks of a worker, nearest deadline first, live."),
    "topics": ("streams.cli.topics:topics", "Create and check the Kafka topics."),
    "worker": ("streams.cli.worker:worker", "Run the Faust worker."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands, in alphabetical order."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command, or answer None where there is none of that name."""
        where = COMMANDS.get(cmd_name)
        if where is None:
            return None
        # Their imports take longest, and they are what supervisors stop.
        if cmd_name in {"worker", "notify"}:
            ctx.call_on_close(leave_when_asked())
        module, attribute = where[0].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group(cls=LazyGroup)
@click.version_option(__version__, prog_name="sla")
def sla() -> None:
    """Keep the promise in sight: SLA clocks on ticket events, in Kafka.

    \b
    Example: sla replay --policies policies.yaml --summary events.ndjson
    """
