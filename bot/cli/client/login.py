"""`countersign login`: sign in to a service behind Identity-Aware Proxy, once."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import click
from msgspec.structs import replace

from bot.cli.client.connection import ending, made
from bot.cli.lines import say

if TYPE_CHECKING:
    from countersign_client.signin.desktop import Desktop
    from countersign_client.signin.kept import Login

_PATIENCE = 300.0
"""Seconds that somebody may take in the browser."""


@click.command()
@click.option("--url", envvar="COUNTERSIGN_API_URL", metavar="URL", help="Where the service's pages are.")
@click.option(
    "--client",
    "file",
    type=click.Path(path_type=Path),
    help="The file of a desktop client, for a person.",
)
@click.option(
    "--iap-client",
    envvar="IAP_CLIENT_ID",
    metavar="ID",
    help="The OAuth client of the proxy, if it is its own.",
)
@click.option(
    "--by", metavar="WAY", help="person, service-account, own-jwt[:EMAIL], impersonate:EMAIL or sign-jwt:EMAIL."
)
@click.option("--browser/--no-browser", default=True, help="Open a browser, or only say which address to open.")
@click.option("--keyring/--no-keyring", default=True, help="Keep the sign-in in the keyring, or in a file.")
@click.option(
    "--proxy-authorization/--authorization",
    default=None,
    help="Which header says who you are; Authorization unless set.",
)
@click.option("--forget", is_flag=True, help="Forget the sign-in that is kept here, and do nothing else.")
def login(*, browser: bool, keyring: bool, forget: bool, **given: Any) -> None:
    """Sign in to a service behind Identity-Aware Proxy.

    What is left out is taken from the last time. The other commands then call that service as you.
    """
    from countersign_client.signin import kept  # noqa: PLC0415 - only for who calls a service

    place = kept.place(os.environ)
    with ending():
        if forget:
            say("forgotten" if kept.forget(place) else "nobody was signed in here")
            return
        wanted = _wanted(kept.known(place), **given)
        if wanted.client is not None:
            wanted = replace(wanted, refresh_token=_refresh_token(wanted.client, browser=browser))
        me = made(wanted).me()
        wanted = kept.keep(place, wanted, with_keyring=keyring)
    say(f"You are {me.principal} at {wanted.url}.")
    if me.why_not:
        say(me.why_not)
    if wanted.client is not None:
        say(f"The sign-in is kept {'in the keyring' if wanted.kept_as else f'at {place}'}.")


def _wanted(
    last: "Login | None",
    *,
    url: str | None,
    file: Path | None,
    iap_client: str | None,
    by: str | None,
    proxy_authorization: bool | None,
) -> "Login":
    """How to sign in: as asked, and where nothing is asked as the last time. Raises `Unusable`."""
    from countersign_client.errors import Unusable  # noqa: PLC0415
    from countersign_client.exchange import origin  # noqa: PLC0415
    from countersign_client.signin import desktop  # noqa: PLC0415
    from countersign_client.signin.kept import Login  # noqa: PLC0415
    from countersign_client.signin.ways import PERSON  # noqa: PLC0415

    place = origin(url) if url else last.url if last else ""
    if not place:
        raise Unusable("say where the service's pages are: --url https://HOST")
    before = last if last and last.url == place else Login(url=place, by=PERSON)
    way = by or before.by
    client = desktop.read(file) if file else before.client
    if way == PERSON and client is None:
        raise Unusable("name the file of the desktop client by which people sign in: --client client_secret.json")
    return Login(
        url=place,
        by=way,
        iap_client=before.iap_client if iap_client is None else iap_client,
        proxy_authorization=before.proxy_authorization if proxy_authorization is None else proxy_authorization,
        client=client if way == PERSON else None,
    )


def _refresh_token(client: "Desktop", *, browser: bool) -> str:
    import webbrowser  # noqa: PLC0415

    from countersign_client.signin.person import sign_in  # noqa: PLC0415

    def opened(url: str) -> None:
        say("Sign in in your browser. If none opens, open this address:", err=True)
        say(url, err=True)
        if browser and _has_browser() and webbrowser.open(url):
            return
        port = urlsplit(parse_qs(urlsplit(url).query)["redirect_uri"][0]).port
        say(f"With a browser on another machine, first: ssh -L {port}:127.0.0.1:{port} THIS-MACHINE", err=True)

    return sign_in(client, open_browser=opened, timeout=_PATIENCE)


def _has_browser() -> bool:
    """Whether there is one with a window: one of the terminal's own would take the terminal."""
    shown = any(os.environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))
    return shown or sys.platform in ("darwin", "win32")
