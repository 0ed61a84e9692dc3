"""Extending access by its page: what its form says, and what came of it."""

from collections.abc import Mapping
from contextlib import suppress

from approvals.identities import Identity
from approvals.refusals.errors import CountersignError, Refused
from approvals.requests import Request
from approvals.reviews import TYPED_LENGTH, says_something
from approvals.times import in_words
from approvals.uses.asking import Asking
from handlers.web.pages import Visit
from handlers.wording.reading.commands import duration_of
from handlers.wording.refusing.fields import EXTENDING, too_long
from handlers.wording.refusing.refusals import Said


def extended(asking: Asking, visit: Visit, identity: Identity, *, form: str) -> Request:
    """File what the form asks for, once for each form. Raises `Refused` with all that is wrong with it."""
    duration, why = visit.form.get("duration", "").strip(), visit.form.get("justification", "").strip()
    wrong: list[Refused] = []
    try:
        duration_of(duration)
    except Refused as refusal:
        wrong.append(refusal)
    if not says_something(why):
        wrong.append(Said("justification", EXTENDING))
    elif len(why) > TYPED_LENGTH:
        wrong.append(Said("justification", too_long(TYPED_LENGTH)))
    if wrong:
        raise wrong[0].besides(wrong[1:])
    key, lasting = f"page:{form}", duration_of(duration)
    return asking.extend(identity, visit.rest, duration=lasting, justification=why, key=key, now=visit.now)


def offered(asking: Asking, visit: Visit, identity: Identity, request_id: str) -> Mapping[str, str]:
    """How much longer its holder can have it, in words; nothing where it cannot be extended now."""
    with suppress(CountersignError):
        found = asking.extension(identity, request_id, now=visit.now)
        if found.most:
            hint = found.entitlement.justification.hint
            return {"usual": in_words(found.usual), "most": in_words(found.most), "hint": hint}
    return {}
