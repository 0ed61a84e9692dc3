"""The environment variables: name, default, meaning, and how the text becomes a value.

The table in the README is generated from them.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from bot.signer_urls import receipt_signer, token_signer
from bot.store_urls import emulator, store

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


_QUOTES = tuple("\"'`\u2018\u2019\u201c\u201d")


class Secret:
    """A text that never shows itself: only `reveal` gives it away."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret(****)"

    __str__ = __repr__


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """One variable: its default as one would type it, its meaning, and how its text becomes a value.

    `parse` raises `ValueError` with half a sentence that says what is wrong and what to set.
    """

    name: str
    doc: str
    parse: Callable[[str], Any]
    default: str = ""


def slash_command(text: str) -> str:
    """Return the name of a slash command that Slack accepts (at most 32 characters), or raise `ValueError`."""
    if not re.fullmatch(r"/[a-z0-9_-]{1,31}", text):
        raise ValueError(
            f"{text!r} is no slash command. Set one such as /jit: a slash and up to 31 of a-z, 0-9, - and _"
        )
    return text


def unquoted(text: str) -> str:
    """Return the text, or raise `ValueError` where it stands in quotes: no setting begins or ends with one."""
    if text.startswith(_QUOTES) or text.endswith(_QUOTES):
        raise ValueError(
            "it stands in quotes, which count as part of it (`docker run --env-file` passes them on)."
            " Set it without them"
        )
    return text


def _secret(prefix: str, where: str) -> Callable[[str], Secret]:
    def parse(text: str) -> Secret:
        if not re.fullmatch(re.escape(prefix) + r"[0-9A-Za-z._-]+", text):
            raise ValueError(f"it is not {prefix} with letters, digits, dots and dashes after it. Set {where}")
        return Secret(text)

    return parse


def _signing_secret(text: str) -> Secret:
    """Slack's are 32 letters and digits. A short one could be guessed, and could not be kept out of a log."""
    if not re.fullmatch(r"[0-9A-Za-z]{32,128}", text):
        raise ValueError(
            "it is not 32 letters and digits, as Slack's are."
            " Set the Signing Secret from the app's Basic Information page"
        )
    return Secret(text)


def _url(text: str) -> str:
    """The scheme must be written small, because what is trusted hangs on it."""
    try:
        parts = urlsplit(text)
        usable = text.startswith(("http://", "https://")) and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or re.search(r"[?#@\s\\]", text):
        raise ValueError("it is no http(s) address of a host and path. Set one such as https://slack-gov.com/api/")
    return text.rstrip("/")


def _sandbox(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError(f"{text!r} is neither 1 nor 0. Set 1 beside a sandbox, or unset it")
    return text == "1"


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65535:
        raise ValueError(f"{text!r} is no port. Set a number from 0 to 65535 (0: any free one)")
    return int(text)


def _log_level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise ValueError(f"{text!r} is no level. Set one of {', '.join(LOG_LEVELS)}")
    return text.upper()


VARIABLES = (
    Variable(
        name="SLACK_BOT_TOKEN",
        doc="The bot's token, `xoxb-…`, from the app's *OAuth & Permissions* page. Required.",
        parse=_secret("xoxb-", "the Bot User OAuth Token from the app's OAuth & Permissions page"),
    ),
    Variable(
        name="SLACK_SIGNING_SECRET",
        doc=(
            "Checks that a request comes from Slack: 32 letters and digits from the app's *Basic Information*"
            " page. Required over HTTP."
        ),
        parse=_signing_secret,
    ),
    Variable(
        name="SLACK_APP_TOKEN",
        doc="An app-level token, `xapp-…`, with `connections:write`. Where it is set, Socket Mode is used.",
        parse=_secret("xapp-", "an app-level token with connections:write from the app's Basic Information page"),
    ),
    Variable(
        name="SLACK_API_URL",
        default="https://slack.com/api/",
        doc="Slack's Web API (GovSlack: `https://slack-gov.com/api/`). Plain http needs `COUNTERSIGN_SANDBOX=1`.",
        parse=lambda text: _url(text) + "/",
    ),
    Variable(
        name="COUNTERSIGN_POLICY",
        default="policy.yaml",
        doc="The policy file. It is read again when it changes.",
        parse=Path,
    ),
    Variable(
        name="COUNTERSIGN_STORE",
        default="sqlite:///data/countersign.db",
        doc=(
            "The store. `sqlite:///PATH`: a file, by four slashes an absolute one; refused on Cloud Run, which"
            " keeps no files. `firestore://PROJECT/DATABASE`: Cloud Firestore, for any number of machines."
        ),
        parse=store,
    ),
    Variable(
        name="COUNTERSIGN_SIGNER",
        default="file:data/signer.jwk",
        doc=(
            "What signs activation tokens. `file:PATH`: made on the first start, mode 0600; refused on Cloud Run."
            " `secret:projects/P/secrets/S/versions/latest`: keys in Secret Manager, made by"
            " `countersign key rotate`. `iam:EMAIL`: a Google service account, without any key here."
        ),
        parse=token_signer,
    ),
    Variable(
        name="COUNTERSIGN_RECEIPT_SIGNER",
        doc=(
            "What signs receipts, by `file:` or `secret:` as above, with keys of its own that are kept for ever."
            " Without it there are no receipts."
        ),
        parse=receipt_signer,
    ),
    Variable(
        name="COUNTERSIGN_COMMAND",
        default="/jit",
        doc="The slash command, as in the app's manifest.",
        parse=slash_command,
    ),
    Variable(
        name="COUNTERSIGN_SANDBOX",
        doc="`1` allows the settings that weaken trust, for use beside a sandbox. Refused on Cloud Run.",
        parse=_sandbox,
    ),
    Variable(
        name="FIRESTORE_EMULATOR_HOST",
        doc="`HOST:PORT` of a Firestore emulator in place of Google's service. Needs `COUNTERSIGN_SANDBOX=1`.",
        parse=emulator,
    ),
    Variable(name="PORT", default="8080", doc="The port of the HTTP server; `0` takes any free one.", parse=_port),
    Variable(name="LOG_LEVEL", default="INFO", doc="`DEBUG`, `INFO`, `WARNING` or `ERROR`.", parse=_log_level),
    Variable(
        name="GOOGLE_API_BASE_URL",
        doc="Sends calls for `https://SERVICE.googleapis.com` to `URL/SERVICE`. Needs `COUNTERSIGN_SANDBOX=1`.",
        parse=_url,
    ),
)
