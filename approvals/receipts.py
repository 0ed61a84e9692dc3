"""Receipts of decisions. What they hold and how they are verified: `countersign_client.receipts`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET

from approvals import requests
from approvals.chains import Held
from approvals.counted import Counted
from approvals.ids import new_jti
from approvals.people.accounts import channel_of
from approvals.ports.signing import Signer
from approvals.refusals.errors import Refused
from approvals.requests import Request, Use
from approvals.reviews import Review, Typed, standing
from approvals.times import whole_seconds
from countersign_client.claims import Audit, Claims, Confirmed, Decision, Opened, Reviewed, Used, Window


def issue(request: Request, *, because: str = "", held: Held, signer: Signer, now: datetime) -> str:
    """Sign a receipt of a request's decision. It has no expiry, so its signer's keys must be kept.

    `because` says in words why it expired, for whoever reads a receipt has no table of codes; else the code does.

    Raises `Refused` with code `broken` where its audit chain, `held`, does not bear it out, with `undecided` while
    there is no decision, with `unused` of an approved action until it is used, with `erased` of one of which
    the object that its digest covers is not kept any more, and `Unavailable` when the signer does.
    """
    if held.faults or request.head not in held.hashes:
        fault = held.faults[0] if held.faults else ""
        raise Refused("broken", request=request.id, fault=fault)
    return signer.sign(claims(request, because=because, issuer=signer.issuer, jti=new_jti(), now=now))


def claims(request: Request, *, because: str = "", issuer: str, jti: str, now: datetime) -> Mapping[str, Any]:
    """What a receipt of this request says. Raises `Refused` with code `undecided`, `unused` or `erased`."""
    if request.use_by is not None and request.used is None:
        raise Refused("unused", request=request.id)
    if request.erased is not None and request.action is not None:
        raise Refused("erased", request=request.id)
    return msgspec.to_builtins(  # type: ignore[no-any-return]
        Claims(
            v=1,
            knd="receipt",
            iss=issuer,
            iat=int(now.timestamp()),
            jti=jti,
            sub=request.id,
            rev=request.revision,
            dig=request.digest,
            terms=msgspec.json.decode(request.covered),
            decision=_decision(request, because),
            reviews=tuple(_reviewed(review) for review in standing(request.reviews)),
            audit=Audit(seq=request.seq, head=request.head),
            confirmed=_confirmed(request.confirmed) if request.confirmed is not None else UNSET,
            use_by=request.use_by if request.use_by is not None else UNSET,
            used=_used(request.used) if request.used is not None else UNSET,
            window=_opened(request.window) if request.window is not None else UNSET,
        )
    )


def _decision(request: Request, because: str) -> Decision:
    decision = request.decision
    if decision is None:
        raise Refused("undecided", request=request.id, state=request.state)
    window = request.grant.window if request.grant is not None else None
    return Decision(
        outcome=decision.outcome,
        at=whole_seconds(decision.at),
        by=decision.by,
        reason=because or str(decision.reason),
        comment=_digest(decision.comment),
        window=Window(start=window.start, end=window.end) if window is not None else None,
    )


def _confirmed(by: requests.Confirmed) -> Confirmed:
    return Confirmed(at=whole_seconds(by.at), channel=channel_of(by.account), window=by.window)


def _opened(window: Counted) -> Opened:
    return Opened(until=window.until, uses=window.uses)


def _used(use: Use) -> Used:
    return Used(at=whole_seconds(use.at), by=use.by, key=use.key)


def _reviewed(review: Review) -> Reviewed:
    attestation = review.attestation
    return Reviewed(
        person=review.person,
        verdict="approve" if review.verdict == "approve" else "deny",
        at=whole_seconds(review.at),
        channel=review.channel,
        signed=attestation is not None,
        printed_name=_digest(attestation.printed_name if attestation else None),
        meaning=_digest(attestation.meaning if attestation else None),
        comment=_digest(review.comment),
        behalf=review.behalf,
        window=review.window,
    )


def _digest(typed: Typed | None) -> str:
    return typed.digest if typed is not None else ""
