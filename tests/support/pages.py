"""People who come by a page: signed in at a proxy of ours, and let in by what it says of them."""

from typing import Any

from approvals.identities import Identity
from approvals.people.accounts import Purpose
from approvals.requests import Request
from approvals.reviews import Verdict
from approvals.uses.votes import Press, Voted
from handlers.identity.accounts import account_of
from handlers.identity.iap import Assertions
from handlers.identity.keys import PublishedKeys
from tests.support.assertions import AUDIENCE, KeyPage, Proxy, headers
from tests.support.world import World


class Visitors:
    """Whoever comes to the pages of a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.proxy = Proxy(now=world.clock)
        keys = PublishedKeys("https://keys", send=KeyPage(self.proxy).send, clock=world.clock)
        self._assertions = Assertions([AUDIENCE], find=keys.find)

    def identity(self, person: str, *, purpose: Purpose = "decide", **claims: Any) -> Identity:
        """Somebody as authenticated now."""
        world, given = (
            self._world,
            headers(self.proxy.mint(email=person, sub=f"accounts.google.com:{person}", **claims)),
        )
        account = account_of(self._assertions.read(given, now=world.clock()), world.policy.identity)
        return world.accounts.entrance("iap").identify(account, purpose=purpose, now=world.clock())

    def vote(self, person: str, request: Request, verdict: Verdict = "approve", *, form: str = "") -> Voted:
        """A vote by what the page's form carries, whose token was made just now."""
        world = self._world
        token = world.tokens.mint(world.read(request), act="review", now=world.clock())
        press = Press(token=token, verdict=verdict, form=form)
        return world.uses.deciding.review(self.identity(person), press, now=world.clock())
