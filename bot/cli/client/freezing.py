"""`countersign freezes`, and `freeze` and `thaw` by whoever is signed in, in place of at the store's machine."""

from typing import TYPE_CHECKING

import click

from bot.cli.client.connection import as_json, connected, put
from bot.cli.client.shown import show

if TYPE_CHECKING:
    from countersign_client.answers import Freeze

signed_in = click.option(
    "--signed-in",
    is_flag=True,
    help="Through the pages, as an administrator who ran `countersign login`, and not at the store.",
)


@click.command()
@as_json
def freezes(*, as_json: bool) -> None:
    """List what is frozen and why, for administrators."""
    with connected(as_json=as_json) as client:
        found = client.freezes()
        if as_json:
            put([each.told for each in found.items])
        else:
            show([_line(each) for each in found.items] or ["Nothing is frozen."])


def freeze(entitlement: str | None, person: str | None, why: str) -> None:
    """Freeze one of the two, or everything where neither is named, and say so."""
    with connected() as client:
        done = client.freeze(*_named(entitlement, person), reason=why)
        show([_line(done)])


def thaw(entitlement: str | None, person: str | None, why: str) -> None:
    """Lift the freeze of one of the two, or of everything, and say so."""
    with connected() as client:
        done = client.thaw(*_named(entitlement, person), reason=why)
        show([f"{_what(done)} is thawed: what waited goes on, and what was approved is given."])


def _named(entitlement: str | None, person: str | None) -> tuple[str, str]:
    if entitlement is not None and person is not None:
        raise click.UsageError("name either --person ADDRESS or --entitlement ID")
    if entitlement is not None:
        return "entitlement", entitlement
    return ("person", person) if person is not None else ("everything", "")


def _what(found: "Freeze") -> str:
    return found.name or "Everything"


def _line(found: "Freeze") -> str:
    since = f", since {found.since}" if found.since else ""
    by = f" by {found.by}" if found.by else ""
    why = f" ({found.reason})" if found.reason else ""
    return f"{_what(found)} is frozen{since}{by}{why}"
