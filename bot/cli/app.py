"""`countersign app`: the keys by which applications sign their calls, and what they were not told."""

import json
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.ends import refused
from bot.cli.lines import say
from bot.cli.webhooks import webhooks

if TYPE_CHECKING:
    from countersign_client.call_tokens import Algorithm, SigningKey

_ID = r"[a-z0-9][a-z0-9-]{0,62}"


@click.group()
def app() -> None:
    """Manage how applications sign, and what they are told."""


app.add_command(webhooks)


@app.command()
@click.argument("name")
@click.option(
    "--algorithm",
    type=click.Choice(["ES256", "EdDSA", "RS256"]),
    default="ES256",
    show_default=True,
    help="What the key signs by.",
)
@click.option("--pem", is_flag=True, help="Write the private key as PEM, for openssl, and not as a JWK.")
@click.option("--key", "path", metavar="FILE", help="Where the private key goes: NAME.jwk or .pem; - prints it.")
def new(name: str, algorithm: "Algorithm", path: str | None, *, pem: bool) -> None:
    """Make a key pair of an application, and print its policy line.

    The private key goes into a new file that only you can read, or to the output with `--key -`; then the policy's
    part goes to standard error. Nothing is ever written over. For another key of an application that has one, give
    another FILE, and add the new line below its `keys`.
    """
    from countersign_client.call_tokens import new_key, private_jwk, private_pem  # noqa: PLC0415

    if not re.fullmatch(_ID, name):
        raise click.UsageError("NAME is the application's id: lower-case letters, digits and hyphens, at most 63")
    key = new_key(algorithm)
    secret = private_pem(key) if pem else json.dumps(private_jwk(key)) + "\n"
    if path == "-":
        sys.stdout.write(secret)
    else:
        _write(Path(path or f"{name}.{'pem' if pem else 'jwk'}"), secret)
    for line in _stanza(name, key):
        say(line, err=path == "-")


def _write(path: Path, secret: str) -> None:
    """Make a file with mode 0600 that was not there before, whole or not at all."""
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        refused(click.ClickException(f"{path} exists and is not written over: name another file with --key"))
    except OSError as error:
        refused(click.ClickException(f"{path} cannot be made: {error.strerror}"))
    try:
        with os.fdopen(opened, "w") as file:
            file.write(secret)
            file.flush()
            os.fsync(opened)
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        refused(click.ClickException(f"{path} cannot be written: {error.strerror}"))
    say(f"{path} holds the private key: it is the application's alone, and belongs into no repository.", err=True)


def _stanza(name: str, key: "SigningKey") -> list[str]:
    """The application in the policy file. JSON is YAML, and no text of it is taken for a number."""
    return [
        "applications:",
        f"  - id: {json.dumps(name)}",
        f"    title: {json.dumps(name.replace('-', ' ').capitalize())}",
        "    keys:",
        f"      - {json.dumps(key.public())}",
    ]
