"""`countersign doctor`: says what is wrong, and tries by a message of its own whether one arrives."""

import os
import sys
from typing import Any

import click

from bot.channels import CHANNELS
from bot.cli.ends import no_address, unusable
from bot.cli.lines import say
from handlers.channel import Channel


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for programs.")
@click.option(
    "--within",
    type=click.IntRange(1, 600),
    default=15,
    show_default=True,
    metavar="SECONDS",
    help="How long one part may take; all of them are looked at side by side.",
)
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool, within: int) -> None:
    """Say what is wrong, why it matters and what mends it.

    Every part looks at itself. Nothing that lasts is changed, and nobody is written to. Exit code 0 where nothing
    is wrong, 1 where something is or could not be looked at.
    """
    if ctx.invoked_subcommand is None:
        from bot.cli.examining import examine  # noqa: PLC0415

        examine(as_json=as_json, within=within)


def _command(channel: Channel[Any]) -> click.Command:
    @click.command(name=channel.name)
    @click.option("--send-test", "to", required=True, metavar="ADDRESS", help="Who gets a message that says so.")
    def command(*, to: str) -> None:
        _tried(channel, to)

    command.help = f"Send a test by {channel.name}, step by step."
    return command


for each in CHANNELS:
    if each.trial is not None:
        doctor.add_command(_command(each))


def _tried(channel: Channel[Any], to: str) -> None:
    """Exit code 0 where all steps went well, 1 where one failed. No other channel has to be set up for it."""
    from approvals.people.principals import principal  # noqa: PLC0415
    from approvals.refusals.errors import Refused  # noqa: PLC0415
    from bot.outside import outside  # noqa: PLC0415
    from bot.partly import partly  # noqa: PLC0415
    from bot.settings import SettingsError  # noqa: PLC0415

    try:
        address = principal(to)
    except Refused:
        no_address("--send-test", to)
    found = partly(os.environ, channels=CHANNELS, opened=(channel,))
    if found.problems:
        unusable(SettingsError(found.problems))
    chosen = channel.read(found.values)
    if chosen is None or channel.trial is None:
        unusable(click.ClickException(f"{channel.name} is not set up: set {channel.variables[0].name}"))
    failed = False
    for checked in channel.trial(chosen, outside(base_url=found.values["GOOGLE_API_BASE_URL"]), address):
        say(f"{checked.step}: {checked.trouble or 'ok'}")
        if checked.trouble:
            say(f"  {checked.advice}.")
        failed = failed or bool(checked.trouble)
    sys.exit(1 if failed else 0)
