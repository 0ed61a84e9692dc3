"""Google without a network: the real granter calls the sandbox's Google, over a line that can be disturbed."""

import contextlib
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any, Literal

from approvals.backends.google_rest import RestError
from approvals.backends.granters.google_groups import GoogleGroups
from approvals.backends.granters.google_iam import GoogleIam
from approvals.backends.granters.routed import Routed
from approvals.ports.targets import Binding, Granter, GranterError, MemberRule, Snapshot, Unsure
from sandbox.google import Google
from sandbox.google.arguments import Arguments
from sandbox.google.errors import GoogleError
from sandbox.google.handlers import handler

CHANGES = frozenset({"create", "delete", "modifyMembershipRoles"})
"""The calls that change a membership."""
Disturbance = Exception | Literal["lost", "late"] | Callable[[], object] | None


def direct_iam(google: Google) -> GoogleIam:
    """The real granter on the sandbox's Google, called in this process: no sockets, no threads."""
    granter = GoogleIam(base_url="http://unused.invalid")
    granter.__dict__["_rest"] = _Direct(google)
    return granter


def direct_groups(google: Google, *, seconds: Callable[[], float] = time.monotonic) -> GoogleGroups:
    """The same of memberships of groups, which ages on a clock of `seconds`."""
    granter = GoogleGroups(base_url="http://unused.invalid", seconds=seconds)
    granter.__dict__["_rest"] = _Direct(google)
    return granter


def direct(google: Google) -> Granter:
    """Both, as the service has them."""
    return Routed(iam=direct_iam(google), groups=direct_groups(google))


@contextlib.contextmanager
def deferring(groups: GoogleGroups) -> Iterator[list[Callable[[], object]]]:
    """Let each change of a membership be under way: what is read before it is read now, and it arrives later."""
    line: _Direct = groups.__dict__["_rest"]
    line.late = late = list[Callable[[], object]]()
    try:
        yield late
    finally:
        line.late = None


class DirectPlaces:
    """`Places` on the sandbox's Google, in this process. `asked` says what was; `fails` is raised instead."""

    def __init__(self, google: Google) -> None:
        self._google = google
        self._iam = direct_iam(google)
        self.asked: list[tuple[str, str]] = []
        self.fails: Exception | None = None
        self.rule = MemberRule()

    def policy(self, resource: str, *, timeout: float) -> Snapshot:
        self._ask("policy", resource)
        return self._iam.read(resource, timeout=timeout, reason="limits")

    def grantable(self, resource: str, *, timeout: float) -> frozenset[str]:
        self._ask("grantable", resource)
        return self._google.grantable(resource)

    def members(self, resource: str, *, timeout: float) -> MemberRule:
        self._ask("members", resource)
        return self.rule

    def _ask(self, what: str, resource: str) -> None:
        self.asked.append((what, resource))
        if self.fails is not None:
            raise self.fails


class OftenRead(Google):
    """A Google that copies its policies once after each write. Whoever reads them changes nothing in them."""

    def __init__(self) -> None:
        super().__init__()
        self._copied, self._copy = -1, super().policies()

    def policies(self) -> dict[str, Any]:
        if self._copied != self._writes:
            self._copied, self._copy = self._writes, super().policies()
        return self._copy


class Wire:
    """A `Granter` around another one: a line that fails as it is told.

    Each entry of `reads` and `writes` is for one coming call: an error to raise in its place, `lost` (it takes
    effect, no answer comes), `late` (no answer comes and it arrives when `land` is called), or a function to
    call just before it goes through. `sent` counts the writes that reached the other side.
    """

    def __init__(self, granter: Granter) -> None:
        self._granter = granter
        self.reads: list[Disturbance] = []
        self.writes: list[Disturbance] = []
        self.sent = 0
        self.late: list[Callable[[], None]] = []

    def read(self, resource: str, *, timeout: float, reason: str) -> Snapshot:
        disturbance = self.reads.pop(0) if self.reads else None
        if isinstance(disturbance, Exception):
            raise disturbance
        if callable(disturbance):
            disturbance()
        return self._granter.read(resource, timeout=timeout, reason=reason)

    def write(
        self,
        snapshot: Snapshot,
        *,
        remove: Collection[Binding],
        add: Collection[Binding],
        timeout: float,
        reason: str,
    ) -> None:
        def send() -> None:
            self.sent += 1
            self._granter.write(snapshot, remove=remove, add=add, timeout=timeout, reason=reason)

        disturbance = self.writes.pop(0) if self.writes else None
        if isinstance(disturbance, Exception):
            raise disturbance
        if disturbance == "late":
            self.late.append(send)
            raise Unsure("no answer came")
        if callable(disturbance):
            disturbance()
        send()
        if disturbance == "lost":
            raise Unsure("the answer was lost")

    def land(self) -> None:
        """Let the late writes arrive; what their etag forbids has no effect."""
        while self.late:
            with contextlib.suppress(GranterError):
                self.late.pop(0)()


class _Direct:
    """Stands for the REST client: routes a call to the sandbox's handlers and gives its errors as REST errors.

    While there is a list of what is `late`, each change of a membership goes there in place of to Google.
    """

    def __init__(self, google: Google) -> None:
        self._google = google
        self.late: list[Callable[[], object]] | None = None

    def call(self, prepare: Callable[[Any], Any], *, timeout: float, reason: str = "") -> Mapping[str, Any]:
        if timeout <= 0:
            raise RestError(0, "the time was up before the call was sent")
        method, resource, query, body = prepare(_Api())
        if self.late is not None and method.rpartition(".")[2] in CHANGES:
            arguments = Arguments(resource=resource, query=query, body=body)
            self.late.append(partial(handler(method), self._google, arguments))
            raise RestError(0, "no answer came")
        fault = self._google.faults.take(method)
        if fault is not None and fault.status:
            raise RestError(fault.status, "a fault on purpose")
        try:
            return handler(method)(self._google, Arguments(resource=resource, query=query, body=body))
        except GoogleError as error:
            raise RestError(error.code, str(error)) from error


class _Api:
    def __getattr__(self, kind: str) -> "Callable[[], _Methods]":
        return lambda: _Groups() if kind == "groups" else _Methods(kind)


class _Methods:
    def __init__(self, kind: str) -> None:
        self._kind = kind

    def __getattr__(self, method: str) -> Callable[..., tuple[str, str, Mapping[str, str], Mapping[str, Any]]]:
        return lambda *, resource, body: (
            f"cloudresourcemanager.v3.{self._kind}.{method}",
            resource,
            {},
            body,
        )


class _Groups(_Methods):
    """Groups, and by `memberships()` those."""

    def __init__(self, path: str = "groups") -> None:
        super().__init__(path)

    def memberships(self) -> "_Groups":
        return _Groups("groups.memberships")

    def __getattr__(self, method: str) -> Callable[..., tuple[str, str, Mapping[str, str], Mapping[str, Any]]]:
        def prepared(
            *, name: str = "", parent: str = "", body: Mapping[str, Any] | None = None, **query: object
        ) -> tuple[str, str, Mapping[str, str], Mapping[str, Any]]:
            asked = {key.replace("_", "."): str(value) for key, value in query.items()}
            return f"cloudidentity.v1.{self._kind}.{method}", name or parent, asked, body or {}

        return prepared
