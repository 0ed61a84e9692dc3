"""What is asked, as records."""

from datetime import datetime, timedelta

import msgspec

from approvals.people.persons import OnBehalf
from approvals.policy.model import Requirement
from approvals.policy.tools import CallWindow
from approvals.reviews import Typed
from approvals.targets import Target, without_salts


class Within(msgspec.Struct, frozen=True, kw_only=True):
    """Which window a call was taken from, by the request that opened it and its digest: it is the `number`-th."""

    request: str
    digest: str
    number: int


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked, of one target at least: frozen when it is filed. `expires`: nobody can decide any more.

    An action is the only target of its request, and its `entitlement` is the policy's id of it. Its `duration` is
    how long an approval can be used, and `person` the one on whose behalf it is asked. Access begins no sooner
    than `start`, where there is one. `extends` is the id of the request whose access it continues.

    `salt` is what the object of an action is salted with: 128 random bits that are erased with its parameters, and
    shown to nobody. Releases before kept none. `window` is what approvers of a tool's call may choose
    in the place of that one call, and `within` the window that it was taken from, so that nobody was asked.
    """

    entitlement: str
    title: str
    targets: tuple[Target, ...]
    duration: timedelta
    justification: Typed
    expires: datetime
    requirement: Requirement
    policy: str
    person: OnBehalf | None = None
    start: datetime | None = None
    extends: str = ""
    salt: str = ""
    window: CallWindow | None = None
    within: Within | None = None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks for what, and in which revision: all that a digest covers. Never of tally or clock."""

    request: str
    revision: int
    requester: str
    terms: Terms


def without_text(asked: Asked) -> Asked:
    """The same as far as a digest covers it: what was typed, and what is secret, by its own digest alone."""
    bare = Typed(digest=asked.terms.justification.digest, salt="", text="")
    terms = msgspec.structs.replace(
        asked.terms, justification=bare, targets=tuple(map(without_salts, asked.terms.targets))
    )
    return msgspec.structs.replace(asked, terms=terms)
