"""What AuthZEN's callers are answered, member by member. New members may come."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

NextAction = Literal["request", "retry", "none"]
Status = Literal["pending", "approved", "denied", "expired", "cancelled"]


class Display(msgspec.Struct, frozen=True, kw_only=True):
    """Words for people."""

    title: str
    description: str


class AccessRequest(msgspec.Struct, frozen=True, kw_only=True):
    """How a denial can be answered by a request, and until when."""

    endpoint: str
    template: str
    expires_at: str
    binding_token: str
    display: Display


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """An approval, which is used once, before `approved_until`. `approved_at` is left out where it is used."""

    id: str
    approved_until: str
    approved_at: str | UnsetType = UNSET


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What goes with a decision. `step_up` says how the person has to sign in; `receipt` (JWS) is of a use."""

    evaluation_id: str | UnsetType = UNSET
    evaluated_at: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    reason_user: Mapping[str, str] | UnsetType = UNSET
    next_action: NextAction | UnsetType = UNSET
    access_request: AccessRequest | UnsetType = UNSET
    acr_values: str | UnsetType = UNSET
    step_up: Mapping[str, Any] | UnsetType = UNSET
    approval: Approval | UnsetType = UNSET
    receipt: str | UnsetType | None = UNSET


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What an evaluation is answered."""

    decision: bool
    context: Context


class Links(msgspec.Struct, frozen=True, kw_only=True):
    """Where a person sees it, and where the application cancels it."""

    ticket: str | UnsetType = UNSET
    cancel: str | UnsetType = UNSET


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A request as its task. `expires_at` is until when it can be decided, while that is open."""

    id: str
    status: Status
    status_endpoint: str
    display: Display
    links: Links
    expires_at: str | UnsetType = UNSET


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What an approved task comes to: evaluate again, with this approval."""

    approval: Approval
    mode: Literal["reevaluate"] = "reevaluate"


class Handle(msgspec.Struct, frozen=True, kw_only=True):
    """What a submission, a look at a task and its cancelling are answered."""

    task: Task
    result: Result | UnsetType = UNSET


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What this decision point offers. The last two say what of the draft it does not."""

    policy_decision_point: str
    access_evaluation_endpoint: str
    access_request_endpoint: str
    jwks_uri: str
    capabilities: tuple[str, ...] = ("urn:openid:authzen:capability:access-request",)
    countersign_callbacks: bool = False
    countersign_items: bool = False
