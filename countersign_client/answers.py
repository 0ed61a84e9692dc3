"""What Countersign answers to people and programs behind Identity-Aware Proxy.

Each answer has `told`, all that the service said: it may say more than this version knows.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from countersign_client import shapes
from countersign_client.errors import Unreachable

Shape = TypeVar("Shape", bound="Answer")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What every answer has."""

    told: Mapping[str, Any]


class Me(Answer, frozen=True, kw_only=True):
    """Who calls. `why_not` is the sentence for who never decides; `kind` is `person` or `service_account`."""

    principal: str
    kind: str = "person"
    decides: bool = True
    why_not: str | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where something gives access, to which roles, and only where, if the policy says so."""

    resource: str
    roles: tuple[str, ...] = ()
    condition: str = ""


class Durations(msgspec.Struct, frozen=True, kw_only=True):
    """For how long something is asked for where nothing is said, and at most, in seconds."""

    default: int
    max: int


class Entitlement(Answer, frozen=True, kw_only=True):
    """What may be asked for; `approval` says in words whose approval it needs. `grant`: see `Summary`."""

    id: str
    title: str
    grant: str = "iam"
    targets: tuple[Place, ...] = ()
    duration: Durations | None = None
    approval: str = ""


class Summary(Answer, frozen=True, kw_only=True):
    """How a request stands. `state` is of the request, `access` of what it gives, `vote` of what was just done.

    `grant` is `iam`, or `none` of an approval alone, which gives nothing: `access` says how that stands.
    """

    id: str
    page: str
    revision: int
    digest: str
    version: int
    state: str
    access: str | None = None
    grant: str = "iam"
    expires: str = ""
    vote: str | None = None
    repeated: bool = False


class Brief(Summary, frozen=True, kw_only=True):
    """A request in a list; `line` says in words what is asked, and by whom."""

    title: str
    line: str = ""


class Listing(Answer, frozen=True, kw_only=True):
    """A list. `more`: there are others that were not looked at, and `partly` says why, of what can be asked for;
    `frozen` says why nothing goes on now, if so."""

    more: bool = False
    partly: str | None = None
    frozen: str | None = None


class Requests(Listing, frozen=True, kw_only=True):
    """Some requests."""

    items: tuple[Brief, ...]


class Past(Listing, frozen=True, kw_only=True):
    """A page of the history. `next` leads to the one after it; `damaged` are requests that cannot be read.

    `unsure`: not all that the caller decides on could be looked up, so something may be missing. `everything`:
    they may look at all.
    """

    items: tuple[Brief, ...]
    damaged: tuple[str, ...] = ()
    next: str | None = None
    unsure: bool = False
    everything: bool = False


class Entitlements(Listing, frozen=True, kw_only=True):
    """What may be asked for."""

    items: tuple[Entitlement, ...]


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a card."""

    label: str
    text: str


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A request in words, as cards, pages and mails say it. `ends` is what to end it comes to."""

    headline: str
    meaning: str = ""
    facts: tuple[Fact, ...] = ()
    roles: tuple[str, ...] = ()
    conditions: tuple[Fact, ...] = ()
    before: str = ""
    notes: tuple[str, ...] = ()
    why: str = ""
    effect: str = ""
    approvals: tuple[str, ...] = ()
    reviews: tuple[str, ...] = ()
    reason: str = ""
    reason_title: str = ""
    footer: str = ""
    ends: str = ""


class Cannot(msgspec.Struct, frozen=True, kw_only=True):
    """What one may not do now, and why."""

    verdict: str
    code: str
    detail: str


class You(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller may do. `can` has `sign` where an approval needs a signature, which is given on the page."""

    can: tuple[str, ...] = ()
    cannot: tuple[Cannot, ...] = ()


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What an approver offers instead of what was asked; `line` says it."""

    by: str
    revision: int
    digest: str
    line: str = ""


class Request(Brief, frozen=True, kw_only=True):
    """A request as the caller sees it."""

    card: Card
    targets: tuple[Place, ...] = ()
    you: You = You()
    offer: Offer | None = None


class Freeze(Answer, frozen=True, kw_only=True):
    """One freeze: `of` everything, an entitlement or a person, by id or address; `by` whom, since when and why."""

    of: str
    name: str = ""
    by: str = ""
    since: str | None = None
    reason: str = ""


class Freezes(Answer, frozen=True, kw_only=True):
    """All that is frozen."""

    items: tuple[Freeze, ...]


class Away(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody is away until then (RFC 3339), and `delegate` stands in for them."""

    person: str
    delegate: str
    since: str
    until: str


class Absence(Answer, frozen=True, kw_only=True):
    """The caller's absence, if they are away, and for whom they stand in; `lines` say it in words.

    `delegates` are the policy's selectors of who may be named.
    """

    absence: Away | None = None
    stands_in_for: tuple[Away, ...] = ()
    delegates: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


def shaped(told: Mapping[str, Any], shape: type[Shape], *, items: object = None) -> Shape:
    """Return an answer in its shape, a list's with all its items. Raises `Unreachable` where it has another."""
    given = {} if items is None else {"items": items}
    try:
        return shapes.convert({**told, **given, "told": told}, shape)
    except msgspec.ValidationError as error:
        raise Unreachable(f"the service answers in another form than this version knows ({error})") from error
