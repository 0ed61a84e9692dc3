"""`countersign history`: what was asked for, however long ago, as far as whoever calls may look."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.client.connection import as_json, connected, put
from bot.cli.client.shown import in_a_list, show
from bot.cli.files import whole
from bot.cli.lines import say

if TYPE_CHECKING:
    from countersign_client.answers import Past
    from countersign_client.client import Client

_NOTHING = "Nothing that you may see fits."
_USUAL, _PAGE = 50, 100


@click.command()
@click.option("--who", default="", metavar="ADDRESS", help="Only what this person asked for.")
@click.option("--what", default="", metavar="WORDS", help="Words of a title, a role, a resource or an id.")
@click.option("--entitlement", default="", metavar="ID", help="Only this entitlement or action, by its whole id.")
@click.option("--state", default="", metavar="STATE", help="Only what stands so: denied, active, ended …")
@click.option("--since", default="", metavar="DAY", help="Filed on this day or later: 2026-11-27.")
@click.option("--until", default="", metavar="DAY", help="Filed on this day or before.")
@click.option("--most", type=click.IntRange(1, 10_000), help="So many requests at most; 50 unless set.")
@click.option(
    "--export",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write all of it to FILE.csv, FILE.json or FILE.jsonl, which you alone can read.",
)
@click.option("--overwrite", is_flag=True, help="Also where that file is there already.")
@as_json
def history(
    *,
    who: str,
    what: str,
    entitlement: str,
    state: str,
    since: str,
    until: str,
    most: int | None,
    file: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Search what was asked for, newest first.

    It shows what you asked for and what you approve, or everything where the policy has you look at it. To export
    it is audited. Days are those of the policy's timezone, and both count; a moment with its zone, such as
    2026-11-27T17:00:00Z, is where the search begins or ends.
    """
    if (file is None and overwrite) or (file is not None and (as_json or most is not None)):
        raise click.UsageError("--export writes all of it to a file: with --overwrite, but no --most or --json")
    search = {"who": who, "what": what, "entitlement": entitlement, "state": state}
    search |= {"since": _day(since, "--since"), "until": _day(until, "--until")}
    with connected(as_json=as_json) as client:
        if file is not None:
            _export(client, search, file, overwrite=overwrite)
            return
        pages = list(_pages(client, search, most or _USUAL))
        items = [one for page in pages for one in page.items]
        if as_json:
            put([one.told for one in items])
        else:
            show((line for page in pages for line in in_a_list(page)) if items else [_NOTHING])
        _beside(pages)


def _export(client: "Client", search: dict[str, str], file: Path, *, overwrite: bool) -> None:
    form = file.suffix.removeprefix(".")
    if form not in ("csv", "json", "jsonl"):
        raise click.BadParameter(f"{file}: name a file that ends in .csv, .json or .jsonl", param_hint="--export")
    with whole(file, overwrite=overwrite) as written:
        client.export(written.write, form=form, **search)
    say(f"{file} holds all that you may see of it, and you alone can read it", err=True)


def _pages(client: "Client", search: dict[str, str], most: int) -> "Iterator[Past]":
    cursor, left = None, most
    while left > 0:
        page = client.history(**search, limit=min(left, _PAGE), cursor=cursor)
        yield page
        left -= len(page.items)
        # Once nothing fits among those that one page looks through, whoever asks says whether to go on.
        if page.next is None or page.more:
            return
        cursor = page.next


def _beside(pages: "Sequence[Past]") -> None:
    """What else is to be known of the list."""
    for request in [each for page in pages for each in page.damaged]:
        say(f"{request}: its record cannot be read. Tell whoever runs Countersign.", err=True)
    if any(page.unsure for page in pages):
        say("Some groups could not be checked: something may be missing. Try again in a minute.", err=True)
    if pages[-1].next is not None:
        say("There are older ones: name a day with --until, or raise --most.", err=True)


def _day(text: str, option: str) -> str:
    """A day as it is, which the service reads by its own clocks; a moment with its zone."""
    with suppress(ValueError):
        return date.fromisoformat(text).isoformat() if text else ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("write a day as 2026-11-27", param_hint=option) from None
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).isoformat()
