"""Receipts: the signed decision on a request, which anyone verifies offline with the issuer's public keys.

    keys = read_keys(Path("jwks.json").read_bytes())
    receipt = verify(Path("receipt.jws").read_text(), keys)
    receipt.decision.outcome, receipt.decision.by, receipt.terms["roles"]

A receipt is a compact JWS (RFC 7515) by ES256. What people typed is in it by salted digests alone. Of an action it
says that it was used, once; whether this receipt is shown for the first time, no reader can know by it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, final

import msgspec
import rfc8785
from msgspec import UNSET

from countersign_client import shapes, terms
from countersign_client.canonical import digest
from countersign_client.claims import Claims, ReceiptError
from countersign_client.contradictions import require_consistent
from countersign_client.keys import KIND, Keys
from countersign_client.shown import Line
from countersign_client.signed import SignatureError, read
from countersign_client.terms import ACTIONS

__all__ = ["Receipt", "ReceiptError", "verify"]

_SEAL = object()


@final
class Receipt:
    """A receipt that was verified. Only `verify` makes one. `terms` is what was asked, as it was digested.

    `shown` are the lines that people were shown of an action. `used`, `use_by` and `confirmed` are None where it
    is of access, or where it was not approved; `window` where it was not approved together with
    others. `warnings` are sentences that its reader ought to know before
    relying on it.
    """

    __slots__ = (
        "audit",
        "confirmed",
        "decision",
        "digest",
        "issued",
        "issuer",
        "key",
        "request",
        "reviews",
        "revision",
        "shown",
        "terms",
        "use_by",
        "used",
        "warnings",
        "window",
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
        self.shown = _shown(claims.terms)
        self.confirmed = None if claims.confirmed is UNSET else claims.confirmed
        self.use_by = None if claims.use_by is UNSET else claims.use_by
        self.used = None if claims.used is UNSET else claims.used
        self.window = None if claims.window is UNSET else claims.window
        self.key = key
        self.warnings = warnings


def _shown(terms: Mapping[str, Any]) -> tuple[Line, ...]:
    lines = terms["shown"] if terms["v"] in ACTIONS else ()
    return tuple((label, text) for label, text in lines)


def verify(receipt: str, keys: Keys, *, issuer: str | None = None) -> Receipt:
    """Check a receipt: key, signature, kind, form, terms against their digest, the decision against the terms.

    Of an action also what people were shown against what it says. `issuer` is who must have made it; without it,
    whoever holds one of the keys. Raises `ReceiptError`.

    Not checked is whether those who decided are among the approvers that the terms name, and in which stage: a
    group is only a name here, and who was in it that day only the issuer knew.
    """
    try:
        found = read(receipt, keys, kind=KIND)
    except SignatureError as error:
        raise ReceiptError(error.code, str(error)) from error
    claims = _claims(found.claims)
    if issuer is not None and claims.iss != issuer:
        raise ReceiptError("issuer", f"it was made by {claims.iss}, not by {issuer}")
    require_consistent(claims, _terms(claims))
    try:
        return Receipt(_SEAL, claims, key=found.key, warnings=found.warnings)
    except (OverflowError, ValueError, OSError) as error:
        raise ReceiptError("time", "its time of issue is no time") from error


def _claims(claims: Mapping[str, Any]) -> Claims:
    try:
        return shapes.convert(claims, Claims)
    except (ValueError, RecursionError) as error:
        raise ReceiptError("claims", f"it is not in a form that this version knows: {error}") from error


def _terms(claims: Claims) -> terms.Terms:
    try:
        if digest(claims.terms) != claims.dig:
            raise ReceiptError("digest", "its terms are not those that its digest covers")
        return terms.read(claims.terms)
    except (msgspec.ValidationError, rfc8785.CanonicalizationError, RecursionError) as error:
        raise ReceiptError("terms", f"its terms are not in a form that this version knows: {error}") from error
