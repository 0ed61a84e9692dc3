"""Who comes to a page or calls: by the assertion of each request anew. There is no session of ours."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from approvals.identities import Entrance, Identity
from approvals.people.accounts import Account, Purpose
from approvals.refusals.errors import Refused
from handlers.channel import Equipment
from handlers.identity.accounts import account_of
from handlers.identity.iap import Assertions, Untrusted
from handlers.wording.refusing.refusals import Said

Headers = Iterable[tuple[bytes, bytes]]

STRANGER = (
    "You did not come here through your organisation's sign-in, or what it said of you does not fit this service."
    " Open the address of these pages again and sign in. If you did, tell whoever runs this app: its log says what"
    " is wrong."
)


class Known(NamedTuple):
    """Who somebody is who may ask and look. `barred` says why they decide nothing at all; None: they may."""

    identity: Identity
    barred: Refused | None


class Visitors:
    """Lets people in."""

    def __init__(
        self,
        assertions: Assertions,
        entrance: Entrance,
        equipment: Equipment,
        *,
        within: Callable[[str], int] = lambda _: 0,
    ) -> None:
        """`within` says how many seconds ago whoever comes to an audience signed in at most; 0: nobody knows."""
        self._assertions = assertions
        self._within = within
        self._entrance = entrance
        self._equipment = equipment

    def account(self, headers: Headers, *, now: datetime) -> Account:
        """The account that a request is by. Raises `Refused` or `Unavailable`."""
        try:
            assertion = self._assertions.read(headers, now=now)
        except Untrusted as error:
            self._equipment.seldom.warn("assertion", f"a page was not shown: {error}")
            raise Said("stranger", STRANGER) from None
        rules = self._equipment.policy().identity
        return account_of(assertion, rules, within=self._within(assertion.audience))

    def identify(self, account: Account, *, purpose: Purpose, now: datetime) -> Identity:
        """Who that is here, and whether that counts for asking, or for deciding. Raises `Refused`."""
        return self._entrance.identify(account, purpose=purpose, now=now)

    def known(self, account: Account, *, now: datetime) -> "Known":
        """Who that is, and whether they decide. Raises as `identify` does for who may not even ask and look."""
        try:
            return Known(self.identify(account, purpose="decide", now=now), None)
        except Refused as refusal:
            return Known(self.identify(account, purpose="request", now=now), refusal)
