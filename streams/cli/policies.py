"""`sla policies`: check a policies file; say what it would change; print its JSON Schema."""

from __future__ import annotations

import json
from importlib import import_module

import click

from streams.cli.failure import Failure
from streams.policies import PoliciesError
from streams.policies import schema as schema_of
from streams.policies.load import check as check_text
from streams.policies.load import text_of


class Group(click.Group):
    """Loads `preview`, which talks to brokers, only where it is asked for: a check is instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands."""
        return sorted([*super().list_commands(ctx), "preview"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command."""
        if cmd_name == "preview":
            command: click.Command = import_module("streams.cli.preview").preview
            return command
        return super().get_command(ctx, cmd_name)


@click.group(cls=Group)
def policies() -> None:
    """Check a policies file; say what it would change; print its JSON Schema.

    \b
    Example: sla policies check policies.yaml
    """


@policies.command()
@click.argument("file", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print the normal form, not the summary.")
def check(file: str, *, as_json: bool) -> None:
    """Say what is wrong with FILE by line, field, value and fix; or that it is right.

    Exit status 0 where it can be used (there may be notes), 1 where it cannot.

    \b
    Example: sla policies check policies.yaml
    """
    try:
        checked = check_text(text_of(file), file)
    except PoliciesError as error:
        raise Failure(str(error)) from None
    for fault in checked.faults:
        click.echo(fault.say(file), err=True)
    found = checked.policies
    if found is None:
        count = len(checked.errors)
        raise Failure(f"{file}: {count} {'error' if count == 1 else 'errors'}")
    if as_json:
        click.echo(json.dumps(found.document, ensure_ascii=False, indent=2))
        return
    click.echo(f"OK: {file}, version {found.version}")
    click.echo("policies, in order:")
    for policy in found.policies:
        metrics = ", ".join(policy.targets)
        click.echo(f"  {policy.kind} {policy.name}: {metrics}, on {policy.schedule.name}")
    for schedule in found.schedules.values():
        click.echo(f"schedule {schedule.name}: {schedule.zone}")


@policies.command()
def schema() -> None:
    """Print the JSON Schema of the policies file, for your editor.

    \b
    Example: sla policies schema > policies.schema.json
    """
    click.echo(json.dumps(schema_of(), ensure_ascii=False, indent=2))
