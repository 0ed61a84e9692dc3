"""Slack as a channel: everything that the program needs to know of it."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from handlers.channel import Channel, Equipment, Looked, Looking, Opened, Outside, Unusable
from handlers.slack import settings
from handlers.slack.settings import SlackSettings

if TYPE_CHECKING:
    from approvals.ports.examining import Diagnosis


def _open(chosen: SlackSettings, equipment: Equipment) -> Opened:
    from handlers.slack.opened import Slack  # noqa: PLC0415 - few commands of the command line need Bolt

    return Slack(chosen, equipment)


def _absent(chosen: SlackSettings, outside: Outside) -> Callable[[str], bool]:
    from handlers.slack.absent import absent  # noqa: PLC0415

    return absent(chosen, outside)


def _look(chosen: SlackSettings, looked: Looked) -> "Iterable[Diagnosis]":
    from handlers.slack.examining import look  # noqa: PLC0415

    return look(chosen, looked)


def _clock(chosen: SlackSettings) -> str:
    """Where Slack answers anybody."""
    return f"{chosen.api_url}api.test"


@click.command()
@click.option("--url", help="The public address of the service, for HTTP; without it: Socket Mode.")
@click.option("--command", default="/jit", show_default=True, help="The slash command.")
def manifest(*, url: str | None, command: str) -> None:
    """Print the manifest that creates the Slack app."""
    from handlers.slack.manifest import manifest as written  # noqa: PLC0415

    try:
        click.echo(written(url, command), nl=False)
    except ValueError as error:
        raise Unusable(str(error)) from error


SLACK = Channel(
    name=settings.SCHEME,
    variables=settings.VARIABLES,
    weak=settings.weak,
    missing=settings.missing,
    read=settings.read,
    open=_open,
    commands=(manifest,),
    hidden=settings.HIDDEN,
    absent=_absent,
    looking=Looking(part="slack", look=_look, clock=_clock),
)
