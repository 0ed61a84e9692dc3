"""Where a person's mail goes: to their id, unless an expression of the operator's makes another address of it."""

import re
from functools import lru_cache
from typing import final

from approvals.cel import CelError, texts
from approvals.people.principals import principal
from approvals.ports.messages import ChannelError
from approvals.refusals.errors import Refused

_PROBE = "alice@example.com"
_ATOMS = r"[\w!#$%&'*+/^`{|}~-]+(?:\.[\w!#$%&'*+/^`{|}~-]+)*"
_ORDINARY = re.compile(rf"{_ATOMS}@{_ATOMS}", re.ASCII)
"""Two dot-atoms (RFC 5322 section 3.4.1) without what encoded words are made of: a header holds them as such."""


@final
class Mapping:
    """CEL over `user.email`, with `extract()`; empty: everybody's id is their address."""

    def __init__(self, expression: str = "") -> None:
        """Raises `CelError` for what is no expression that gives a text."""
        self._expression = expression
        if expression:
            texts(expression, {"user.email": _PROBE})

    def address(self, person: str) -> str:
        """Return the mail address. Raises `ChannelError` where there is no single plain one."""
        found = _mapped(self._expression, person) if self._expression else person
        if not writable(found):
            raise ChannelError(f"no mail can be sent to {found}: no header of a mail can hold this address")
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and other._expression == self._expression

    def __hash__(self) -> int:
        return hash(self._expression)


@lru_cache(maxsize=1024)
def _mapped(expression: str, person: str) -> str:
    try:
        found = texts(expression, {"user.email": person})
        principal(found)
    except CelError as error:
        raise ChannelError(f"SMTP_ADDRESS_MAPPING fails for {person}: {error}") from error
    except Refused as error:
        raise ChannelError(f"SMTP_ADDRESS_MAPPING makes no mail address of {person}: {found!r}") from error
    return found.strip()


@lru_cache(maxsize=1024)
def writable(address: str) -> bool:
    """Whether a header can hold this address: some accounts have dots where RFC 5322 has none."""
    if _ORDINARY.fullmatch(address):
        return True
    from email.headerregistry import Address  # noqa: PLC0415 - a start has no other use for it

    try:
        Address(addr_spec=address)
    except Exception:  # noqa: BLE001 - of odd ones it raises whatever its parser stumbles over
        return False
    return True


def mapping(text: str) -> Mapping:
    """Read the variable. Raises `ValueError`."""
    try:
        return Mapping(text)
    except CelError as error:
        raise ValueError(
            f"it is no expression that gives a text: {error}."
            " Set one over user.email, such as user.email.extract('{handle}@example.com') + '@example.org'"
        ) from error
