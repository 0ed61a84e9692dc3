"""On whose behalf an application asks, and how that is proven."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

import msgspec

Proven = Literal["token", "iap", "asserted"]
"""By a token of an issuer that the policy lists, by the proxy's assertion, or by the application's word alone."""


class OnBehalf(msgspec.Struct, frozen=True, kw_only=True):
    """A person as an application brought them.

    `principal` is their directory address. `issuer` is the policy's id of who vouches for them, `subject` what the
    issuer calls them for good (`sub`, or `TID/OID`), both empty where nobody does. `claims` are the policy's names
    of what was claimed (`type`, `groups`, …), each with its values: what is absent is no, and what is `unknown`
    could not be told, such as groups that were too many for the token; unknown is no as well. `expires` is when
    the token that proved it does.
    """

    principal: str
    proven: Proven
    issuer: str = ""
    subject: str = ""
    claims: Mapping[str, tuple[str, ...]] = {}
    unknown: tuple[str, ...] = ()
    acr: str = ""
    amr: tuple[str, ...] = ()
    auth_time: datetime | None = None
    expires: datetime | None = None


def signed_in(person: OnBehalf, *, acr: tuple[str, ...], max_age: int | None, now: datetime) -> bool:
    """Whether the person's sign-in is of one of these classes (none: of any), at most `max_age` seconds ago.

    What an issuer says of several classes at once stands in `acr` with spaces between them, as Entra's contexts.
    """
    if acr and not set(acr) & set(person.acr.split()):
        return False
    if max_age is None:
        return True
    return person.auth_time is not None and now - person.auth_time <= timedelta(seconds=max_age)
