"""Problems (RFC 9457): what a program is told whose call did not do what it wanted."""

import math
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from approvals.refusals.errors import Conflict, Late, NotFound, Refused, Unavailable
from approvals.refusals.reasons import Reason
from countersign_client import shapes
from handlers.pace import TooFast
from handlers.wording.errors import NOTHING, in_words
from handlers.wording.refusing.refusals import Said, told

_TYPE = "urn:countersign:problem:"
_TITLES = {
    400: "The call cannot be read",
    401: "Nobody knows who calls",
    403: "This is refused",
    404: "Nothing is here",
    405: "This is no way to call this address",
    409: "This does not fit how things stand now",
    410: "This is over",
    413: "The call is too large",
    415: "The call is of a kind that is not read here",
    422: "Something in the call does not fit",
    429: "Too much at once",
    500: "Something went wrong",
    503: "This does not work right now",
}
_STATUS = {
    401: "unauthorized",
    422: "entitlement duration justification why older action parameters no_pages break_glass start freezing"
    " away.time away.self away.delegate away.too",
    429: "limit",
    409: "frozen changed decided expired reviewed not_waiting not_needed not_yet needed_later no_vote older_card"
    " votes closed no_grant active incomplete terms used unusable window unreviewed away.not"
    " already_frozen not_frozen iam",
}
STATUS_OF = {kind: status for status, kinds in _STATUS.items() for kind in kinds.split()}
"""By a code or its kind; all others are 403."""

FIELD_OF = {
    "action": "action",
    "break_glass": "break_glass",
    "entitlement": "entitlement",
    "duration": "duration",
    "start": "start",
    "justification": "justification",
    "why": "reason",
    "older": "replaces",
    "freezing": "name",
    "away.time": "until",
    "away.self": "delegate",
    "away.delegate": "delegate",
    "away.too": "delegate",
}
_SOON = 2.0
_LATER = frozenset({429, 503})
"""Whoever gets one of these is always told after how many seconds the same call may do."""

_ON_ITS_PAGE = frozenset({"sign_required", "page_only"})
_SIGN = "This needs your signature, which is given on the request's page."
_FAST = "You sent many calls within a moment. This one was not looked at: send it again in a few seconds."


class Challenge(Protocol):
    """What to sign in for: as `WWW-Authenticate` says it, and by its parts."""

    @property
    def header(self) -> str: ...
    @property
    def step_up(self) -> Mapping[str, Any]: ...


class StepUp(msgspec.Struct, frozen=True, kw_only=True):
    """Which sign-in is needed: of one of the classes `acr`, the best one first, at most `max_age` seconds ago.

    A token that its issuer made with this `nonce` serves for this call, and once.
    """

    acr: tuple[str, ...]
    max_age: int | None
    nonce: str


class Fault(Said):
    """A call that is refused for what it is itself. `field` is to blame; after `retry` seconds it may do."""

    def __init__(
        self,
        status: int,
        code: str,
        said: str,
        *,
        field: str = "",
        retry: float = 0.0,
        allow: str = "",
        challenge: Challenge | None = None,
    ) -> None:
        super().__init__(code, said)
        self.status, self.field, self.retry, self.allow = status, field, retry, allow
        self.challenge = challenge


class Against(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that stands against a call, and which member of its body is to blame, if one is."""

    code: str
    detail: str
    field: str | None = None


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a call did not do what it wanted. `code` is for programs, `detail` for people.

    `errors` say each thing that stands against it, where there are several or a member is to blame. `page` is
    where a person can do it instead; `reference` is what the log calls an unexpected error. `step_up` says what
    the person for whom it is asked has to sign in for.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: tuple[Against, ...] = ()
    page: str = ""
    reference: str = ""
    step_up: StepUp | None = None


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A problem and the headers that go with it."""

    problem: Problem
    headers: Mapping[str, str]


def refusal(error: Exception, *, page: str = "") -> Refusal:
    """Say an error. Raises the error itself where it is none that anybody may be told. `page` is the request's."""
    if isinstance(error, TooFast):
        error = Fault(429, "pace", _FAST, retry=error.wait)
    if isinstance(error, Refused):
        return _refused(error, page)
    if isinstance(error, NotFound):
        return _made(404, "not_found", NOTHING)
    if isinstance(error, Conflict):
        return _made(409, "conflict", in_words(error), retry=1.0)
    if isinstance(error, Unavailable):
        code = "late" if isinstance(error, Late) else "unavailable"
        return _made(503, code, in_words(error), retry=error.retry_after or _SOON)
    raise error


def unexpected(said: str, reference: str) -> Refusal:
    """Say an error that only the log knows more of."""
    return _made(500, "unexpected", said, reference=reference)


def unreadable() -> Refusal:
    """Say that what came is no call at all."""
    return _made(400, "unreadable", "What came is no HTTP message, or has not exactly one Host.")


def _refused(error: Refused, page: str) -> Refusal:
    said = _SIGN if error.code == "sign_required" else in_words(error)
    each = tuple(Against(code=one.code, detail=told(one), field=_field(one) or None) for one in error.all)
    fault = error if isinstance(error, Fault) else None
    return _made(
        fault.status if fault else STATUS_OF.get(error.code) or STATUS_OF.get(error.kind, 403),
        error.code,
        said,
        errors=each if len(each) > 1 or each[0].field else (),
        page=page if error.code in _ON_ITS_PAGE else "",
        retry=fault.retry if fault else _wait(error.reason),
        allow=fault.allow if fault else "",
        challenge=fault.challenge if fault else None,
    )


def _field(error: Refused) -> str:
    return error.field if isinstance(error, Fault) else FIELD_OF.get(error.code) or FIELD_OF.get(error.kind, "")


def _wait(reason: Reason) -> float:
    """Seconds after which one more may do, where that is known, or where nothing but waiting helps."""
    if reason.kind != "limit":
        return 0.0
    wait = reason.facts.get("wait")
    return float(wait) if isinstance(wait, int) else 60.0


def _made(
    status: int,
    code: str,
    said: str,
    *,
    errors: tuple[Against, ...] = (),
    page: str = "",
    retry: float = 0.0,
    allow: str = "",
    reference: str = "",
    challenge: Challenge | None = None,
) -> Refusal:
    problem = Problem(
        type=f"{_TYPE}{code}",
        title=_TITLES[status],
        status=status,
        code=code,
        detail=said,
        errors=errors,
        page=page,
        reference=reference,
        step_up=shapes.convert(challenge.step_up, StepUp) if challenge is not None else None,
    )
    again = retry > 0 or status in _LATER
    headers = {"Retry-After": str(max(math.ceil(retry), 1))} if again else {}
    if status == 401:
        headers["WWW-Authenticate"] = challenge.header if challenge is not None else "Bearer"
    return Refusal(problem=problem, headers=headers | ({"Allow": allow} if allow else {}))
