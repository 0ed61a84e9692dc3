"""Activations as JIT Access 1.x writes them: labels and sentences of its log, and its messages to Pub/Sub.

Sources: GoogleCloudPlatform/jit-groups 1.8, `AbstractAction`, `LogAdapter` and the three actions of activation for
the log; its page "Pub/Sub notifications" for the messages.
"""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

from approvals.policy.model import Policy
from approvals.targets import IamRoles, roles_of_iam
from approvals.telling.activations import Activation, reviewers
from approvals.times import rfc3339
from handlers.links import request_link

_FULL = "//cloudresourcemanager.googleapis.com/"
_EVENTS = {"requested": "api.requestRole", "approved": "api.activateRole", "self_approved": "api.activateRole"}
_TYPES = {
    "requested": "RequestActivation",
    "approved": "ActivationApproved",
    "self_approved": "ActivationSelfApproved",
}


def lines(activation: Activation, policy: Policy) -> list[tuple[str, dict[str, str]]]:
    """Each line of the log as its sentence and its labels: one for each target, as there is one project there."""
    return [
        (_sentence(activation, target), _labels(activation, target, policy))
        for target in roles_of_iam(activation.request.terms.targets)
    ]


def messages(activation: Activation, policy: Policy, *, pages_url: str) -> list[dict[str, Any]]:
    """Each message as it is published: one for each target. Without pages the addresses are empty."""
    return [
        {"type": _TYPES[activation.kind], "attributes": _attributes(activation, target, policy, pages_url)}
        for target in roles_of_iam(activation.request.terms.targets)
    ]


def _sentence(activation: Activation, target: IamRoles) -> str:
    who, where = activation.request.requester, f"'{_FULL}{target.resource}'"
    roles = ", ".join(f"'{role}'" for role in target.roles)
    minutes = int((activation.end - activation.start).total_seconds() // 60)
    if activation.kind == "requested":
        return f"User {who} requested role {roles} on {where} for {minutes} minutes"
    if activation.kind == "approved":
        return f"User {', '.join(activation.by)} approved role {roles} on {where} for {who}"
    return f"User {who} activated roles {roles} on {where} for themselves for {minutes} minutes"


def _labels(activation: Activation, target: IamRoles, policy: Policy) -> dict[str, str]:
    request = activation.request
    labels = {
        "event": _EVENTS[activation.kind],
        "user": ", ".join(activation.by) or request.requester,
        "activation_id": request.id,
        "activation_start": _offset(activation.start),
        "activation_end": _offset(activation.end),
        "justification": request.terms.justification.text,
        "entitlements": ", ".join(_entitlement(target, role) for role in target.roles),
    }
    if activation.kind == "requested":
        labels["project"] = _project(target)
    if activation.kind != "self_approved":
        labels["reviewers"] = ", ".join(reviewers(request, policy))
    return labels


def _attributes(activation: Activation, target: IamRoles, policy: Policy, pages_url: str) -> dict[str, Any]:
    request = activation.request
    found: dict[str, Any] = {
        "beneficiary": request.requester,
        "project_id": _project(target),
        "role": ", ".join(target.roles),
        "start_time": rfc3339(activation.start),
        "end_time": rfc3339(activation.end),
        "justification": request.terms.justification.text,
    }
    if activation.kind == "self_approved":
        return found
    found |= {"reviewers": [*reviewers(request, policy)], "base_url": f"{pages_url}/" if pages_url else ""}
    if activation.kind == "approved":
        return found | {"approver": ", ".join(activation.by)}
    return found | {
        "action_url": request_link(pages_url, request.id) if pages_url else "",
        "request_expiry_time": rfc3339(request.terms.expires),
    }


def _project(target: IamRoles) -> str:
    """The project's id. A folder or an organization, which is none there, is named in full."""
    return target.resource.removeprefix("projects/")


def _entitlement(target: IamRoles, role: str) -> str:
    """As JIT Access names one: the project, the role, and the condition where there is one."""
    condition = f":{b64encode(target.condition.encode()).decode()}" if target.condition else ""
    return f"{_project(target)}:{role}{condition}"


def _offset(moment: datetime) -> str:
    """A moment as Java's `OffsetDateTime` writes it: without seconds where there are none."""
    utc = moment.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%SZ" if utc.second else "%Y-%m-%dT%H:%MZ")
