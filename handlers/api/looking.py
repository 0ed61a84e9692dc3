"""Looking: who one is here, what one may ask for, and requests, one or many. Nothing here changes anything."""

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

import msgspec

from approvals.policy.model import Entitlement
from approvals.policy.stages import others
from approvals.policy.words import requirement_in_words
from approvals.requests import Request, lives, undecided
from approvals.targets import accesses, joined_group
from approvals.uses import Uses
from handlers.api.calls import Asked
from handlers.api.documents import Writer, kind_of
from handlers.api.freezes import frozen_for
from handlers.api.records import Kind
from handlers.identity.visitors import Visitors
from handlers.wire.polls import LONGEST
from handlers.wire.problems import Fault
from handlers.wire.query import after, cursor, require_known, whole_number
from handlers.wire.written import About, Reply
from handlers.wording.reading.choosing import PARTLY
from handlers.wording.refusing.refusals import told

MOST = 100
"""Entries of one answer."""

_USUAL = 50
_QUERY = 200
_VERSIONS = 999_999_999
_LISTS = ("mine", "active", "waiting")
T = TypeVar("T")


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who the caller is, and whether their account may vote."""

    principal: str
    kind: Kind
    decides: bool
    why_not: str | None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    resource: str
    roles: tuple[str, ...]
    condition: str


class Lasting(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds."""

    default: int
    max: int


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """Why it is needed must always be said; `hint` is how, where the policy says."""

    hint: str


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the caller may ask for. `grant` is `none` where it gives nothing, an approval
    alone; `group` where it is a membership."""

    id: str
    title: str
    grant: Literal["iam", "group", "none"]
    targets: tuple[Place, ...]
    duration: Lasting
    justification: Why
    approval: str


class Looking:
    """Answers every GET."""

    def __init__(self, uses: Uses, visitors: Visitors, writer: Writer) -> None:
        self._uses = uses
        self._visitors = visitors
        self._writer = writer

    def me(self, asked: Asked) -> Reply:
        caller = asked.caller
        barred = self._visitors.known(caller.account, now=asked.now).barred
        return Reply(
            body=Me(
                principal=caller.identity.principal,
                kind=kind_of(caller.identity.principal),
                decides=barred is None,
                why_not=told(barred) if barred is not None else None,
            )
        )

    def entitlements(self, asked: Asked) -> Reply:
        """What the caller may ask for, in the policy's order."""
        require_known(asked.query, "q", "limit", "cursor")
        query = asked.query.get("q", "")[:_QUERY]
        found = self._uses.offering.search(asked.caller.identity, query, now=asked.now)
        placed = [(f"{n:06}", each) for n, each in enumerate(found.entitlements)]
        who = asked.caller.identity.principal
        reply = self._page(asked, placed, lambda each: _offered(each, who), more=found.partly)
        return Reply(body={**reply.body, "partly": PARTLY if found.partly else None})

    def requests(self, asked: Asked) -> Reply:
        """The caller's own that wait or give access, newest first; or those that wait for them, oldest first."""
        require_known(asked.query, "list", "entitlement", "state", "limit", "cursor")
        which = asked.query.get("list", "mine")
        if which not in _LISTS:
            raise Fault(400, "query", f"list is one of {', '.join(_LISTS)}.", field="list")
        mine = which != "waiting"
        found, more = (self._mine(asked, which), False) if mine else self._waiting(asked)
        placed = sorted(((_place(each), each) for each in found if _fits(asked, each)), key=_first, reverse=mine)
        held = self._uses.looking.held(found, reader=asked.caller.identity, now=asked.now)
        return self._page(
            asked,
            placed,
            lambda each: self._writer.brief(each, mine=mine, beside=found, frozen=held.get(each.id)),
            newest_first=mine,
            more=more,
        )

    def request(self, asked: Asked) -> Reply:
        """All of one request. Raises `NotFound` for whom it does not concern."""
        require_known(asked.query, "wait", "since")
        whole_number(asked.query, "wait", most=LONGEST)
        whole_number(asked.query, "since", most=_VERSIONS)
        faced = self._uses.facing.face(asked.caller.identity, asked.rest[0], now=asked.now, token=False)
        barred = self._visitors.known(asked.caller.account, now=asked.now).barred
        request = faced.card.request
        about = About(request=request.id, version=request.version, waits=undecided(request))
        return Reply(body=self._writer.whole(faced, decides=barred is None), about=about)

    def _mine(self, asked: Asked, which: str) -> Sequence[Request]:
        found = self._uses.looking.mine(asked.caller.identity, now=asked.now)
        return [each for each in found if which != "active" or lives(each)]

    def _waiting(self, asked: Asked) -> tuple[Sequence[Request], bool]:
        found = self._uses.looking.pending(asked.caller.identity, now=asked.now)
        return found.requests, found.more or found.cut

    def _page(
        self,
        asked: Asked,
        found: Sequence[tuple[str, T]],
        write: Callable[[T], object],
        *,
        newest_first: bool = False,
        more: bool = False,
    ) -> Reply:
        """Some of what was found, each with its place, which shrinks along a list with the newest first.

        It begins behind the place that the cursor names: what went meanwhile is passed over.
        """
        most = whole_number(asked.query, "limit", most=MOST, least=1, usual=_USUAL)
        begin = after(asked.query)
        rest = [each for each in found if not begin or (each[0] < begin if newest_first else each[0] > begin)]
        shown = rest[:most]
        return Reply(
            body={
                "items": [write(each) for _, each in shown],
                "next": cursor(shown[-1][0]) if len(rest) > most else None,
                "more": more,
                "frozen": frozen_for(self._uses, asked),
            }
        )


def _first(placed: tuple[str, Request]) -> str:
    return placed[0]


def _place(found: Request) -> str:
    return f"{found.filed.isoformat(timespec='microseconds')} {found.id}"


def _offered(found: Entitlement, who: str) -> Offered:
    return Offered(
        id=found.id,
        title=found.title,
        grant=_kind(found),
        targets=tuple(
            Place(resource=t.resource, roles=t.roles, condition=t.condition) for t in accesses(found.targets)
        ),
        duration=Lasting(
            default=int(found.duration.default.total_seconds()), max=int(found.duration.max.total_seconds())
        ),
        justification=Why(hint=found.justification.hint),
        approval=", ".join(requirement_in_words(others(found.requirement, (who,)))),
    )


def _kind(found: Entitlement) -> Literal["iam", "group", "none"]:
    if found.approval_only:
        return "none"
    return "group" if joined_group(found.targets) is not None else "iam"


def _fits(asked: Asked, found: Request) -> bool:
    wanted = {"entitlement": found.terms.entitlement, "state": found.state}
    return all(asked.query.get(name, value) == value for name, value in wanted.items())
