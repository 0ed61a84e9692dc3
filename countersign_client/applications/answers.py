"""A request of an application's, as the service tells it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from countersign_client.answers import Answer


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter, as people are shown it."""

    name: str
    label: str = ""
    type: str = ""
    text: str = ""


class Behalf(msgspec.Struct, frozen=True, kw_only=True):
    """For whom it was asked, and how that is proven: `token`, `iap` or `asserted`."""

    principal: str
    proven: str = ""


class Asked(Answer, frozen=True, kw_only=True):
    """How a request stands. Keep `id`: by it the work goes on after a restart. `page` is where people decide.

    `state` is `pending`, `approved`, `denied`, `withdrawn`, `expired`, `used` or `lapsed`; none of them is a
    permission. `needs` says in words whose approval it wants, `use_by` until when an approval can be used.
    `receipt` is there where the call that asked has used it at once.
    """

    id: str
    state: str
    page: str = ""
    digest: str = ""
    revision: int = 1
    version: int = 0
    approval: str = ""
    action: str = ""
    title: str = ""
    application: str = ""
    agent: bool = False
    parameters: tuple[Said, ...] = ()
    on_behalf_of: Behalf | None = None
    filed: str = ""
    expires: str = ""
    use_by: str | None = None
    needs: str = ""
    decision: Mapping[str, Any] | None = None
    receipt: str | msgspec.UnsetType | None = msgspec.UNSET
