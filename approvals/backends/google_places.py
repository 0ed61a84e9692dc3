"""What Google says of a resource before anything is granted there: its policy, its roles, whom it may name.

The organization policy needs `orgpolicy.policy.get`, and the organizations `resourcemanager.organizations.get`.
Without them nothing is known of it, and Google's refusal of a write says it.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from approvals.backends.google_look import GoogleLook
from approvals.backends.granters.google_iam import GoogleIam
from approvals.ports.targets import MemberRule, Snapshot
from approvals.refusals.errors import Unavailable
from countersign_client.patterns import Pattern

if TYPE_CHECKING:
    from approvals.backends.google_rest import Rest

CONSTRAINT = "iam.allowedPolicyMemberDomains"
_CUSTOMER = Pattern(r"(?:is:)?(C[0-9a-zA-Z]{1,32})")
_ORGANIZATIONS = 50
LOADED_AFTER = 5.0
"""Seconds from the first look that came too early until Google's libraries load: its answer is out by then."""


class GooglePlaces:
    """A `Places`. `base_url` leads to an emulator in place of Google."""

    def __init__(self, *, base_url: str | None = None) -> None:
        self._base_url = base_url
        self._iam, self._look = GoogleIam(base_url=base_url), GoogleLook(base_url=base_url)

    def policy(self, resource: str, *, timeout: float) -> Snapshot:
        """Read the IAM policy as the granter does. Raises `GranterError` or `Unavailable`."""
        _require_loaded()
        return self._iam.read(resource, timeout=timeout, reason="limits")

    def grantable(self, resource: str, *, timeout: float) -> frozenset[str]:
        """List the roles. Raises `NotFound` or `Unavailable`, also where Google lists none at all."""
        _require_loaded()
        found = self._look.grantable(resource, timeout=timeout)
        if not found:
            raise Unavailable(f"Google lists no role for {resource}")
        return found

    def members(self, resource: str, *, timeout: float) -> MemberRule:
        """Read the organization policy in effect on the resource. Raises `Unavailable`."""
        _require_loaded()
        from approvals.backends.google_rest import seconds_left  # noqa: PLC0415 - loads Google's libraries

        left = seconds_left(timeout)
        kind, name = resource.partition("/")[0], f"{resource}/policies/{CONSTRAINT}"
        found = self._asked(
            lambda: self._policies.call(
                lambda api: getattr(api, kind)().policies().getEffectivePolicy(name=name), timeout=left()
            )
        )
        rules = (found.get("spec") or {}).get("rules") or []
        if any(rule.get("denyAll") for rule in rules):
            return MemberRule(nobody=True)
        allowed = [*_allowed(rules)]
        # One that is no customer's id, such as a set of principals, may let anybody in: then nothing is known.
        customers = [each for each in map(_CUSTOMER.fullmatch, allowed) if each is not None]
        if not allowed or len(customers) < len(allowed) or any(rule.get("allowAll") for rule in rules):
            return MemberRule()
        return MemberRule(allowed=frozenset(each[1] for each in customers), customers=self._customers(left))

    def _customers(self, left: Callable[[], float]) -> Mapping[str, str]:
        """Which customer the main domain of each organization that is shown belongs to."""
        answer = self._asked(
            lambda: self._resources.call(
                lambda api: api.organizations().search(pageSize=_ORGANIZATIONS), timeout=left()
            )
        )
        return {
            each["displayName"].lower(): each["directoryCustomerId"]
            for each in answer.get("organizations") or []
            if each.get("displayName") and each.get("directoryCustomerId")
        }

    def _asked(self, ask: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        from approvals.backends.google_rest import RestError  # noqa: PLC0415

        try:
            return ask()
        except RestError as error:
            raise Unavailable(f"organization policies cannot be read: {error}") from error

    @cached_property
    def _policies(self) -> "Rest":
        from approvals.backends.google_rest import Rest  # noqa: PLC0415

        return Rest("orgpolicy", "v2", base_url=self._base_url)

    @cached_property
    def _resources(self) -> "Rest":
        from approvals.backends.google_rest import Rest  # noqa: PLC0415

        return Rest("cloudresourcemanager", "v3", base_url=self._base_url)


def load() -> None:
    """Load what calls of Google need, in the order that lets others do the same at once (see `google_rest`)."""
    for name in ("google.auth", "googleapiclient.discovery"):
        import_module(name)


def _require_loaded() -> None:
    """Nobody who asks waits for Google's libraries. Where no other call has loaded them, they are soon."""
    if "googleapiclient.discovery" not in sys.modules:
        _load_soon()
        raise Unavailable("Google's libraries are not loaded yet")


@cache
def _load_soon() -> None:
    """Once for all: a service that never grants anything has its limits looked up, too."""
    loading = threading.Timer(LOADED_AFTER, load)
    loading.daemon = True
    loading.start()


def _allowed(rules: list[Mapping[str, Any]]) -> Iterator[str]:
    for rule in rules:
        yield from (rule.get("values") or {}).get("allowedValues") or []
