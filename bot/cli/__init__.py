"""The command line. Exit codes: 0 done, 1 refused or failed, 2 unusable arguments or settings, 130 interrupted."""

from collections import ChainMap
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from approvals.refusals.errors import CountersignError
from bot import __version__
from bot.channels import CHANNELS
from bot.cli import places
from bot.cli.ends import refused, unusable
from handlers.channel import Unusable

SECTIONS: Mapping[str, Mapping[str, str]] = {
    "For people (through the proxy, after `countersign login`)": places.PEOPLE,
    "For agents (where they run, with the key of their application)": places.AGENTS,
    "For operators (at the machine, with the settings of the service)": places.OPERATORS,
    "Keys, store, policy and proofs (at the machine)": places.THINGS,
}
"""Where every command of ours is, by who uses it and what that needs. Channels bring operators theirs."""

_PLACES = ChainMap(*map(dict, SECTIONS.values()))
_OF_CHANNELS = {each.name or "": each for channel in CHANNELS for each in channel.commands}


class _Main(click.Group):
    """Imports a command when it is asked for: a start of the service needs one of forty."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*_PLACES, *_OF_CHANNELS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if (place := _PLACES.get(cmd_name)) is None:
            return _OF_CHANNELS.get(cmd_name)
        module, _, name = place.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Unusable as error:
            unusable(error)
        except CountersignError as error:
            # Such as a store that fails in the middle of a command.
            refused(error)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List them by who uses them, and where."""
        limit = formatter.width - 6 - max(map(len, self.list_commands(ctx)))
        for title, section in SECTIONS.items():
            names = [*section, *(_OF_CHANNELS if section is places.OPERATORS else ())]
            with formatter.section(title):
                formatter.write_dl([(name, _short(self, ctx, name, limit)) for name in names])


def _short(group: click.Group, ctx: click.Context, name: str, limit: int) -> str:
    command = group.get_command(ctx, name)
    return command.get_short_help_str(limit) if command else ""


@click.group(cls=_Main, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="countersign")
def main() -> None:
    """Approvals for just-in-time privileged access on Google Cloud.

    `countersign demo` shows all of it on this machine, from a checkout. README.md says how to install it. Who asks
    and approves from a terminal begins with `countersign login`.
    """
