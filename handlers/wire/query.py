"""What the query of an address says: names that are known, whole numbers, and where a list goes on."""

import base64
import binascii
from collections.abc import Mapping

from approvals.ports.store import Position
from handlers.wire.problems import Fault
from handlers.wording.history.places import named, place_named

_NO_CURSOR = "cursor is what an answer before called next."


def require_known(query: Mapping[str, str], *names: str) -> None:
    """Raise `Fault` for a name that the address does not take."""
    for name in query:
        if name not in names:
            taken = f"{', '.join(names)} and nothing else" if names else "no query"
            raise Fault(400, "query", f"This address takes {taken}.")


def whole_number(query: Mapping[str, str], name: str, *, most: int, least: int = 0, usual: int = 0) -> int:
    """A number of the query. Raises `Fault` for anything else of that name."""
    text = query.get(name, str(usual))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise Fault(400, "query", f"{name} is a whole number from {least} to {most}.", field=name)
    return int(text)


def after(query: Mapping[str, str]) -> str:
    """The entry after which the answer begins; empty: with the first one. Raises `Fault`."""
    text = query.get("cursor", "")
    try:
        return base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        raise Fault(400, "query", _NO_CURSOR, field="cursor") from None


def place(query: Mapping[str, str]) -> Position | None:
    """The place in a history behind which the answer begins; None: with the newest. Raises `Fault`."""
    text = after(query)
    found = place_named(text)
    if text and found is None:
        raise Fault(400, "query", _NO_CURSOR, field="cursor")
    return found


def older(found: Position | None) -> str | None:
    """The cursor of what is older; None where nothing is."""
    return cursor(named(found)) if found is not None else None


def cursor(last: str) -> str:
    """What continues a list after an entry."""
    return base64.urlsafe_b64encode(last.encode()).decode()
