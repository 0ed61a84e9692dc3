"""The demo, which is no part of an installation."""

import importlib.util
import sys

import click

from bot.cli.ends import refused


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
