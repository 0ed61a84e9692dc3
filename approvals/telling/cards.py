"""What a message about a request shows, whatever channel lays it out."""

from collections.abc import Mapping

import msgspec

from approvals.deeds import Deeds
from approvals.epochs import Epoch
from approvals.grants import Kept
from approvals.parts import Part, Unread
from approvals.policy.tickets import Tickets
from approvals.proofs import Serving
from approvals.refusals.reasons import Reason
from approvals.requests import Request
from approvals.votes.tally import Tally

AnyFreeze = Epoch | Part | Unread
"""Of everything, of one entitlement or person, or of nobody knows what."""


class Unmailed(msgspec.Struct, frozen=True, kw_only=True):
    """Whose turn it is although they get no mail: the selectors that nobody could resolve, and so many more."""

    unknown: tuple[str, ...]
    more: int


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What a message shows: the request, its tally, and the activation token for its buttons (empty: none).

    `may_need_more`: what was frozen and what the policy demands now differ, so that the last approval of the
    tally may not be the last one of all. `before` is what gave or may give the requester the same; `names` are
    what people's accounts show, by address: typed by those people, and never in an address's place. `kept` is
    what other requests keep of access that was ended. `address_now`: the account that asked has this address by
    now, which is another one. `frozen` is the freeze that holds it up, and `reader` the address of the one person
    who reads this, empty where others do. `tickets` is what the policy in force says
    of them, whatever it said at the filing. `unmailed` is None where mail leaves nobody out. `serving` says how
    long votes by a page count; `by_page`: the policy takes decisions by a page alone. `too_long`: not all of it
    fits where this is shown, so none of its lines are, and it is approved on its page alone. `unable`
    says why what is asked for could not be made in Google Cloud, as things stand. `deeds` is what was found of
    what was done with its access, None where that is not looked for, or not yet.
    """

    request: Request
    tally: Tally
    token: str = ""
    may_need_more: bool = False
    before: Request | None = None
    names: Mapping[str, str] = {}
    kept: tuple[Kept, ...] = ()
    frozen: AnyFreeze | None = None
    reader: str = ""
    address_now: str = ""
    tickets: Tickets | None = None
    unmailed: Unmailed | None = None
    serving: Serving = Serving()
    by_page: bool = False
    too_long: bool = False
    deeds: Deeds | None = None
    unable: tuple[Reason, ...] = ()
