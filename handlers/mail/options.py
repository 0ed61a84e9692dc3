"""JIT Access's SMTP_OPTIONS: options of JavaMail, of which each is known here or refused by its name."""

import re

_PREFIX = "mail.smtp."
_HOLDS = {
    "auth": "true",
    "starttls.enable": "true",
    "starttls.required": "true",
    "ssl.checkserveridentity": "true",
    "sendpartial": "false",
}
"""What is so in any case."""

_INSTEAD = {
    "host": "set SMTP_HOST",
    "port": "set SMTP_PORT",
    "user": "set SMTP_USERNAME",
    "from": "set SMTP_SENDER_ADDRESS",
    "ssl.enable": "set SMTP_PORT=465, on which TLS begins at once",
    "ssl.trust": "certificates are always verified: add your own authority by SSL_CERT_FILE",
    "connectiontimeout": "the time limits of outside calls are fixed",
    "timeout": "the time limits of outside calls are fixed",
    "writetimeout": "the time limits of outside calls are fixed",
    "starttls.enable": "set SMTP_ENABLE_STARTTLS",
    "starttls.required": "set SMTP_ENABLE_STARTTLS",
    "auth": "unset SMTP_USERNAME where nobody is to sign in",
    "auth.mechanisms": "set the SMTP_OAUTH_* names for XOAUTH2",
}


def options(text: str) -> dict[str, str]:
    """Read `mail.smtp.NAME=VALUE,…`. Raises `ValueError` that names every option that cannot be had here."""
    found: dict[str, str] = {}
    wrong: list[str] = []
    for pair in filter(None, map(str.strip, text.split(","))):
        try:
            found.update(_option(pair))
        except ValueError as error:
            wrong.append(str(error))
    if wrong:
        raise ValueError(". ".join(wrong))
    return found


def _option(pair: str) -> dict[str, str]:
    """What one option changes: nothing, where it is so in any case."""
    name, equals, value = (part.strip() for part in pair.partition("="))
    short = name.removeprefix(_PREFIX)
    if not equals or not name.startswith(_PREFIX):
        raise ValueError(f"{pair!r} is no option. Write {_PREFIX}NAME=VALUE, with commas between them")
    if short == "localhost":
        return {short: _greeting(value)}
    if _HOLDS.get(short) != value.lower():
        instead = _INSTEAD.get(short, "there is nothing like it here")
        raise ValueError(f"{name}={value} cannot be had: {instead}. Take it out of the list")
    return {}


def _greeting(value: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z.-]{0,254}", value):
        raise ValueError(f"{_PREFIX}localhost: {value!r} is no name of a host. Set this machine's own")
    return value
