"""What came of holding a tool's call. `Allowed` alone lets it run; whatever else there is means no."""

from collections.abc import Mapping
from typing import Any

import msgspec


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """The call may run now, once, with exactly these `arguments`: the copy that people approved.

    `receipt` is the proof, verified. `claimed` is when the approval was used (RFC 3339): where it is long ago, an
    earlier try may have run already.
    """

    request: str
    receipt: str
    arguments: Mapping[str, Any]
    claimed: str


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """People have not decided yet. `page` is where they do, `needs` whose approval it wants, in words.

    The same call again finds the same request. `filed` and `expires` are its times (RFC 3339).
    """

    request: str
    page: str
    needs: str
    filed: str
    expires: str
    said: str


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """It must not run. `code` is Countersign's word for why, `fields` what stands against each member of the call.

    `told` is what else the problem says, such as `step_up`: how the person has to sign in anew.
    """

    request: str
    code: str
    said: str
    fields: Mapping[str, str] = {}
    told: Mapping[str, Any] = {}


class Unreachable(msgspec.Struct, frozen=True, kw_only=True):
    """Countersign gave no whole answer in time, which is a no. The same call again goes on from there."""

    request: str
    said: str


Outcome = Allowed | Pending | Refused | Unreachable
