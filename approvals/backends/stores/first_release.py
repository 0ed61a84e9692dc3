"""A request as 0.1.0 stored it, brought to the form of this release: alike on any store."""

import logging

import msgspec

from approvals.requests import Request, asked
from approvals.terms.covered import cover

_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode


def brought_up(request_id: str, body: bytes) -> bytes:
    """Put the object that its digest covers into a request, which 0.1.0 built anew each time.

    The digest stays what was recorded, whatever the object says: where somebody changed the terms since, they are
    kept as they are, the log says so, and so will the audit. A body that is none stays as it is.
    """
    try:
        found = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        if "covered" in found:
            return body
        request = msgspec.json.decode(_encode({**found, "v": 2, "covered": ""}), type=Request)
        covered = cover(asked(request))
    except (msgspec.MsgspecError, UnicodeError) as error:
        _log.error("%s: its record cannot be read, and is kept as it is: %s", request_id, error)
        return body
    if covered.digest != request.digest:
        _log.error("%s: its terms are not those that its digest covers; both are kept as they are", request_id)
    return _encode(msgspec.structs.replace(request, covered=covered.text))
