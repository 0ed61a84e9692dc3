"""How a command ends when it cannot go on."""

import sys
from pathlib import Path
from typing import NoReturn

import click

from bot.cli.lines import say


def unusable(error: Exception) -> NoReturn:
    """End with exit code 2: what was given cannot be used."""
    _complain(error)
    sys.exit(2)


def refused(error: Exception, *, hint: str = "") -> NoReturn:
    """End with exit code 1: the command was understood and failed. `hint` says what to do about it."""
    _complain(error)
    if hint:
        say(hint, err=True)
    sys.exit(1)


def address(option: str, text: str) -> str:
    """The address of one person as it is compared, or the end of `no_address`."""
    from approvals.people.principals import principal  # noqa: PLC0415
    from approvals.refusals.errors import Refused  # noqa: PLC0415 - the core loads when it is needed

    try:
        return principal(text)
    except Refused:
        no_address(option, text)


def no_address(option: str, text: str) -> NoReturn:
    """End with exit code 2: an option wants one person."""
    unusable(click.ClickException(f"{option}: {text!r} is not one plain e-mail address"))


def existing(path: Path, what: str, *, hint: str = "") -> Path:
    """Return the path of a file that must be there, or end with exit code 2. `hint` says what to do about it."""
    if not path.is_file():
        say(f"countersign: there is no {what} at {path}{hint and f': {hint}'}", err=True)
        sys.exit(2)
    return path


def _complain(error: Exception) -> None:
    """Say an error on one line, or, where it says that it holds several problems, each on a line of its own."""
    first, *more = getattr(error, "problems", None) or (error,)
    say(f"countersign: {_words(first)}", err=True)
    for problem in more:
        say(problem, err=True)


def _words(problem: object) -> object:
    from approvals.refusals.errors import Refused  # noqa: PLC0415
    from handlers.wording.refusing.refusals import told  # noqa: PLC0415

    return told(problem) if isinstance(problem, Refused) else problem
