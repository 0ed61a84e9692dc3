"""The variables of the environment for mail. Mail is on where SMTP_SENDER_ADDRESS is set."""

import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from approvals.people.principals import principal
from approvals.refusals.errors import Refused
from handlers.channel import Values
from handlers.mail.mapping import Mapping, mapping, writable
from handlers.mail.options import options
from handlers.settings import Secret, Variable, url

SCHEME = "mail"

SUBMISSIONS = 465
"""The port on which TLS begins at once (RFC 8314)."""

_LOGIN = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
_NAME = 64
_STORED = r"projects/[a-z0-9:.-]+/secrets/[0-9A-Za-z_-]{1,255}"


class OAuth(msgspec.Struct, frozen=True, kw_only=True):
    """Client credentials (RFC 6749 section 4.4) at a token endpoint."""

    token_url: str
    client_id: str
    client_secret: Secret


class MailSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How mail goes out. `secret` is a version in Secret Manager that holds the password, and wins over it.

    Without a `username` nobody signs in. `localhost` is what the server is greeted with.
    """

    host: str
    port: int
    starttls: bool
    sender: str
    sender_name: str
    username: str
    password: Secret | None
    secret: str
    oauth: OAuth | None
    mapping: Mapping
    timezone: ZoneInfo
    localhost: str
    pages_url: str

    @property
    def encrypted(self) -> bool:
        return self.starttls or self.port == SUBMISSIONS


def _host(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z](?:[0-9A-Za-z.-]{0,252}[0-9A-Za-z])?", text):
        raise ValueError("it is no name of a host. Set one such as smtp.gmail.com, and the port in SMTP_PORT")
    return text.lower()


def _port(text: str) -> int:
    number = int(text) if re.fullmatch(r"[0-9]{1,5}", text) else 0
    if number == 25:
        raise ValueError("port 25 is between mail servers, and Google Cloud blocks it. Set 587, or 465")
    if not 0 < number < 65536:
        raise ValueError(f"{text!r} is no port. Set 587, or 465 where TLS begins at once")
    return number


def _switch(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false. Unset it, or set false for a server without TLS")
    return text.lower() == "true"


def _address(text: str) -> str:
    try:
        principal(text)
        fits = writable(text)
    except Refused:
        fits = False
    if not fits:
        raise ValueError(f"{text!r} is no address of a mailbox. Set one such as countersign@example.com")
    return text


def _line(most: int) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not text.isprintable() or len(text) > most:
            raise ValueError(f"it is no line of at most {most} characters. Set it shorter, without line breaks")
        return text

    return parse


def _secret(text: str) -> Secret:
    if not text.isascii() or not text.isprintable():
        raise ValueError("it has characters that no mail server takes. Set one of ASCII letters, digits and signs")
    return Secret(text)


def _version(text: str) -> str:
    if not re.fullmatch(
        r"projects/[a-z0-9:.-]+/secrets/[0-9A-Za-z_-]{1,255}/versions/(?:latest|[1-9][0-9]*)", text
    ):
        raise ValueError(
            "it is no version of a secret. Set one such as projects/PROJECT/secrets/smtp/versions/latest"
        )
    return text


def _plain_id(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z.-]{0,254}", text):
        raise ValueError("it is no id as Microsoft Entra shows it. Copy it from the app registration's overview")
    return text


def _tenant(text: str) -> str:
    if text.lower() in ("common", "organizations", "consumers"):
        raise ValueError(f"a program signs in at one tenant, and {text!r} is none. Set the directory (tenant) id")
    return _plain_id(text)


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{text!r} is no IANA time zone. Set one such as Europe/Berlin, or UTC") from None


VARIABLES = (
    Variable(
        name="SMTP_SENDER_ADDRESS",
        doc="The address that mail comes from. Mail is on where it is set, and needs `COUNTERSIGN_PAGES_URL`.",
        parse=_address,
    ),
    Variable(
        name="SMTP_SENDER_NAME", default="Countersign", doc="The name beside that address.", parse=_line(_NAME)
    ),
    Variable(name="SMTP_HOST", default="smtp.gmail.com", doc="The mail server.", parse=_host),
    Variable(
        name="SMTP_PORT",
        default="587",
        doc="Its port. On `465` TLS begins at once; `25` is refused.",
        parse=_port,
    ),
    Variable(
        name="SMTP_ENABLE_STARTTLS",
        default="true",
        doc="`false` sends without TLS, and then without signing in. Else a server without it gets nothing.",
        parse=_switch,
    ),
    Variable(
        name="SMTP_USERNAME",
        doc="Who signs in at the mail server. Not set: nobody does, as at a relay that knows this machine.",
        parse=_line(320),
    ),
    Variable(name="SMTP_PASSWORD", doc="The password, for Google an app password.", parse=_secret),
    Variable(
        name="SMTP_SECRET",
        doc=(
            "The password in Secret Manager, `projects/P/secrets/S/versions/latest`. It wins over `SMTP_PASSWORD`,"
            " and is read again when the server refuses it."
        ),
        parse=_version,
    ),
    Variable(
        name="SMTP_OAUTH_TENANT",
        doc="For Microsoft 365 in place of a password: the directory (tenant) id of the app registration.",
        parse=_tenant,
    ),
    Variable(
        name="SMTP_OAUTH_CLIENT_ID", doc="The application (client) id of the app registration.", parse=_plain_id
    ),
    Variable(
        name="SMTP_OAUTH_CLIENT_SECRET", doc="The value of a client secret of the app registration.", parse=_secret
    ),
    Variable(
        name="SMTP_OAUTH_TOKEN_URL",
        doc="The token endpoint, where it is not the tenant's. Plain http needs `COUNTERSIGN_SANDBOX=1`.",
        parse=url,
    ),
    Variable(
        name="SMTP_ADDRESS_MAPPING",
        doc=(
            "CEL that makes a mail address of a person's id, `user.email`, where they differ, such as"
            " `user.email.extract('{handle}@example.com') + '@mail.example.com'`."
        ),
        parse=mapping,
        quotes=True,
    ),
    Variable(
        name="SMTP_OPTIONS",
        doc="JIT Access's options of JavaMail: `mail.smtp.localhost` and what holds anyway; others are refused.",
        parse=options,
    ),
    Variable(
        name="NOTIFICATION_TIMEZONE",
        default="UTC",
        doc="The time zone of the moments in mails, by its IANA name.",
        parse=_zone,
    ),
)


def read(values: Values) -> MailSettings | None:
    sender = values["SMTP_SENDER_ADDRESS"]
    if sender is None:
        return None
    given: dict[str, str] = values["SMTP_OPTIONS"] or {}
    oauth = _oauth(values)
    return MailSettings(
        host=values["SMTP_HOST"],
        port=values["SMTP_PORT"],
        starttls=values["SMTP_ENABLE_STARTTLS"],
        sender=sender,
        sender_name=values["SMTP_SENDER_NAME"],
        username=values["SMTP_USERNAME"] or (sender if oauth else ""),
        password=values["SMTP_PASSWORD"],
        secret=values["SMTP_SECRET"] or "",
        oauth=oauth,
        mapping=values["SMTP_ADDRESS_MAPPING"] or Mapping(),
        timezone=values["NOTIFICATION_TIMEZONE"],
        localhost=given.get("localhost") or sender.partition("@")[2].lower(),
        pages_url=values["COUNTERSIGN_PAGES_URL"],
    )


def _oauth(values: Values) -> OAuth | None:
    client: Any = values["SMTP_OAUTH_CLIENT_ID"]
    if client is None:
        return None
    tenant = values["SMTP_OAUTH_TENANT"]
    return OAuth(
        token_url=values["SMTP_OAUTH_TOKEN_URL"] or _LOGIN.format(tenant=tenant),
        client_id=client,
        client_secret=values["SMTP_OAUTH_CLIENT_SECRET"],
    )
