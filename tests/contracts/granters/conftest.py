"""Every granter that the contract holds for, each over a service that the test can look into and disturb."""

from datetime import datetime
from typing import Any, Protocol

import msgspec
import pytest

from approvals.backends.granters.google_iam import GoogleIam
from approvals.ports.targets import Granter
from sandbox.google import Fault, Google
from tests.support.googles import google, google_stage, google_url

__all__ = ["google", "google_stage", "google_url"]


class Service(Protocol):
    """What stands behind a granter, as its administrator sees it."""

    def bindings(self, resource: str) -> list[dict[str, Any]]: ...

    def edit(self, resource: str, bindings: list[dict[str, Any]]) -> None: ...

    def fail(self, *, write: bool, status: int) -> None: ...

    def lose(self, *, how: str) -> None: ...

    def late(self, *, write: bool, seconds: float) -> None: ...

    def writes(self) -> list[dict[str, Any]]: ...

    def reasons(self) -> list[str]: ...

    def in_force(self, resource: str, role: str, member: str, at: datetime) -> bool: ...


class SandboxGoogle:
    """The sandbox's Google as a `Service`."""

    def __init__(self, google: Google) -> None:
        self._google = google

    def bindings(self, resource: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._google.policies()[resource].get("bindings", [])
        return found

    def edit(self, resource: str, bindings: list[dict[str, Any]]) -> None:
        self._google.edit(resource, lambda policy: policy.update(bindings=bindings))

    def fail(self, *, write: bool, status: int) -> None:
        self._google.faults.set(Fault(method=_method(write=write), status=status))

    def lose(self, *, how: str) -> None:
        self._google.faults.set(msgspec.convert({"method": "setIamPolicy", "lost": how}, Fault))

    def late(self, *, write: bool, seconds: float) -> None:
        self._google.faults.set(Fault(method=_method(write=write), delay=seconds))

    def writes(self) -> list[dict[str, Any]]:
        return [call.body["policy"] for call in self._google.calls("setIamPolicy")]

    def reasons(self) -> list[str]:
        return [call.reason for call in self._google.calls("IamPolicy")]

    def in_force(self, resource: str, role: str, member: str, at: datetime) -> bool:
        return self._google.in_force(resource, role, member, at)


def _method(*, write: bool) -> str:
    return "setIamPolicy" if write else "getIamPolicy"


@pytest.fixture(params=["google_iam"])
def pair(google: Google, google_url: str) -> tuple[Granter, Service]:
    return GoogleIam(base_url=google_url), SandboxGoogle(google)


@pytest.fixture
def granter(pair: tuple[Granter, Service]) -> Granter:
    return pair[0]


@pytest.fixture
def service(pair: tuple[Granter, Service]) -> Service:
    return pair[1]
