"""The service that somebody signed in to, and how a command ends that it refuses."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from bot.cli.because import given
from bot.cli.ends import refused, unusable

if TYPE_CHECKING:
    from countersign_client.client import Client
    from countersign_client.signin.kept import Login


request_id = click.argument("request", callback=given)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
break_glass = click.option(
    "--break-glass",
    is_flag=True,
    help="It is an emergency: access at once, without approval, reviewed afterwards.",
)
wait = click.option("--wait", is_flag=True, help="Wait until it is decided and the access is there.")
timeout = click.option(
    "--timeout",
    default="1h",
    metavar="TIME",
    help="How long to wait at most; 1h unless set.",
)


_HINTS = {
    "break_glass": "Here that is said with --break-glass.",
    "entitlement": "countersign list --entitlements says what you may ask for.",
}


@contextmanager
def connected(*, as_json: bool = False) -> Iterator["Client"]:
    """Give the client of whoever signed in, and end the command where it is refused or finds nobody."""
    from countersign_client.signin import kept  # noqa: PLC0415 - only for who calls a service

    with ending(as_json=as_json):
        yield made(kept.read(kept.place(os.environ)))


def made(login: "Login") -> "Client":
    """The client of a sign-in. Raises `ClientError`."""
    from countersign_client.client import Client  # noqa: PLC0415
    from countersign_client.signin.ways import credential  # noqa: PLC0415

    host = urlsplit(login.client.auth_uri).netloc if login.client else ""
    return Client(login.url, credential(login), proxy_authorization=login.proxy_authorization, auth_host=host)


@contextmanager
def ending(*, as_json: bool = False) -> Iterator[None]:
    """End the command with exit code 1 for a refusal, and 2 for everything else that goes wrong on the way."""
    from countersign_client.errors import ClientError, Refused  # noqa: PLC0415

    try:
        yield
    except Refused as error:
        if as_json and isinstance(told := getattr(error, "told", None), dict):
            put(told)
        refused(error, hint=_HINTS.get(getattr(error, "code", ""), ""))
    except ClientError as error:
        unusable(error)


def put(told: Mapping[str, Any] | list[Mapping[str, Any]]) -> None:
    """Print JSON. It is ASCII, which steers no terminal."""
    click.echo(json.dumps(told, indent=1))


def seconds(text: str) -> float:
    """Read what --timeout says, or end with exit code 2."""
    from approvals.times import DurationError, parse_duration  # noqa: PLC0415

    try:
        return parse_duration(text).total_seconds()
    except DurationError as error:
        raise click.BadParameter(f"{text!r} is no time such as 90s or 2h", param_hint="--timeout") from error


def agreed(question: str) -> bool:
    """Ask whether to go on. Where nobody can answer, the command ends with exit code 2."""
    if not sys.stdin.isatty():
        raise click.UsageError("nobody can be asked here: say --yes to decide without a question")
    return click.confirm(question, err=True)
