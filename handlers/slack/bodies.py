"""The three kinds of bodies that Slack sends: JSON, a form, and JSON in a form's `payload`."""

from binascii import a2b_qp
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

import msgspec

FIELDS = 100
"""Fields of a form; a slash command has about fifteen."""


class Garbage(Exception):
    """A signed body that Slack would not send."""


def parse(body: bytes, *, content_type: str) -> dict[str, Any]:
    """Read a body whose signature holds. Raises `Garbage`."""
    if content_type.partition(";")[0].strip().lower() == "application/json" or body[:1] == b"{":
        return _json(body)
    if body.startswith(b"payload=") and b"&" not in body:
        # Interactions are this and nothing else, and large: a general form parser takes most of a click's time.
        return _json(unquoted(body[8:]))
    fields = form(body)
    # A command's text may say anything, so only a form without a command is read as an interaction.
    if "command" in fields or "ssl_check" in fields:
        return fields
    return _json(fields.get("payload", "").encode())


def unquoted(value: bytes) -> bytes:
    """Undo the percent-encoding of one value of a form."""
    spaced = value.replace(b"+", b" ")
    if b"=" in spaced or b"\n" in spaced or b"\r" in spaced:
        return unquote_to_bytes(spaced)
    # Quoted-printable is the same escape under another sign, and its decoder is compiled: a click has a thousand.
    found = a2b_qp(spaced.replace(b"%", b"="))
    # Each whole escape makes one byte of three. What is none makes fewer go, and is read in its own way.
    whole = len(spaced) - len(found) == 2 * spaced.count(b"%")
    return found if whole else unquote_to_bytes(spaced)


def _json(text: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise Garbage("no JSON") from error
    if not isinstance(found, dict):
        raise Garbage("JSON that is no object")
    return found


def form(body: bytes) -> dict[str, str]:
    """Read the fields of a form. Raises `Garbage`."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=FIELDS)
    except ValueError as error:
        raise Garbage("no form") from error
    found = dict(pairs)
    if not found or len(found) != len(pairs):
        raise Garbage("no form, or a field twice")
    return found
