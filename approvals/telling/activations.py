"""The three things that JIT Access told of: access was asked for, was approved by peers, or taken by oneself.

What other programs made of them (saved queries, functions behind Pub/Sub) goes on working by them.
"""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from approvals.policy.model import Policy
from approvals.policy.selectors import local_group
from approvals.requests import Request
from approvals.targets import roles_of_iam

FRESH = timedelta(days=1)
"""After so long nobody is told any more: what is switched on today says nothing of last year."""

Kind = Literal["requested", "approved", "self_approved"]


class Activation(msgspec.Struct, frozen=True, kw_only=True):
    """One of them, of one request. `by` are those who approved; `start` and `end` what was asked, or granted."""

    kind: Kind
    at: datetime
    request: Request
    by: tuple[str, ...]
    start: datetime
    end: datetime


def activations(request: Request, *, now: datetime) -> tuple[Activation, ...]:
    """What there is to tell of a request by its record, first things first, as far as it is fresh.

    What gives no roles is none: JIT Access gave nothing else. Of what was erased nothing is told any more.
    """
    if request.erased is not None or not roles_of_iam(request.terms.targets):
        return ()
    found = [*_requested(request), *_approved(request)]
    return tuple(each for each in found if each.at + FRESH > now)


def reviewers(request: Request, policy: Policy) -> tuple[str, ...]:
    """Who may approve it: people by their addresses, as there, and of the directory's groups the group's own.

    A group of the policy file is no address that anybody could write to, so its members are named. Whoever asks
    approves nothing of theirs.
    """
    named = [each for stage in request.terms.requirement.stages for each in stage.approvers]
    members = [each for selector in named for each in policy.groups.get(local_group(selector), (selector,))]
    found = dict.fromkeys(each.partition(":")[2] for each in members)
    return tuple(each for each in found if each != request.requester)


def _requested(request: Request) -> list[Activation]:
    if request.terms.requirement.kind != "stages":
        return []
    start = request.terms.start or request.filed
    end = start + request.terms.duration
    return [Activation(kind="requested", at=request.filed, request=request, by=(), start=start, end=end)]


def _approved(request: Request) -> list[Activation]:
    decision, grant = request.decision, request.grant
    if decision is None or decision.outcome != "approved" or grant is None:
        return []
    window = grant.window
    peers = request.terms.requirement.kind == "stages"
    approved = Activation(
        kind="approved" if peers else "self_approved",
        at=decision.at,
        request=request,
        by=decision.by if peers else (),
        start=window.start,
        end=window.end,
    )
    return [approved]
