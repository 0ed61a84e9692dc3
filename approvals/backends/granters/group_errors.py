"""What Google's refusals to read or change who is in a group mean."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from approvals.ports.targets import Forbidden, GranterError, Impossible, PolicyChanged, Unsure
from approvals.refusals import reasons

if TYPE_CHECKING:
    from approvals.backends.google_rest import RestError

SAID = 1000
"""Characters of what Google says of a failure that are kept: people read them on a card, which has to be whole."""

NEEDED = "to be a manager of the group, or a Groups Administrator"


class Missing(Impossible):
    """There is nothing of this name any more (404)."""


_CODES = {"3": 400, "5": 404, "6": 409, "7": 403, "8": 429, "9": 400, "10": 409, "13": 500, "14": 503}
"""Those of `google.rpc.Code` that an operation ends with, as HTTP says them."""


def failed(failure: object) -> "RestError":
    """The error that an operation ended with, as a call would have failed with it."""
    from approvals.backends.google_rest import RestError  # noqa: PLC0415

    said: Mapping[str, Any] = failure if isinstance(failure, dict) else {}
    return RestError(_CODES.get(str(said.get("code")), 500), str(said.get("message", "")))


def meaning(error: "RestError", group: str) -> GranterError:
    """Say what an error answer means for the caller (https://cloud.google.com/apis/design/errors)."""
    code, said = error.code, str(error)[:SAID].rstrip(". ")
    if code in (409, 412):
        return PolicyChanged(said)
    if code in (401, 403):
        return Forbidden(reasons.reason("group.forbidden", group=group, said=said), needed=NEEDED)
    if code == 0:
        return Unsure(reasons.reason("google.credentials" if error.silence == "credentials" else "google.silent"))
    if code in (408, 429) or code >= 500 or 300 <= code < 400:
        return Unsure(reasons.reason("google.unclear", status=code, said=said))
    if code == 404:
        return Missing(reasons.reason("google.final", status=code, said=said))
    return Impossible(reasons.reason("google.final", status=code, said=said))
