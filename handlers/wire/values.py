"""Values of parameters: how each type is written in a call, and the one text that stands for it from then on."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from approvals.targets import ParameterType
from countersign_client.canonical import text_digest

LONGEST = 1_000
"""Characters of a text."""

DIGITS = 15
"""Of a number: so many any double holds, and so does every program that reads it."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_WHOLE = (
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF"),
    *("XOF", "XPF"),
)
_MINOR = dict.fromkeys(_WHOLE, 0) | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)
"""Digits behind the point where they are not two (ISO 4217, minor units)."""

_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Misfit(ValueError):
    """A value that its type cannot be; the text is a sentence for whoever wrote the program."""


def written(kind: ParameterType, value: Any, *, salt: str) -> str:
    """The one text of a value. Raises `Misfit`. `salt` is for a secret's digest."""
    return _secret(value, salt) if kind == "secret" else _WAYS[kind](value)


def _string(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST:
        raise Misfit(f"It must be a text of 1 to {LONGEST:,} characters.")
    if _CONTROL.search(value):
        raise Misfit("It has a character that nobody could be shown.")
    return value


def _number(value: Any) -> str:
    if type(value) is int:
        value = str(value)
    if not isinstance(value, str) or len(value) > LONGEST or not _NUMBER.fullmatch(value):
        raise Misfit('It must be a whole number, or a decimal number in a text, such as "12.50".')
    found = _plain(Decimal(value))
    if len(re.sub(r"^0(?=\.)|[-.]", "", found.removeprefix("-"))) > DIGITS:
        raise Misfit(f"It has more than {DIGITS} digits.")
    return found


def _plain(found: Decimal) -> str:
    """Without zeros that say nothing, and without an exponent."""
    text = f"{found:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _money(value: Any) -> str:
    if not isinstance(value, Mapping) or set(value) != {"amount", "currency"}:
        raise Misfit('It must be an amount with its currency, such as {"amount": "12.50", "currency": "EUR"}.')
    amount, currency = value["amount"], value["currency"]
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        raise Misfit('Its currency must be three capital letters (ISO 4217), such as "EUR".')
    if not isinstance(amount, str):
        raise Misfit('Its amount must be a decimal number in a text, such as "12.50".')
    digits = _MINOR.get(currency, 2)
    whole, _, rest = _number(amount).partition(".")
    if len(rest) > digits:
        raise Misfit(f"Its amount has more than {digits} digits behind the point, which {currency} has not.")
    return f"{whole}.{rest:0<{digits}} {currency}" if digits else f"{whole} {currency}"


def _time(value: Any) -> str:
    wrong = Misfit('It must be a moment with its zone (RFC 3339), such as "2026-03-02T09:00:00Z".')
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise wrong
    try:
        found = datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong from None
    if found.microsecond or re.search(r"\.[0-9]*[1-9]", value):
        raise Misfit("It must be in whole seconds.")
    return f"{found:%Y-%m-%dT%H:%M:%S}Z" if found.year >= 1000 else _too_old()


def _too_old() -> str:
    raise Misfit("It must be after the year 999.")


def _secret(value: Any, salt: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST or re.search(r"[\ud800-\udfff]", value):
        raise Misfit(f"It must be a text of 1 to {LONGEST:,} characters.")
    return text_digest(salt, value)


_WAYS: Mapping[ParameterType, Callable[[Any], str]] = {
    "string": _string,
    "number": _number,
    "money": _money,
    "time": _time,
}
