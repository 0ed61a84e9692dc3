"""The command line. Exit codes: 0 done, 1 refused or failed, 2 unusable arguments or settings, 130 interrupted."""

import gc
import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import click

from approvals.errors import CountersignError
from bot import __version__
from bot.channels import CHANNELS
from bot.cli.app import app
from bot.cli.audit import audit
from bot.cli.client import COMMANDS
from bot.cli.doctor import doctor
from bot.cli.drill import drill
from bot.cli.ends import refused, unusable
from bot.cli.freeze import freeze, thaw
from bot.cli.keys import key
from bot.cli.migrate import migrate
from bot.cli.policy import policy
from bot.cli.receipt import receipt
from bot.cli.report import report
from bot.cli.revoke import revoke
from bot.cli.setup import setup
from bot.cli.store import store
from handlers.channel import Unusable


class _Main(click.Group):
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
        limit = formatter.width - 6 - max(map(len, self.commands))
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(each.name or "", each.get_short_help_str(limit)) for each in commands])


@click.group(cls=_Main, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="countersign")
def main() -> None:
    """Approvals for just-in-time privileged access on Google Cloud.

    `countersign demo` shows all of it on this machine, from a checkout. README.md says how to install it. Who asks
    and approves from a terminal begins with `countersign login`.
    """


@click.command()
def serve() -> None:
    """Run the service. Settings come from the environment: docs/settings.md lists them."""
    # What a start loads stays: looking through it for garbage, again and again, is a tenth of the start.
    gc.disable()
    from bot.serve import StartError  # noqa: PLC0415 - every other command starts without it
    from bot.serve import serve as run  # noqa: PLC0415

    try:
        run(os.environ)
    except StartError as error:
        unusable(error)


@click.command()
@click.option("--play", is_flag=True, help="Play the story without a browser, print it, and end.")
@click.option("--port", type=click.IntRange(0, 65535), help="Where the page is; 8080 unless another one is given.")
def demo(*, play: bool, port: int | None) -> None:
    """Start Countersign beside a sandbox, on this machine alone.

    The sandbox is a workspace, a Google Cloud and a mailbox.
    """
    if play and port is not None:
        raise click.UsageError("--play takes free ports by itself: leave --port out")
    # Neither is in the wheel.
    if any(importlib.util.find_spec(needed) is None for needed in ("demo", "sandbox")):
        refused(click.ClickException("the sandbox is not part of this installation: run the demo from a checkout"))
    if play:
        from demo.play import play as played  # noqa: PLC0415

        sys.exit(played())
    from demo.running import run  # noqa: PLC0415

    sys.exit(run(port=8080 if port is None else port))


SECTIONS: Mapping[str, Sequence[click.Command]] = {
    "For people (through the proxy, after `countersign login`)": COMMANDS,
    "For operators (at the machine, with the settings of the service)": (
        serve,
        doctor,
        freeze,
        thaw,
        revoke,
        drill,
        report,
        app,
        setup,
        migrate,
        *(each for channel in CHANNELS for each in channel.commands),
        demo,
    ),
    "Keys, store, policy and proofs (at the machine)": (key, store, policy, audit, receipt),
}
"""Every command, by who uses it and what that needs."""

for command in chain.from_iterable(SECTIONS.values()):
    main.add_command(command)
