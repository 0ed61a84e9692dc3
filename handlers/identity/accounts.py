"""Accounts behind Identity-Aware Proxy. Who one of them is, only its assertion says; nobody can be asked later."""

from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import quote

import msgspec

from approvals.people.accounts import How, Purpose, channel_of
from approvals.people.principals import IdentityRules, Means, is_service_account
from approvals.refusals.errors import NotFound, Refused
from handlers.identity.iap import Assertion, External

SCHEME = "iap"
"""What references of these accounts begin with: `iap:SUBJECT/ADDRESS`."""


class IapAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Implements `Account` by an assertion, or later by what was kept of one."""

    ref: str
    email: str
    read_at: datetime
    how: How = How()
    name: str = ""
    guest: bool = False
    means: Means = "web"
    left: bool = False

    def require(self, rules: IdentityRules, *, purpose: Purpose, how: How) -> None:
        """Raise `Refused` where the proof does not count: it is of our own organisation, with what pages need.

        How old a proof may be is seen to for all pages alike, and only of votes.
        """
        if not is_service_account(self.email):
            _require_ours(how, rules)
        elif how.provider:
            # Google alone says which of its robots somebody is.
            raise Refused("service_account")
        _require_let_in(how, rules)


def _require_ours(how: How, rules: IdentityRules) -> None:
    """The account is of our own organisation, or of an external provider that the policy lists.

    An account of Google's that is nobody's may have a work address as well.
    """
    if how.provider:
        known = rules.gcip.tenants or ("",)
        if how.provider not in rules.gcip.providers or how.tenant not in known:
            raise Refused("external.provider")
    elif how.organisation not in rules.domains:
        raise Refused("organisation", domain=how.organisation)


def _require_let_in(how: How, rules: IdentityRules) -> None:
    if not set(rules.web.access_levels) <= set(how.levels):
        raise Refused("web.level")
    for name, values in rules.web.attributes.items():
        if not set(values) & set(how.attributes.get(name, ())):
            raise Refused("web.attribute")


class IapAccounts:
    """Implements `Accounts`, as far as anybody can: what a reference says, without any proof."""

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    def account(self, ref: str, *, timeout: float) -> IapAccount:
        """An account by its reference alone. Raises `NotFound` for what is none."""
        # A subject's slashes are written in another way, an address may have some.
        subject, _, email = ref.removeprefix(f"{SCHEME}:").partition("/")
        if channel_of(ref) != SCHEME or not subject or not email:
            raise NotFound(f"{ref!r} is no account behind Identity-Aware Proxy")
        return IapAccount(ref=ref, email=email, read_at=self._clock())


def account_of(assertion: Assertion, rules: IdentityRules, *, within: int = 0) -> IapAccount:
    """Who an assertion is about. Of what a provider claims, what the policy asks for is kept.

    `within` is how many seconds ago whoever comes to that service signed in at most; 0 where nobody knows.

    The prefixed address of an external identity is no address: theirs is what their provider has confirmed. Raises
    `Refused` with code `external.address` where it has not.
    """
    external = assertion.external
    if external is not None and not (external.verified and external.email and external.provider):
        raise Refused("external.address")
    email = external.email if external is not None else assertion.email
    return IapAccount(
        ref=f"{SCHEME}:{quote(assertion.subject, safe=':')}/{email.lower()}",
        email=email,
        read_at=assertion.read_at,
        how=_how(assertion, external, rules, within=within),
    )


def _how(assertion: Assertion, external: External | None, rules: IdentityRules, *, within: int) -> How:
    """How somebody was authenticated. The proxy says nothing of second factors, and so neither do we.

    The reauthentication of Google accounts is none of an external identity's, whose own assertion says when.
    """
    if external is None:
        return How(
            levels=assertion.levels,
            organisation=assertion.organisation,
            auth_within=within,
            read_at=assertion.read_at,
        )
    return How(
        levels=assertion.levels,
        provider=external.provider,
        tenant=external.tenant,
        attributes=_asked_for(external.attributes, rules),
        auth_time=external.signed_in,
        read_at=assertion.read_at,
    )


def _asked_for(claimed: Mapping[str, tuple[str, ...]], rules: IdentityRules) -> dict[str, tuple[str, ...]]:
    wanted = rules.web.attributes
    return {name: values for name, values in claimed.items() if name in wanted}
