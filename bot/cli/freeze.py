"""`countersign freeze` and `thaw`: stop all asking and deciding, and let it go on, at the machine or signed in."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from bot.cli import parts
from bot.cli.because import because
from bot.cli.client import freezing as client
from bot.cli.lines import say
from bot.cli.operator import operator, reason

if TYPE_CHECKING:
    from approvals.epochs import Epoch
    from approvals.ports.store import Store
    from countersign_client.chain import Entry

    Move = Callable[..., Entry | None]

_entitlement = click.option(
    "--entitlement", default=None, metavar="ID", help="This entitlement or action alone, by its id."
)
_person = click.option(
    "--person", default=None, metavar="ADDRESS", help="This person alone: what they ask for, and what they decide."
)


@click.command()
@_entitlement
@_person
@because("A reason; everybody reads it who is refused something or sees a card that waits.")
@client.signed_in
def freeze(entitlement: str | None, person: str | None, why: str, *, signed_in: bool) -> None:
    """Stop new requests, votes, decisions and new access at once.

    All of them, or those of one entitlement or person. Withdrawals, expiries, ends and removals go on. A write to
    Google that is under way is the last. Where everything is frozen already, a reason that is given takes the
    place of the one before.
    """
    from approvals.freezes.freezing import freeze as begin  # noqa: PLC0415 - the store loads when it is needed

    if signed_in:
        client.freeze(entitlement, person, why)
        return
    if entitlement is not None or person is not None:
        parts.freeze(entitlement, person, reason(why))
        return
    moved = _moved(begin, why)
    if moved is not None and "began" in moved.detail:
        say("everything was frozen already, and stays so; cards and answers say the new reason from now on")
    elif moved is not None:
        say("everything is frozen: nobody can ask, vote or decide, and no new access is given")
        say("withdrawals, ends and removals go on; `countersign thaw` lifts the freeze")


@click.command()
@_entitlement
@_person
@because("A reason; it is kept in the store, and the audit holds its digest.")
@client.signed_in
def thaw(entitlement: str | None, person: str | None, why: str, *, signed_in: bool) -> None:
    """Lift the freeze: what waited goes on by itself.

    That of everything, or of one entitlement or person.
    """
    from approvals.freezes.freezing import thaw as lift  # noqa: PLC0415

    if signed_in:
        client.thaw(entitlement, person, why)
        return
    if entitlement is not None or person is not None:
        parts.thaw(entitlement, person, reason(why))
        return
    if _moved(lift, why) is not None:
        say("the freeze is lifted: people can ask and decide again, and what was approved is given")
    parts.told()


def _moved(move: "Move", why: str) -> "Entry | None":
    """Freeze or thaw. None, with a sentence, where it is so already."""
    from approvals.freezes.freezing import read  # noqa: PLC0415
    from approvals.refusals.errors import CountersignError  # noqa: PLC0415
    from bot.cli.opened import opened, settings  # noqa: PLC0415

    with opened(settings()) as store:
        try:
            entry = move(store, by=operator(), why=reason(why), now=datetime.now(UTC))
            if entry is None:
                say(f"{already(read(store))}; nothing was changed")
        except CountersignError as error:
            parts.may_not_be_done(error)
    return entry


def already(epoch: "Epoch") -> str:
    """Say how it stands, and since when."""
    if not epoch.frozen:
        return "nothing is frozen"
    said = since(epoch)
    return f"everything is frozen, {said}" if said else "everything is frozen"


def since(epoch: "Epoch") -> str:
    """Say since when it has been frozen, by whom and why; empty where nothing of it can be read."""
    from approvals.times import rfc3339  # noqa: PLC0415

    at = f"since {rfc3339(epoch.began)}" if epoch.began is not None else ""
    why = f" ({epoch.why})" if epoch.why else ""
    by = f"by {epoch.last.by}{why}" if epoch.last.by else ""
    return f"{at}, for a reason given {by}" if at and by and epoch.last.began else f"{at} {by}".strip()


def tell(store: "Store") -> None:
    """Say what of a store is frozen, where anything is."""
    from approvals.freezes.freezing import read  # noqa: PLC0415

    epoch = read(store)
    if epoch.frozen:
        say(f"{already(epoch)}: `countersign thaw` lifts it")
    parts.tell(store)
