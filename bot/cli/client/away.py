"""`countersign away` and `back`: who stands in for whoever is signed in, and until when."""

from typing import TYPE_CHECKING

import click

from bot.cli.client.connection import as_json, connected, put
from bot.cli.lines import say

if TYPE_CHECKING:
    from countersign_client.answers import Absence


@click.command()
@click.option(
    "--until",
    default="",
    metavar="TIME",
    help="Such as friday 9:00 by the policy's clocks, or with a zone.",
)
@click.option("--delegate", default="", metavar="ADDRESS", help="Who stands in for you.")
@as_json
def away(*, until: str, delegate: str, as_json: bool) -> None:
    """Be away, with somebody who stands in for you.

    They can approve what you could until then, and are asked in your place; you two count as one person. Without
    options it is said how it is now.
    """
    with connected(as_json=as_json) as client:
        asks = not until and not delegate
        _show(client.absence() if asks else client.leave(until=until, delegate=delegate), as_json=as_json)


@click.command()
@as_json
def back(*, as_json: bool) -> None:
    """Be back: nobody stands in for you any more."""
    with connected(as_json=as_json) as client:
        _show(client.back(), as_json=as_json)


def _show(found: "Absence", *, as_json: bool) -> None:
    if as_json:
        put(found.told)
        return
    for line in found.lines:
        say(line)
    if found.absence is None and found.delegates:
        say('To have somebody stand in for you: countersign away --until "friday 9:00" --delegate ADDRESS')
