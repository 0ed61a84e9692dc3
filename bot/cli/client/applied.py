"""Whether Google has applied access yet, which takes it minutes: the caller's own credentials ask it."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Protocol

from approvals.refusals.errors import NotFound, Unavailable

_ANSWER = 10.0
"""Seconds for one question."""

_ASKED = 5
"""Permissions of a role that are asked about: Google applies all of a role at once."""


class Google(Protocol):
    """What Google tells its caller. Both raise `NotFound` or `Unavailable`; `timeout` is in seconds."""

    def held(self, resource: str, permissions: Sequence[str], *, timeout: float) -> tuple[str, ...]:
        """Which of these permissions the caller holds on a resource."""

    def included(self, role: str, *, timeout: float) -> tuple[str, ...]:
        """Which permissions a role holds."""


class Unasked(Exception):
    """Nothing can be asked about, and why."""


class Applied:
    """Asks Google whether the caller has what was given: these permissions, or some of each role's own."""

    def __init__(self, cloud: Google, permissions: Sequence[str] = ()) -> None:
        self._cloud = cloud
        self.permissions = tuple(permissions)
        self._chosen: dict[tuple[str, str], tuple[str, ...]] = {}
        self.trouble = ""
        """Why the last question that was no had no answer; empty where Google said no."""

    def holds(self, targets: Sequence[Mapping[str, Any]]) -> bool:
        """Whether Google says yes for all of these. No answer is no.

        Raises `NotFound` where a permission that the caller named is none, and `Unasked` where Google tells of
        no target what could be asked.
        """
        self.trouble = ""
        if self.permissions:
            return all(self._held(str(each["resource"]), self.permissions) for each in targets)
        asked = [(str(each["resource"]), str(role)) for each in _plain(targets) for role in each["roles"]]
        try:
            chosen = {each: self._of(*each) for each in asked}
        except Unavailable as error:
            self.trouble = str(error)
            return False
        if not any(chosen.values()):
            raise Unasked("Google does not say which permissions it could be asked about")
        return all(self._held(resource, names) for (resource, _), names in chosen.items() if names)

    def _held(self, resource: str, permissions: Sequence[str]) -> bool:
        try:
            return set(permissions) <= set(self._cloud.held(resource, permissions, timeout=_ANSWER))
        except (Unavailable, NotFound) as error:
            # Who may not even see a resource yet is told this as well; only a name that is none stays one.
            if _is_wrong(error):
                raise
            self.trouble = str(error)
            return False

    def _of(self, resource: str, role: str) -> tuple[str, ...]:
        """Some permissions of a role that can be asked about on a resource; none where Google does not say."""
        if (resource, role) not in self._chosen:
            try:
                included = self._cloud.included(role, timeout=_ANSWER)
            except NotFound:
                included = ()  # a custom role, say, which its holder may not read
            found = sorted(included, key=lambda name: (_service(name) != _service(role.partition("/")[2]), name))
            self._chosen[resource, role] = tuple(each for each in found[:_ASKED] if self._is_one(resource, each))
        return self._chosen[resource, role]

    def _is_one(self, resource: str, permission: str) -> bool:
        """A permission can be none on a resource, as `resourcemanager.projects.list` is on a project.

        Raises `Unavailable`.
        """
        try:
            self._cloud.held(resource, (permission,), timeout=_ANSWER)
        except NotFound as error:
            return not _is_wrong(error)
        return True


def _plain(targets: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Targets that hold for all of their resource. Of others Google says no, for it is asked about the whole.

    Raises `Unasked` where there are none.
    """
    found = [each for each in targets if not each.get("condition")]
    if not found:
        raise Unasked("it holds for a part of its resource, about which Google cannot be asked")
    return found


def _service(name: str) -> str:
    return name.partition(".")[0]


def _is_wrong(error: Exception) -> bool:
    return bool(getattr(error.__cause__, "code", 0) == HTTPStatus.BAD_REQUEST)
