"""`countersign store`: back the store up while it runs, put a backup back, and move to another kind of store."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from bot.cli.ends import existing, refused, unusable
from bot.cli.lines import say
from bot.cli.operator import operator
from handlers.wording.text.amounts import many

if TYPE_CHECKING:
    from approvals.freezes.frozen import Frozen


@click.group()
def store() -> None:
    """Back the store up, restore it, or copy it to another place."""


@store.command()
@click.argument("target", type=click.Path(path_type=Path))
def backup(target: Path) -> None:
    """Copy the store to TARGET, also while the service runs.

    The copy is whole and consistent, and replaces no file.
    """
    from approvals.refusals.errors import CountersignError  # noqa: PLC0415
    from bot import stores  # noqa: PLC0415
    from bot.cli.opened import STORE_HINT  # noqa: PLC0415

    source = existing(_file(), "store", hint=STORE_HINT)
    try:
        stores.backup(source, target)
    except CountersignError as error:
        refused(error)
    say(f"{source} is backed up to {target}")


@store.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Replace the store that is there; the old file is kept beside it.")
def restore(source: Path, *, replace: bool) -> None:
    """Put the copy SOURCE in the store's place. Stop the service first.

    Every older token dies, and every grant is checked against IAM at the next start. What is frozen stays frozen,
    whether the backup or the store that it replaces was.
    """
    from approvals.refusals.errors import CountersignError  # noqa: PLC0415
    from bot import stores  # noqa: PLC0415
    from bot.cli.freeze import tell  # noqa: PLC0415
    from bot.cli.opened import opened, settings  # noqa: PLC0415

    target = _file()
    if target.exists() and not replace:
        hint = "stop the service, and add --replace, which keeps the old file beside it"
        refused(click.ClickException(f"{target} exists and is not replaced: {hint}"))
    try:
        stores.restore(
            existing(source, "backup"),
            target,
            actor=operator(),
            now=datetime.now(UTC),
            warn=_warn,
            replace=replace,
            frozen=_freeze_of(target),
        )
    except CountersignError as error:
        refused(error)
    say(f"{source} is restored to {target}; cards get new buttons at the next start")
    with opened(settings()) as restored:
        tell(restored)


@store.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def copy(source: str, target: str) -> None:
    """Copy the store FROM into the empty place TO, and verify it. Stop the service first.

    FROM and TO are written as in COUNTERSIGN_STORE: sqlite:///PATH or firestore://PROJECT/DATABASE. Every older
    token dies, and every grant is checked against IAM at the next start.
    """
    from approvals.refusals.errors import CountersignError  # noqa: PLC0415
    from bot import stores  # noqa: PLC0415
    from bot.cli.opened import settings  # noqa: PLC0415
    from bot.store_urls import store as read  # noqa: PLC0415

    host = settings().firestore_emulator_host
    try:
        source_url, target_url = read(source), read(target)
    except ValueError as error:
        unusable(error)
    now = datetime.now(UTC)
    try:
        copied = stores.copy(source_url, target_url, actor=operator(), now=now, emulator_host=host)
    except CountersignError as error:
        refused(error)
    entries = many(copied.entries, "audit entry", "audit entries")
    say(f"{many(copied.requests, 'request')} and {entries} are copied and verified")
    say(f"Set COUNTERSIGN_STORE={target_url} and start the service; cards get new buttons")


def _freeze_of(target: Path) -> "Frozen | None":
    """What stays frozen in the restored store. Where it cannot be read, that is said."""
    from approvals.refusals.errors import CountersignError  # noqa: PLC0415
    from bot import stores  # noqa: PLC0415

    try:
        return stores.frozen_in(target)
    except CountersignError as error:
        say(f"warning: {error}. If it was, run `countersign freeze` before you start the service.", err=True)
        return None


def _warn(text: str) -> None:
    say(f"warning: {text}. It is restored as it is, and `countersign audit verify` will say so.", err=True)


def _file() -> Path:
    """The file of the store in the settings, or the end with exit code 2."""
    from bot.cli.opened import settings  # noqa: PLC0415
    from bot.store_urls import SqliteUrl  # noqa: PLC0415

    url = settings().store
    return url.path if isinstance(url, SqliteUrl) else _no_file()


def _no_file() -> NoReturn:
    unusable(
        ValueError(
            "this works on SQLite files. For Firestore use its own backups (gcloud firestore backups),"
            " or `countersign store copy` into a file"
        )
    )
