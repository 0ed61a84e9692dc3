"""What the bodies of applications' calls hold, member by member. What has no default must be there."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec


class Asserted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person by the application's word alone. `claims` are the policy's names, each with its values.

    `auth_time` is when the person signed in (RFC 3339); `acr` and `amr` are how.
    """

    email: str
    claims: Mapping[str, str | tuple[str, ...]] = {}
    auth_time: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    acr: str = ""
    amr: tuple[str, ...] = ()


class OnBehalfOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """For whom it is asked: exactly one of these says who that is."""

    token: str = ""
    iap_assertion: str = ""
    asserted: Asserted | None = None


class Called(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tool as an agent is about to call it: its server by the policy's name, its own name, and the digest of its
    definition as the server lists it.
    """

    server: str
    name: str
    definition: str


class Whom(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person, of whom nothing is asked for."""

    on_behalf_of: OnBehalfOf


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`parameters` by their names, as `GET /v1/actions` has them. `key` is the application's own name for what it
    acts on, `data` what else the approval is bound to. `consume` uses it by this call where nobody is asked.

    An agent brings a `tool` and its `arguments` in their place. `join` finds the request that waits for this very
    call already, is approved and not used, or was denied a moment ago, in the place of filing another.
    """

    action: str
    on_behalf_of: OnBehalfOf
    parameters: Mapping[str, Any] = {}
    key: str = ""
    data: Mapping[str, Any] | None = None
    tool: Called | None = None
    arguments: Mapping[str, Any] | None = None
    join: bool = False
    reason: str = ""
    consume: bool = False


class Consume(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is about to be done, in the same words as it was asked for."""

    parameters: Mapping[str, Any] = {}
    key: str = ""
    data: Mapping[str, Any] | None = None
    tool: Called | None = None
    arguments: Mapping[str, Any] | None = None


class Nothing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An empty object."""
