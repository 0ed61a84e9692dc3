"""The history: every request that concerns somebody, however long ago it was decided. To look changes nothing.

A request concerns who asked for it, who owns the service account that did, and who is now among the approvers of
what it asks for, by the file or by IAM; every one of them whom `Seeing` lets look at everything. Nothing else is
told, so that no filter and no page of the list tells of one that does not.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Protocol

import msgspec

from approvals.access.keeping import kept_by_others
from approvals.grants import Kept
from approvals.identities import Identity
from approvals.ids import is_request_id
from approvals.judging.asked import deciders
from approvals.judging.cases import Cases
from approvals.offers.iam_offers import project_of
from approvals.people.memberships import NOTHING_KNOWN
from approvals.policy.model import approvers, deciding_stages
from approvals.ports.store import Position, Sought, Span, Stretch
from approvals.refusals.errors import NotFound, Unavailable, Unreadable
from approvals.requests import Request
from approvals.targets import all_roles, resources
from approvals.times import rfc3339
from approvals.uses import walking
from approvals.uses.peering import Peering, of_iam
from approvals.uses.seeing import Seeing
from approvals.uses.walking import stretches
from countersign_client.chain import Entry
from countersign_client.patterns import Pattern

EXPORTED = "history.exported"

LOOKED = 1000
"""Requests that one page of the history is made from, at most."""

_ID = Pattern(r"[a-z0-9][a-z0-9._-]{0,62}")


class HistoryStore(Protocol):
    """The part of a store that the history needs."""

    def history(self, sought: Sequence[Sought], *, span: Span, limit: int) -> Stretch: ...

    def request(self, request_id: str) -> Request: ...

    def holdings(self, *, resource: str, person: str) -> Sequence[Request]: ...

    def beside(self, request: Request) -> Sequence[Request]: ...

    def append(self, *, at: datetime, actor: str, action: str, detail: Mapping[str, Any]) -> Entry: ...


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody looks for; what is empty is anything.

    `person` asked for it. Every word of `words` occurs in its own id, or in the title, id, roles, resources or
    application of what it asks for, which is the whole id in `entitlement`. `standing` is the state of its access,
    or of the request where it has none.
    """

    person: str = ""
    words: str = ""
    entitlement: str = ""
    standing: str = ""
    span: Span = Span()


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the history, newest first, and where what cannot be read stands in it.

    Behind `older` there may be more. `cut`: not all of it was looked through. `unsure`: a group of approvers could
    not be checked, so that something may be missing. `kept` is what others keep of access whose binding may stand,
    by request.
    """

    requests: Sequence[Request]
    damaged: Sequence[Position]
    older: Position | None = None
    cut: bool = False
    unsure: bool = False
    everything: bool = False
    kept: Mapping[str, tuple[Kept, ...]] = {}


class History:
    """Shows people what concerns them."""

    def __init__(self, *, store: HistoryStore, cases: Cases, seeing: Seeing) -> None:
        self._store = store
        self._cases = cases
        self._seeing = seeing
        self._peering = Peering(cases=cases, seeing=seeing)

    def everything(self, identity: Identity, *, now: datetime) -> bool:
        """Whether every request there is concerns somebody."""
        return self._seeing.everything(identity, now=now) == "yes"

    def look(self, identity: Identity, wanted: Wanted, *, most: int, now: datetime) -> Past:
        """A page. Raises `Refused` where `person` is no address."""
        sought, everything, unsure = self._sought(identity, wanted, now=now)
        found: list[Request] = []
        damaged: list[Position] = []
        looked, last = 0, None
        for stretch in self._stretches(sought, wanted):
            looked, last = looked + walking.STEP, stretch.last
            for request in (each for each in stretch.requests if _fits(each, wanted)):
                try:
                    found += [request] if everything or self._sees(identity, request, now=now) else []
                except Unavailable:
                    unsure = True
            damaged += stretch.damaged
            if len(found) > most or looked >= LOOKED:
                break
        cut = len(found) <= most and last is not None
        older = last
        if len(found) > most:
            older = Position(found[most - 1].filed, found[most - 1].id)
            # What stands behind the last one that is shown belongs to the next page.
            damaged = [each for each in damaged if each > older]
        return Past(
            requests=found[:most],
            damaged=damaged,
            older=older,
            cut=cut,
            unsure=unsure,
            everything=everything,
            kept=self._kept(found[:most], now=now),
        )

    def export(self, identity: Identity, wanted: Wanted, *, form: str, now: datetime) -> Iterator[Stretch]:
        """All of it, a stretch at a time, however much it is. That it was taken away is audited first.

        Who may look at what is asked once, as it begins. Raises `Refused` as `look` does, `Unavailable` where
        something might be missing: nobody sees that in a file.
        """
        sought, everything, unsure = self._sought(identity, wanted, now=now)
        if unsure:
            raise Unavailable("a group of those who may look at requests could not be checked in time")
        sees = partial(self._sees, identity, now=now)
        if not everything:
            self._require_told(sought, wanted, sees)
        self._store.append(
            at=now,
            actor=identity.principal,
            action=EXPORTED,
            detail=_detail(wanted) | {"account": identity.proof.account, "everything": everything, "form": form},
        )
        return self._fitting(sought, wanted, (lambda _: True) if everything else sees)

    def _fitting(
        self, sought: Sequence[Sought], wanted: Wanted, sees: Callable[[Request], bool]
    ) -> Iterator[Stretch]:
        for stretch in self._stretches(sought, wanted):
            fitting = [request for request in stretch.requests if _fits(request, wanted) and sees(request)]
            yield msgspec.structs.replace(stretch, requests=fitting)

    def _require_told(self, sought: Sequence[Sought], wanted: Wanted, sees: Callable[[Request], bool]) -> None:
        """Raise `Unavailable` while it is not known whether something of IAM's is theirs to take away."""
        of_iams = [
            msgspec.structs.replace(each, entitlements=names)
            for each in sought
            if (names := tuple(name for name in each.entitlements or () if project_of(name)))
        ]
        for stretch in stretches(self._store, of_iams, wanted.span) if of_iams else ():
            for request in stretch.requests:
                sees(request)

    def _sees(self, identity: Identity, request: Request, *, now: datetime) -> bool:
        """What IAM offered is held against this moment: who may look at what the file offers was asked before."""
        return not of_iam(request) or self._peering.sees(identity, request, now=now)

    def _kept(self, found: Sequence[Request], *, now: datetime) -> dict[str, tuple[Kept, ...]]:
        standing = [each for each in found if each.grant is not None and not each.grant.removed]
        return {each.id: kept_by_others(each, self._store, now=now) for each in standing}

    def _stretches(self, sought: Sequence[Sought], wanted: Wanted) -> Iterator[Stretch]:
        named = self._named(sought, wanted)
        return iter([named]) if named is not None else stretches(self._store, sought, wanted.span)

    def _named(self, sought: Sequence[Sought], wanted: Wanted) -> Stretch | None:
        """The one request whose whole id is looked for, without looking through others; None: it is no id."""
        if not is_request_id(wanted.words):
            return None
        try:
            found = self._store.request(wanted.words)
        except NotFound:
            return Stretch(requests=())
        except Unreadable:
            return None  # the list tells of it by what stands beside it
        meant = of_iam(found) or any(_is_sought(found, each) for each in sought)
        fits = meant and _is_within(found, wanted.span)
        return Stretch(requests=(found,) if fits else ())

    def _sought(self, identity: Identity, wanted: Wanted, *, now: datetime) -> tuple[Sequence[Sought], bool, bool]:
        """What is read; whether that may be anything; whether what it is could not be told for certain."""
        rules = self._cases.policy().identity
        everything = self._seeing.everything(identity, now=now)
        people = rules.addresses(rules.primary(wanted.person)) if wanted.person else ()
        only = (wanted.entitlement,) if wanted.entitlement else None
        if everything == "yes":
            if not people:
                return [Sought(entitlements=only, everything=only is None)], True, False
            return [Sought(requester=address, entitlements=only) for address in people], True, False
        decided, unsure = self._decided_by(identity, now=now)
        if only is not None:
            # What IAM offers is known by its id to whoever names it: each request says whether it is theirs.
            decided = tuple(each for each in only if each in decided or project_of(each))
        else:
            of_iams, more = self._peering.decided_by(identity, now=now)
            decided, unsure = (*decided, *of_iams), unsure or more
        owned = (robot for robot, owners in rules.service_accounts.items() if identity.principal in owners)
        own = {address for each in (identity.principal, *owned) for address in rules.addresses(each)}
        found = [
            Sought(requester=address, entitlements=only if address in own else decided)
            for address in people or sorted(own)
        ]
        decides = [] if people else [Sought(entitlements=decided)]
        return [*found, *decides], False, unsure or everything == "unknown"

    def _decided_by(self, identity: Identity, *, now: datetime) -> tuple[tuple[str, ...], bool]:
        """Of which entitlements somebody is an approver now, and whether that of others could not be checked."""
        if identity.account.guest:
            return (), False  # a guest decides nothing, whatever group it is in
        policy, person = self._cases.policy(), identity.principal
        open_ = [name for name, known in deciders(policy, person, NOTHING_KNOWN).items() if known == "unknown"]
        stages = [stage for each in policy.offered if each.id in open_ for stage in deciding_stages(each)]
        known = self._cases.about(person, selectors=approvers(stages), now=now).memberships
        answers = deciders(policy, person, known)
        return tuple(name for name, known in answers.items() if known == "yes"), "unknown" in answers.values()


def standing_of(request: Request) -> str:
    """How it stands, in one word: the state of its access, or its own where it has none."""
    return request.grant.state if request.grant is not None else request.state


def _detail(wanted: Wanted) -> dict[str, Any]:
    """What an entry says of a search. Words that somebody typed are kept nowhere, also in the place of an id."""
    span, what = wanted.span, wanted.entitlement
    return {
        "person": wanted.person,
        "entitlement": what if not what or _ID.fullmatch(what) else "no id",
        "state": wanted.standing,
        "words": bool(wanted.words),
        "from": rfc3339(span.since) if span.since is not None else "",
        "to": rfc3339(span.until) if span.until is not None else "",
    }


def _is_sought(request: Request, sought: Sought) -> bool:
    by = sought.requester in ("", request.requester)
    return by and (sought.entitlements is None or request.terms.entitlement in sought.entitlements)


def _is_within(request: Request, span: Span) -> bool:
    begun = span.since is None or request.filed >= span.since
    over = span.until is not None and request.filed >= span.until
    return begun and not over and (span.before is None or (request.filed, request.id) < span.before)


def _fits(request: Request, wanted: Wanted) -> bool:
    if wanted.standing not in ("", standing_of(request)):
        return False
    terms = request.terms
    asked = (*all_roles(terms.targets), *resources(terms.targets))
    by = (request.action.application,) if request.action is not None else ()
    text = " ".join((request.id, terms.title, terms.entitlement, *asked, *by)).lower()
    return all(word in text for word in wanted.words.lower().split())
