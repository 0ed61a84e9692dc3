"""`countersign mcp-proxy`: it stands before a server of the Model Context Protocol and holds what is gated."""

import asyncio
import os
from importlib.util import find_spec

import click

from bot.cli.ends import unusable


@click.command("mcp-proxy", short_help="Hold calls of a server's tools until people approve them.")
@click.option(
    "--name", required=True, help="The server's name in the policy, as its actions say it (tool: server)."
)
@click.option(
    "--url", default="", metavar="URL", help="The upstream's address, where it is no program: streamable HTTP."
)
@click.option(
    "--upstream-token",
    "token",
    default="",
    metavar="FILE",
    help="The upstream's own bearer token. The token that a client brings is never passed on.",
)
@click.option(
    "--env",
    "variables",
    multiple=True,
    metavar="NAME[=VALUE]",
    help="A variable that the upstream's program gets besides the few that every program needs; repeatable.",
)
@click.option(
    "--http",
    "listen",
    default="",
    metavar="[HOST:]PORT",
    help="Serve over streamable HTTP, on loopback where no host is named, and not on standard input and output.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=1, max=86_400),
    default=300.0,
    metavar="SECONDS",
    show_default=True,
    help="Seconds in which the upstream has to answer a call; after that nobody knows what came of it.",
)
@click.option(
    "--state", default="", metavar="FOLDER", help="Where it keeps which approvals were used and not answered."
)
@click.option(
    "--with-receipt", is_flag=True, help="Give the upstream the receipt of an approval, in _meta of its call."
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def mcp_proxy(
    *,
    name: str,
    url: str,
    token: str,
    variables: tuple[str, ...],
    listen: str,
    timeout: float,
    state: str,
    with_receipt: bool,
    command: tuple[str, ...],
) -> None:
    """Stand before a server of the Model Context Protocol: COMMAND behind --, or the one at --url.

    A call of a tool that policy gates waits until a person approves exactly these arguments, and then runs once.
    Every other call passes as it came, and methods that are not known are denied. Where Countersign gives no
    answer no tool is called. The environment says which application of the policy it is, as for `countersign mcp`;
    docs/agents.md has all of it.
    """
    if find_spec("mcp") is None:
        from bot.cli.mcp import without_sdk  # noqa: PLC0415

        without_sdk()
    from countersign_client.errors import ClientError  # noqa: PLC0415 - nothing else needs the SDK
    from countersign_client.mcp.proxy.serving import Options, log_to_stderr, run  # noqa: PLC0415

    options = Options(
        name=name,
        command=command,
        variables=variables,
        url=url,
        token=token,
        timeout=timeout,
        state=state,
        listen=listen,
        with_receipt=with_receipt,
    )
    log_to_stderr()
    try:
        asyncio.run(run(os.environ, options))
    except ClientError as error:
        unusable(error)
    except KeyboardInterrupt:
        pass
