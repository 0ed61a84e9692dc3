"""Variables of the environment: name, default, meaning, and how the text becomes a value."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec


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

    `parse` raises `ValueError` with half a sentence that says what is wrong and what to set. `quotes`: the text
    may begin or end with a quotation mark, as an expression does.
    """

    name: str
    doc: str
    parse: Callable[[str], Any]
    default: str = ""
    quotes: bool = False


def url(text: str) -> str:
    """Return an address of a host and path without its last slash, or raise `ValueError`.

    The scheme must be written small, because what is trusted hangs on it.
    """
    try:
        parts = urlsplit(text)
        usable = text.startswith(("http://", "https://")) and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or re.search(r"[?#@\s\\]", text):
        raise ValueError("it is no http(s) address of a host and path. Set one such as https://HOST/PATH")
    return text.rstrip("/")


def origin(text: str) -> str:
    """Return an address of a host alone, as browsers name it in `Origin`, or raise `ValueError`."""
    wrong = "it is no address of a host alone, in small letters. Set one such as https://countersign.example.com"
    try:
        address = url(text)
    except ValueError:
        raise ValueError(wrong) from None
    parts = urlsplit(address)
    if parts.path or address != address.lower() or parts.port == _PORTS[parts.scheme]:
        raise ValueError(wrong)
    return address


_PORTS = {"http": 80, "https": 443}
"""Browsers leave these out."""
