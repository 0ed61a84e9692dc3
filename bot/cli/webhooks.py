"""`countersign app webhooks`: what applications were not told."""

import os
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from bot.cli.ends import refused
from bot.cli.lines import say
from bot.cli.operator import operator

if TYPE_CHECKING:
    from approvals.ports.store import Store
    from approvals.uses.telling import DeadLetter


@click.command()
@click.option(
    "--again", metavar="REQUEST", help="Send what was given up of this request once more; `all`: of every one."
)
def webhooks(again: str | None) -> None:
    """List what webhooks did not take, or send it again.

    What is listed was tried for a day, or its webhook answered 410 (Gone) before that.

    The service that runs on this store sends again within seconds, from the first try on, and under the same ids.
    """
    from approvals.ids import is_request_id  # noqa: PLC0415
    from approvals.refusals.errors import CountersignError  # noqa: PLC0415 - the store loads when it is needed
    from approvals.uses.telling import dead_letters  # noqa: PLC0415
    from bot.cli.opened import opened, readable, settings  # noqa: PLC0415

    if again not in (None, "all") and not is_request_id(str(again)):
        raise click.UsageError("--again takes the id of a request, such as r-0123456789, or `all`")
    unread: list[str] = []
    with opened(settings()) as store:
        try:
            if again in (None, "all"):
                found = list(dead_letters(store, readable(store, unread)))
                about = dict.fromkeys(each.request for each in found)
            else:
                found, about = [], {str(again): None}
            if again is not None:
                found = [each for request in about for each in _sent(store, request)]
        except CountersignError as error:
            refused(error)
    for letter in found:
        say(_said(letter))
    say(_counted(len(found), again=again is not None))
    if unread:
        refused(click.ClickException(f"this is not whole: {', '.join(unread)} cannot be read"))


def _sent(store: "Store", request_id: str) -> "list[DeadLetter]":
    from approvals.uses.telling import send_again  # noqa: PLC0415

    owner = f"{operator()}/{os.getpid()}/{secrets.token_hex(4)}"
    return list(send_again(store, request_id, by=operator(), owner=owner, now=datetime.now(UTC)))


def _said(letter: "DeadLetter") -> str:
    from approvals.times import rfc3339  # noqa: PLC0415
    from handlers.wording.refusing.refusals import sentence  # noqa: PLC0415

    message = letter.message
    after = {0: "untried", 1: "after 1 try"}.get(message.tries, f"after {message.tries} tries")
    why = f": {sentence(message.why)}" if message.why else ""
    return (
        f"{letter.request}  {letter.application}  {message.state} at {rfc3339(message.at)}  given up {after}{why}"
    )


def _counted(count: int, *, again: bool) -> str:
    messages = "1 message" if count == 1 else f"{count} messages"
    if again:
        return f"{messages} will be sent again"
    return f"{messages} given up" + ("; --again REQUEST or --again all sends them once more" if count else "")
