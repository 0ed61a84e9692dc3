"""IAM policies of Google Cloud projects, folders and organizations (Cloud Resource Manager API v3).

The service's account needs `resourcemanager.RESOURCE.getIamPolicy` and `.setIamPolicy` where it grants.
"""

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from approvals.access.capacity import shortage
from approvals.ports.targets import Binding, Forbidden, GranterError, Impossible, PolicyChanged, Snapshot, Unsure
from approvals.refusals import reasons
from countersign_client import shapes
from countersign_client.patterns import Pattern

if TYPE_CHECKING:
    from approvals.backends.google_rest import Rest, RestError, Silence

_RESOURCE = Pattern(r"(projects|folders|organizations)/[^/:\s]+")
_VERSIONS = (0, 1, 3)
_BARE = Pattern(r".+_withcond_[0-9a-f]+")
"""The role of a binding whose condition is left out, as readers below version 3 are shown it."""

_SAID = 1000
"""Characters of what Google says of a failure that are kept: people read them on a card, which has to be whole."""


class _Condition(msgspec.Struct, frozen=True, kw_only=True):
    title: str = ""
    description: str = ""
    expression: str = ""


class _Shown(msgspec.Struct, frozen=True, kw_only=True):
    role: str
    members: tuple[str, ...] = ()
    condition: _Condition = _Condition()


class _Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What is used of a policy, in the shape that is documented. What else it has is sent back as it came."""

    etag: str = ""
    version: int = 0
    bindings: tuple[_Shown, ...] = ()


class GoogleIam:
    """A `Granter`. `base_url` leads to an emulator in place of Google."""

    def __init__(self, *, base_url: str | None = None) -> None:
        self._base_url = base_url

    def read(self, resource: str, *, timeout: float, reason: str) -> Snapshot:
        """Read a policy with its conditions (version 3). One without any is of version 1.

        What is not shown as it is documented is refused as a whole: others' bindings must not get lost by what is
        written, nor ours be taken for gone.
        """
        body = {"options": {"requestedPolicyVersion": 3}}
        raw = self._call(resource, "getIamPolicy", body, timeout=timeout, reason=reason)
        policy = _policy(raw, resource=resource)
        if not policy.etag:
            raise Unsure(reasons.reason("google.no_etag", resource=resource))
        return Snapshot(resource=resource, etag=policy.etag, bindings=_split(policy), raw=raw)

    def write(
        self,
        snapshot: Snapshot,
        *,
        remove: Collection[Binding],
        add: Collection[Binding],
        timeout: float,
        reason: str,
    ) -> None:
        """Write the policy back, version 3 and the etag always set, other bindings as they were read.

        What Google has no room for is not sent: Google would not say what is to be done.
        """
        if (full := shortage(snapshot, add=add, remove=remove)) is not None:
            raise Impossible(full)
        bindings = _with(_without(snapshot.raw.get("bindings", []), remove), add)
        policy = {**snapshot.raw, "bindings": bindings, "etag": snapshot.etag, "version": 3}
        self._call(snapshot.resource, "setIamPolicy", {"policy": policy}, timeout=timeout, reason=reason)

    @cached_property
    def _rest(self) -> "Rest":
        from approvals.backends.google_rest import Rest  # noqa: PLC0415 - Google's libraries load at the first call

        return Rest("cloudresourcemanager", "v3", base_url=self._base_url)

    def _call(
        self, resource: str, method: str, body: Mapping[str, Any], *, timeout: float, reason: str
    ) -> Mapping[str, Any]:
        from approvals.backends.google_rest import RestError  # noqa: PLC0415

        kind = _RESOURCE.fullmatch(resource)
        if kind is None:
            raise Impossible(reasons.reason("google.no_resource", resource=resource))
        prepare: Callable[[Any], Any] = lambda api: getattr(getattr(api, kind[1])(), method)(  # noqa: E731
            resource=resource, body=body
        )
        try:
            return self._rest.call(prepare, timeout=timeout, reason=reason)
        except RestError as error:
            raise _meaning(error, needed=f"resourcemanager.{kind[1]}.{method} on {resource}") from error


def _meaning(error: "RestError", *, needed: str) -> GranterError:
    """Say what an error answer means for the caller (https://cloud.google.com/apis/design/errors)."""
    code, said = error.code, str(error)[:_SAID]
    if code in (409, 412):
        return PolicyChanged(said)
    if code in (401, 403):
        return Forbidden(
            reasons.reason("google.forbidden", said=said.rstrip(". "), permission=needed), needed=needed
        )
    if code == 0:
        return Unsure(_SILENCE[error.silence])
    if code in (408, 429) or code >= 500 or 300 <= code < 400:
        return Unsure(reasons.reason("google.unclear", status=code, said=said))
    if error.constraint:
        return Impossible(reasons.reason("google.constraint", name=error.constraint, said=said.rstrip(". ")))
    return Impossible(reasons.reason("google.final", status=code, said=said))


_SILENCE: Mapping["Silence", reasons.Reason] = {
    "credentials": reasons.reason("google.credentials"),
    "garbled": reasons.reason("google.garbled"),
    "none": reasons.reason("google.silent"),
}


def _policy(raw: Mapping[str, Any], *, resource: str) -> _Policy:
    """Raises `Impossible` where it is of another shape or version, or shown without its conditions."""
    try:
        policy = shapes.convert(raw, _Policy)
    except msgspec.ValidationError as error:
        raise Impossible(reasons.reason("google.shape", resource=resource, said=str(error)[:_SAID])) from None
    if policy.version not in _VERSIONS:
        raise Impossible(reasons.reason("google.version", resource=resource, version=policy.version))
    if policy.version < max(_VERSIONS) and any(_BARE.fullmatch(binding.role) for binding in policy.bindings):
        raise Impossible(reasons.reason("google.hidden", resource=resource))
    return policy


def _split(policy: _Policy) -> tuple[Binding, ...]:
    return tuple(
        Binding(
            role=binding.role,
            member=member,
            title=binding.condition.title,
            description=binding.condition.description,
            expression=binding.condition.expression,
        )
        for binding in policy.bindings
        for member in binding.members
    )


def _condition(binding: Mapping[str, Any]) -> dict[str, str]:
    condition = binding.get("condition") or {}
    return {name: condition.get(name, "") for name in ("title", "description", "expression")}


def _without(bindings: list[dict[str, Any]], remove: Collection[Binding]) -> list[dict[str, Any]]:
    gone = frozenset(remove)
    kept = []
    for binding in bindings:
        members = binding.get("members", [])
        condition = _condition(binding)
        left = [m for m in members if Binding(role=binding["role"], member=m, **condition) not in gone]
        if len(left) == len(members):
            kept.append(binding)
        elif left:
            kept.append({**binding, "members": left})
    return kept


def _with(bindings: list[dict[str, Any]], add: Collection[Binding]) -> list[dict[str, Any]]:
    result = list(bindings)
    for new in add:
        condition = {"title": new.title, "description": new.description, "expression": new.expression}
        made = {"role": new.role, "condition": {name: text for name, text in condition.items() if text}}
        if not made["condition"]:
            del made["condition"]
        for index, binding in enumerate(result):
            if {name: value for name, value in binding.items() if name != "members"} == made:
                members = binding.get("members", [])
                result[index] = {**binding, "members": [*(m for m in members if m != new.member), new.member]}
                break
        else:
            result.append({**made, "members": [new.member]})
    return result
