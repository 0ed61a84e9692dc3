"""What is asked, as records."""

from datetime import datetime, timedelta

import msgspec

from approvals.policy.model import Requirement
from approvals.reviews import Typed
from approvals.targets import Target


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked, of one target at least: frozen when it is filed. `expires`: nobody can decide any more."""

    entitlement: str
    title: str
    targets: tuple[Target, ...]
    duration: timedelta
    justification: Typed
    expires: datetime
    requirement: Requirement
    policy: str


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks for what, and in which revision: all that a digest covers. Never of tally or clock."""

    request: str
    revision: int
    requester: str
    terms: Terms


def without_text(asked: Asked) -> Asked:
    """The same as far as a digest covers it: what was typed by its own digest alone."""
    bare = Typed(digest=asked.terms.justification.digest, salt="", text="")
    return msgspec.structs.replace(asked, terms=msgspec.structs.replace(asked.terms, justification=bare))
