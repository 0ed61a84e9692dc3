"""What Google says about the resources, roles and groups that a policy names (Resource Manager v3, IAM v1).

`testIamPermissions` tells of the caller's own permissions; what is missing looks like what is hidden.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from approvals.backends.directories.cloud_identity import CloudIdentity
from approvals.backends.shaped import shaped
from approvals.refusals.errors import NotFound, Unavailable
from countersign_client.patterns import Pattern

if TYPE_CHECKING:
    from approvals.backends.google_rest import Rest

_RESOURCE = Pattern(r"(projects|folders|organizations)/[^/:\s]+")
_OWN_ROLE = Pattern(r"(projects|organizations)/[^/\s]+/roles/[^/\s]+")
_PAGE = 3_000
"""Roles in an answer at most (IAM v1, roles.queryGrantableRoles)."""


class GoogleLook:
    """A `Cloud`. `base_url` leads to an emulator in place of Google."""

    def __init__(self, *, base_url: str | None = None) -> None:
        self._base_url = base_url
        self._groups = CloudIdentity(base_url=base_url)

    def lacking(self, resource: str, *, timeout: float) -> tuple[str, ...]:
        """Ask which of the two permissions that granting takes these credentials hold."""
        kind = _RESOURCE.fullmatch(resource)
        if kind is None:
            raise NotFound(f"{resource} is no project, folder or organization")
        needed = [f"resourcemanager.{kind[1]}.{method}" for method in ("getIamPolicy", "setIamPolicy")]
        held = self.held(resource, needed, timeout=timeout)
        return tuple(each for each in needed if each not in held)

    def held(self, resource: str, permissions: Sequence[str], *, timeout: float) -> tuple[str, ...]:
        """Ask which of these permissions the credentials hold. Raises `NotFound` or `Unavailable`."""
        kind = _RESOURCE.fullmatch(resource)
        if kind is None:
            raise NotFound(f"{resource} is no project, folder or organization")
        answer = self._asked(
            lambda: self._resources.call(
                lambda api: getattr(api, kind[1])().testIamPermissions(
                    resource=resource, body={"permissions": list(permissions)}
                ),
                timeout=timeout,
            ),
            resource,
        )
        with shaped(_odd(resource)):
            return tuple(answer.get("permissions", ()))

    def included(self, role: str, *, timeout: float) -> tuple[str, ...]:
        """Ask which permissions a role holds; anybody may, of a predefined one. Raises as `held` does."""
        kind = _OWN_ROLE.fullmatch(role)
        answer = self._asked(
            lambda: self._roles.call(
                lambda api: (getattr(api, kind[1])().roles() if kind else api.roles()).get(name=role),
                timeout=timeout,
            ),
            role,
        )
        with shaped(_odd(role)):
            return tuple(answer.get("includedPermissions", ()))

    def grantable(self, resource: str, *, timeout: float) -> frozenset[str]:
        """Ask for all roles that the resource's policy can hold; the pages share the time."""
        from approvals.backends.google_rest import seconds_left  # noqa: PLC0415

        left, found, token = seconds_left(timeout), set[str](), ""
        while True:
            body = {"fullResourceName": f"//cloudresourcemanager.googleapis.com/{resource}", "pageSize": _PAGE}
            body |= {"pageToken": token} if token else {}
            answer = self._asked(
                lambda body=body: self._roles.call(  # type: ignore[misc]
                    lambda api: api.roles().queryGrantableRoles(body=body), timeout=left()
                ),
                f"the roles of {resource}",
            )
            with shaped(_odd(f"the roles of {resource}")):
                found |= {role["name"] for role in answer.get("roles", ())}
            token = answer.get("nextPageToken", "")
            if not token:
                return frozenset(found)

    def members(self, address: str, *, most: int, timeout: float) -> frozenset[str]:
        """List a group."""
        return self._groups.members(address, most=most, timeout=timeout)

    def require_group(self, address: str, *, timeout: float) -> None:
        """Look a group up."""
        self._groups.name(address, timeout=timeout)

    def _asked(self, ask: Callable[[], Any], what: str) -> Any:
        from approvals.backends.google_rest import RestError  # noqa: PLC0415

        try:
            return ask()
        except RestError as error:
            if error.code in (400, 403, 404):
                raise NotFound(f"Google does not show {what}: {error}") from error
            raise Unavailable(f"{what} cannot be asked about now: {error}") from error

    @cached_property
    def _resources(self) -> "Rest":
        from approvals.backends.google_rest import Rest  # noqa: PLC0415 - Google's libraries load at the first call

        return Rest("cloudresourcemanager", "v3", base_url=self._base_url)

    @cached_property
    def _roles(self) -> "Rest":
        from approvals.backends.google_rest import Rest  # noqa: PLC0415

        return Rest("iam", "v1", base_url=self._base_url)


def _odd(what: str) -> str:
    return f"Google gave an answer about {what} of a shape that is not documented"
