"""JIT Access's SMTP_OPTIONS: options of JavaMail, of which each is known here or refused by its name."""

import re

_PREFIX = "mail.smtp."
_GREETING = f"{_PREFIX}localhost"
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
    given = [_split(pair) for pair in map(str.strip, text.split(",")) if pair]
    if wrong := [problem for name, value in given if (problem := _problem(name, value))]:
        raise ValueError(". ".join(wrong))
    return {name.removeprefix(_PREFIX): value for name, value in given if value and name == _GREETING}


def _split(pair: str) -> tuple[str, str | None]:
    name, equals, value = (part.strip() for part in pair.partition("="))
    return (name, value) if equals and name.startswith(_PREFIX) else (pair, None)


def _problem(name: str, value: str | None) -> str:
    if value is None:
        return f"{name!r} is no option. Write {_PREFIX}NAME=VALUE, with commas between them"
    short = name.removeprefix(_PREFIX)
    if name == _GREETING:
        fits = re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z.-]{0,254}", value)
        return "" if fits else f"{name}: {value!r} is no name of a host. Set this machine's own"
    if _HOLDS.get(short) == value.lower():
        return ""
    instead = _INSTEAD.get(short, "there is nothing like it here")
    return f"{name}={value} cannot be had: {instead}. Take it out of the list"
