"""A request as 0.1.0 stored it, brought to the form of this release: alike on any store."""

import logging
from typing import Any

import msgspec

from approvals.backends.stores.records import SPOILT
from approvals.requests import Request, asked
from approvals.terms.covered import cover
from countersign_client import shapes

_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode


def is_of_it(body: bytes) -> bool:
    """It is a request as 0.1.0 wrote it. A text in it that says so would have its quotation marks escaped."""
    return b'"covered":' not in body


def brought_up(request_id: str, body: bytes) -> bytes:
    """Put the object that its digest covers into a request, which 0.1.0 built anew each time.

    The digest stays what was recorded, whatever the object says: where somebody changed the terms since, they are
    kept as they are, the log says so, and so will the audit. A body that is none stays as it is.
    """
    try:
        if not is_of_it(body):
            return body
        found = shapes.decode(body, dict[str, Any])
        request = shapes.decode(_encode(_reshaped(found)), Request)
        covered = cover(asked(request))
    except (*SPOILT, KeyError, AttributeError, ValueError) as error:
        _log.error("%s: its record cannot be read, and is kept as it is: %s", request_id, error)
        return body
    if covered.digest != request.digest:
        _log.error("%s: its terms are not those that its digest covers; both are kept as they are", request_id)
    return _encode(msgspec.structs.replace(request, covered=covered.text))


def _reshaped(found: dict[str, Any]) -> dict[str, Any]:
    """One target and its grant, which 0.1.0 spread over the terms and the request."""
    terms = dict(found["terms"])
    target = {name: terms.pop(name) for name in ("resource", "roles", "condition")}
    grants = [found["grant"]] if found.get("grant") else []
    rest = {name: value for name, value in found.items() if name != "grant"}
    return rest | {
        "v": 2,
        "covered": "",
        "terms": terms | {"targets": [{"kind": "iam", **target}]},
        "grants": grants,
    }
