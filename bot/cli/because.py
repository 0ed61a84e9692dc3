"""The one option for a reason, whatever it is for."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def because(said: str, *, required: bool = False) -> Callable[[F], F]:
    """The option `--because`, which a command gets as `why`; where it is required, blanks are no reason."""
    if required:
        return click.option("--because", "why", required=True, callback=given, metavar="TEXT", help=said)
    return click.option("--because", "why", default="", metavar="TEXT", help=said)


def given(_: click.Context, parameter: click.Parameter, value: str) -> str:
    """Refuse what is blank, as a variable of a script is that was never set: the command ends with exit code 2."""
    if not value.strip():
        raise click.BadParameter("nothing stands here", param=parameter)
    return value
