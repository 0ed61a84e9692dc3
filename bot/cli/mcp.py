"""`countersign mcp`: where an agent asks people, by the Model Context Protocol."""

import asyncio
import os
from importlib.util import find_spec
from typing import NoReturn

import click

from bot import __version__
from bot.cli.ends import unusable


@click.command("mcp", short_help="Let an agent ask for approval of a tool's call.")
@click.option(
    "--http",
    "listen",
    default="",
    metavar="[HOST:]PORT",
    help="Serve over streamable HTTP, on loopback where no host is named, and not on standard input and output.",
)
def mcp(listen: str) -> None:
    """Serve an agent by the Model Context Protocol: it asks people for approval of a tool's call.

    The environment says which application of the policy it is (COUNTERSIGN_API_URL, COUNTERSIGN_APP_ID and
    COUNTERSIGN_APP_KEY) and on whose behalf it asks; docs/agents.md has all of it. This trusts the agent to ask,
    and holds nothing that it calls elsewhere.
    """
    if find_spec("mcp") is None:
        without_sdk()
    from countersign_client.errors import ClientError  # noqa: PLC0415 - nothing else needs the SDK
    from countersign_client.mcp.asking import run  # noqa: PLC0415

    try:
        asyncio.run(run(os.environ, version=__version__, listen=listen))
    except ClientError as error:
        unusable(error)


def without_sdk() -> NoReturn:
    """End with exit code 2: the SDK is not installed."""
    unusable(
        click.ClickException(
            "this needs the SDK of the Model Context Protocol: install Countersign with its extra mcp, as"
            " docs/agents.md says"
        )
    )
