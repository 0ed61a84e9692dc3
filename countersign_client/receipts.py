"""Receipts: the signed decision on a request, which anyone verifies offline with the issuer's public keys.

    keys = read_keys(Path("jwks.json").read_bytes())
    receipt = verify(Path("receipt.jws").read_text(), keys)
    receipt.decision.outcome, receipt.decision.by, receipt.terms["roles"]

A receipt is a compact JWS (RFC 7515) by ES256. What people typed is in it by salted digests alone.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, final

import msgspec
import rfc8785

from countersign_client.canonical import digest
from countersign_client.keys import KIND, Keys
from countersign_client.signed import SignatureError, read

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_SEAL = object()


class ReceiptError(Exception):
    """This is no receipt that one of the keys signed, or it contradicts itself; the text says why."""


class Window(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The access that was approved: from `start` (inclusive) to `end` (exclusive)."""

    start: Moment
    end: Moment


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The outcome, said once. `by` is empty where time or the policy decided; `comment` is a digest."""

    outcome: Literal["approved", "denied", "withdrawn", "expired"]
    at: Moment
    by: tuple[str, ...]
    reason: str = ""
    comment: str = ""
    window: Window | None = None


class Reviewed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One person's vote. `signed`: with a typed name and meaning, whose digests follow; so does the comment's."""

    person: str
    verdict: Literal["approve", "deny"]
    at: Moment
    channel: str
    signed: bool
    printed_name: str = ""
    meaning: str = ""
    comment: str = ""


class Audit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tail of the request's audit chain when the receipt was made: its length and its last hash."""

    seq: Annotated[int, msgspec.Meta(ge=1)]
    head: str


class Claims(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is signed. A claim that a reader does not know could take something back, so it is refused."""

    v: Literal[1] = 1
    knd: Literal["receipt"] = "receipt"
    iss: str
    iat: int
    jti: str
    sub: str
    rev: int
    dig: str
    terms: Mapping[str, Any]
    decision: Decision
    reviews: tuple[Reviewed, ...]
    audit: Audit


class _Stage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    approvers: tuple[str, ...]
    needed: Annotated[int, msgspec.Meta(ge=1)]
    sign: str


class _Requirement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Literal["self", "stages"]
    stages: tuple[_Stage, ...]


class _Target(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one of several grants gives. A kind that a reader does not know is refused."""

    kind: Literal["iam"]
    resource: str
    roles: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    condition: str


class _Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What every receipt's terms hold, whatever they grant. Version 2 grants several `targets` at once."""

    v: Literal[1, 2]
    id: str
    revision: int
    requester: str
    duration: Annotated[int, msgspec.Meta(gt=0)]
    requirement: _Requirement
    policy: str


class _Bundle(_Terms, frozen=True, kw_only=True):
    """Version 2 grants several targets at once."""

    targets: Annotated[tuple[_Target, ...], msgspec.Meta(min_length=1)]


@final
class Receipt:
    """A receipt that was verified. Only `verify` makes one. `terms` is what was asked, as it was digested.

    `warnings` are sentences that its reader ought to know before relying on it.
    """

    __slots__ = (
        "audit",
        "decision",
        "digest",
        "issued",
        "issuer",
        "key",
        "request",
        "reviews",
        "revision",
        "terms",
        "warnings",
    )

    def __init__(self, seal: object, claims: Claims, *, key: str, warnings: tuple[str, ...]) -> None:
        if seal is not _SEAL:
            raise TypeError("a receipt comes from verify() alone")
        self.issuer = claims.iss
        self.issued = datetime.fromtimestamp(claims.iat, UTC)
        self.request = claims.sub
        self.revision = claims.rev
        self.digest = claims.dig
        self.terms = claims.terms
        self.decision = claims.decision
        self.reviews = claims.reviews
        self.audit = claims.audit
        self.key = key
        self.warnings = warnings


def verify(receipt: str, keys: Keys, *, issuer: str | None = None) -> Receipt:
    """Check a receipt: key, signature, kind, form, terms against their digest, the decision against the terms.

    `issuer` is who must have made it; without it, whoever holds one of the keys. Raises `ReceiptError`.

    Not checked is whether those who decided are among the approvers that the terms name, and in which stage: a
    group is only a name here, and who was in it that day only the issuer knew.
    """
    try:
        found = read(receipt, keys, kind=KIND)
    except SignatureError as error:
        raise ReceiptError(str(error)) from error
    claims = _claims(found.claims)
    if issuer is not None and claims.iss != issuer:
        raise ReceiptError(f"it was made by {claims.iss}, not by {issuer}")
    _check(claims, _terms(claims))
    try:
        return Receipt(_SEAL, claims, key=found.key, warnings=found.warnings)
    except (OverflowError, ValueError, OSError) as error:
        raise ReceiptError("its time of issue is no time") from error


def _claims(claims: Mapping[str, Any]) -> Claims:
    try:
        return msgspec.convert(claims, Claims)
    except (ValueError, RecursionError) as error:
        raise ReceiptError(f"it is not in a form that this version knows: {error}") from error


def _terms(claims: Claims) -> _Terms:
    try:
        if digest(claims.terms) != claims.dig:
            raise ReceiptError("its terms are not those that its digest covers")
        return msgspec.convert(claims.terms, _Bundle if claims.terms.get("v") == 2 else _Terms)
    except (msgspec.ValidationError, rfc8785.CanonicalizationError, RecursionError) as error:
        raise ReceiptError(f"its terms are not in a form that this version knows: {error}") from error


def _check(claims: Claims, terms: _Terms) -> None:
    if (terms.id, terms.revision) != (claims.sub, claims.rev):
        raise ReceiptError("its terms belong to another request")
    if terms.requirement.kind == "self" and terms.requirement.stages:
        raise ReceiptError("its terms demand nobody else, and somebody")
    _check_people(claims, terms)
    _check_reviews(claims, terms.requirement)
    _check_window(claims.decision, terms)
    _check_times(claims)


def _check_people(claims: Claims, terms: _Terms) -> None:
    decision, requirement = claims.decision, terms.requirement
    if decision.outcome != "approved":
        return
    needed = sum(stage.needed for stage in requirement.stages)
    nobody = not needed and requirement.kind == "stages"
    if nobody or len(set(decision.by)) < needed or terms.requester in decision.by:
        raise ReceiptError("it says approved, but not by the people that its terms demand")


def _check_reviews(claims: Claims, requirement: _Requirement) -> None:
    """Who decided has reviewed, once and to this effect, and has signed as often as the stages demand it."""
    outcome, by = claims.decision.outcome, claims.decision.by
    reviews = {review.person: review for review in claims.reviews}
    if len(reviews) < len(claims.reviews):
        raise ReceiptError("somebody has reviewed twice in it")
    wanted = _VERDICTS.get(outcome)
    if wanted is None:
        return
    counted = [reviews[person] for person in dict.fromkeys(by) if person in reviews]
    if len(counted) < len(set(by)) or any(review.verdict != wanted for review in counted):
        raise ReceiptError(f"it says {outcome}, but not every one of those who decided has a review that says so")
    if any(review.at > claims.decision.at for review in counted):
        raise ReceiptError("its decision is of a time before a review that it counts")
    # The policy of that day may have asked for more people than the terms did, whose reviews need no signature.
    signed = sum(bool(review.signed and review.printed_name and review.meaning) for review in counted)
    if outcome == "approved" and signed < sum(stage.needed for stage in requirement.stages if stage.sign):
        raise ReceiptError("it says approved, but without the signatures that its terms demand")


def _check_window(decision: Decision, terms: _Terms) -> None:
    window = decision.window
    if decision.outcome != "approved":
        if window is not None:
            raise ReceiptError(f"it says {decision.outcome}, and yet it names a window")
    elif window is None:
        raise ReceiptError("it says approved, but names no window")
    elif (window.end - window.start).total_seconds() != terms.duration or window.start < decision.at:
        raise ReceiptError("its window is not the time that was asked for")


def _check_times(claims: Claims) -> None:
    window = claims.decision.window
    ends = (window.start, window.end) if window else ()
    try:
        for moment in (claims.decision.at, *ends, *(review.at for review in claims.reviews)):
            moment.astimezone(UTC)
    except OverflowError as error:
        raise ReceiptError("one of its times is in no calendar") from error


_VERDICTS = {"approved": "approve", "denied": "deny"}
