"""What somebody can ask for: what the policy's file offers, and beside it what IAM does, where it is a source."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from itertools import chain

import msgspec

from approvals.identities import Identity
from approvals.judging.cases import Cases
from approvals.offers.iam_offers import Offered, project_of
from approvals.offers.shelf import matching
from approvals.people.memberships import Answer, Memberships
from approvals.policy.evaluate import offered_to
from approvals.policy.model import Entitlement, Policy
from approvals.policy.selectors import answer, directory_groups
from approvals.refusals.errors import OffersUnknown, Unavailable
from approvals.targets import all_roles

GROUPS = 200
"""Directory groups that are looked into for one list of what IAM offers."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody may ask for, the file's first. `partly`: not all that IAM offers could be looked up."""

    entitlements: Iterable[Entitlement]
    partly: bool = False


class Offering:
    """Finds what can be asked for. Whoever asks for it is held against the policy of that moment again."""

    def __init__(self, *, cases: Cases) -> None:
        self._cases = cases

    def search(self, identity: Identity, query: str, *, now: datetime) -> Found:
        """Everything in which each typed word occurs: the file's, in its order, then IAM's by project and role."""
        policy, mine = self._cases.policy(), matching(self._of_file(identity, now), query)
        if policy.source is None:
            return Found(entitlements=mine)
        shelf = self._cases.catalog.shelf(policy, now=now)
        if shelf is None:
            return Found(entitlements=mine, partly=True)
        known, unsure = self._memberships(identity, shelf.selectors, now)
        person = identity.principal
        found = shelf.typed(query, person, _asks(policy, person, known), by=(policy, known))
        return Found(entitlements=chain(mine, found), partly=unsure)

    def meant(self, identity: Identity, *, what: str, where: str, now: datetime) -> Found:
        """What a line can mean that names something, on something: the file's, and of IAM's what is called so."""
        policy, mine = self._cases.policy(), self._of_file(identity, now)
        if policy.source is None or not (what or where):
            return Found(entitlements=mine)
        try:
            return Found(entitlements=(*mine, *self._called(policy, identity, what.lower(), where.lower(), now)))
        except Unavailable:
            return Found(entitlements=mine, partly=True)

    def one(self, identity: Identity, name: str, *, now: datetime) -> Entitlement | None:
        """What has this id, if this person may certainly ask for it. Raises `Unavailable` while IAM is silent."""
        policy = self._cases.policy_for(name, now=now)
        if policy.unasked(name):
            raise OffersUnknown("what IAM offers cannot be known now")
        found = policy.entitlements.get(name)
        if found is None:
            return None
        known = self._cases.about(identity.principal, selectors=found.requesters, now=now).memberships
        return found if answer(policy, found.requesters, identity.principal, known) == "yes" else None

    def who_may_ask(self, what: str) -> tuple[str, ...]:
        """Who can ask for what the file has by this id, title or role; nobody where nothing is called so."""
        wanted = what.lower()
        for each in self._cases.policy().entitlements.values():
            given = {role.lower() for role in all_roles(each.targets)}
            if wanted in (each.id, each.title.lower()) or {wanted, f"roles/{wanted}"} & given:
                return each.requesters
        return ()

    def _of_file(self, identity: Identity, now: datetime) -> Sequence[Entitlement]:
        policy = self._cases.policy()
        selectors = {who for each in policy.entitlements.values() for who in each.requesters}
        known = self._cases.about(identity.principal, selectors=selectors, now=now)
        return offered_to(policy, identity.principal, known.memberships)

    def _called(
        self, policy: Policy, identity: Identity, what: str, where: str, now: datetime
    ) -> Sequence[Entitlement]:
        """What IAM offers by an id, on a project, or by a role. Raises `Unavailable`."""
        if project_of(what):
            found = self.one(identity, what, now=now)
            return (found,) if found is not None else ()
        if project := _project(where):
            offered = self._cases.catalog.on(policy, project, now=now)
            selectors = tuple(who for each in offered for who in each.entitlement.requesters)
            known, _ = self._memberships(identity, selectors, now)
            return tuple(_shown(offered, _asks(policy, identity.principal, known)))
        shelf = self._cases.catalog.shelf(policy, now=now) if not where else None
        if shelf is None:
            return ()
        known, _ = self._memberships(identity, shelf.selectors, now)
        return shelf.giving(what, _asks(policy, identity.principal, known))

    def _memberships(
        self, identity: Identity, selectors: Iterable[str], now: datetime
    ) -> tuple[Memberships, bool]:
        """In which of the groups among these somebody is, and whether that of one could not be looked up."""
        groups = sorted(directory_groups(self._cases.policy(), selectors))
        asked = tuple(f"group:{each}" for each in groups[:GROUPS])
        known = self._cases.about(identity.principal, selectors=asked, now=now).memberships
        unsure = any(known.holds(each, identity.principal) == "unknown" for each in groups)
        return known, unsure


def _asks(policy: Policy, person: str, known: Memberships) -> Callable[[tuple[str, ...]], Answer]:
    """Whether somebody is among selectors, each found out once."""

    @cache
    def asked(selectors: tuple[str, ...]) -> Answer:
        return answer(policy, selectors, person, known)

    return asked


def _shown(offered: Sequence[Offered], asks: Callable[[tuple[str, ...]], Answer]) -> Iterator[Entitlement]:
    """What somebody may certainly ask for, without what they may have without peers."""
    alone = {each.entitlement.id for each in offered if asks(each.entitlement.requesters) == "yes"}
    return (each.entitlement for each in offered if each.entitlement.id in alone and each.twin not in alone)


def _project(where: str) -> str:
    """The project that a place names; empty where it can be none."""
    bare = where.lstrip("#").removeprefix("projects/")
    return f"projects/{bare}" if project_of(f"iam.{bare}.{'0' * 16}") else ""
