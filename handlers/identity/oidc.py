"""On whose behalf an application asks: by a token of an issuer, by the proxy's assertion, or by its own word.

Whoever a token is about is taken by the issuer's rule, and a directory address is made of it where the policy says
so: by an alias of what the issuer calls them for good, or by an address that the issuer has proven and is listed
for. Whatever does not hold is one and the same refusal outside; the log says which rule it was.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NoReturn, final

import msgspec

from approvals.people.accounts import person_of
from approvals.people.persons import OnBehalf
from approvals.people.principals import is_service_account
from approvals.policy.model import Policy
from approvals.policy.parties import Application, Brings, Issuer
from approvals.refusals.errors import Refused
from countersign_client.jws import PublicKey
from handlers.identity import bearing, claimed, iap, vendors
from handlers.identity.accounts import account_of
from handlers.identity.bearing import SKEW, Claims
from handlers.identity.issuers import Issuers, is_by
from handlers.identity.signed import Untrusted
from handlers.seldom import Seldom

_SEAL = object()
_NOT_TOLD_BY_THE_PROXY = ("department", "groups", "roles", "type")


class Asserted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person as an application names them by its own word."""

    email: str
    claims: Mapping[str, str | tuple[str, ...]] = {}
    auth_time: datetime | None = None
    acr: str = ""
    amr: tuple[str, ...] = ()


@final
class Brought:
    """A person with the token that proved them. Only `People.brought` makes one.

    `nonce` is the token's. `mark` is what is kept of it where it serves once, until `until`.
    """

    __slots__ = ("issuer", "mark", "nonce", "person", "until")

    def __init__(
        self, seal: object, *, person: OnBehalf, issuer: Issuer, nonce: str, mark: str, until: datetime
    ) -> None:
        if seal is not _SEAL:
            raise TypeError("a person is brought to People.brought() alone")
        self.person = person
        self.issuer = issuer
        self.nonce = nonce
        self.mark = mark
        self.until = until


class People:
    """Says on whose behalf an application asks, under the policy in force."""

    def __init__(
        self,
        *,
        policy: Callable[[], Policy],
        issuers: Issuers,
        proxy_key: Callable[[str], PublicKey | None],
        seldom: Seldom,
    ) -> None:
        """`proxy_key` finds the proxy's own key of an id; it may raise `Unavailable`."""
        self._policy = policy
        self._issuers = issuers
        self._proxy_key = proxy_key
        self._seldom = seldom

    def person(self, application: Application, token: str, *, nonce: str | None = None, now: datetime) -> OnBehalf:
        """Whom a token is about. With `nonce` it must carry exactly that.

        Raises `Refused` of kind `token`, or `Unavailable` where its issuer's keys cannot be had.
        """
        found = self.brought(application, token, now=now)
        if nonce is not None and found.nonce != nonce:
            self._refuse(application, Untrusted("a person's token has not the nonce that was given for it"))
        return found.person

    def brought(self, application: Application, token: str, *, now: datetime) -> Brought:
        """The same, with what of the token counts where it has to serve once. Raises as `person` does."""
        try:
            return self._brought(application, token, now=now)
        except Untrusted as error:
            self._refuse(application, error)

    def behind_proxy(self, application: Application, assertion: str, *, now: datetime) -> OnBehalf:
        """Whom an assertion of Identity-Aware Proxy is about, in front of the application's own pages.

        Raises as `person` does.
        """
        try:
            return self._behind_proxy(application, assertion, now=now)
        except (Untrusted, iap.Untrusted, Refused, ValueError) as error:
            self._refuse(application, error)

    def asserted(self, application: Application, told: Asserted, *, now: datetime) -> OnBehalf:
        """Whom an application names by its own word, which is no proof. Raises `Refused` of kind `token`."""
        if not application.may_assert:
            raise Refused("token.asserted")
        signed_in = told.auth_time
        if signed_in is not None and signed_in > now + timedelta(seconds=SKEW):
            self._refuse(application, Untrusted("a named person signed in at a time that has not come"))
        given = claimed.told(told.claims)
        return OnBehalf(
            principal=self._directory(told.email),
            proven="asserted",
            claims=given.claims,
            unknown=given.unknown,
            acr=told.acr,
            amr=told.amr,
            auth_time=signed_in,
        )

    def _brought(self, application: Application, text: str, *, now: datetime) -> Brought:
        token = bearing.read(text)
        claims = token.claims
        issuer = self._admitting(application, claims)
        key = self._issuers.find(issuer, token.kid)
        if key is None:
            raise Untrusted("no published key of the issuer has the id that a person's token names")
        token.require_signed(key)
        token.require_now(now)
        who = vendors.seen(issuer, token, key)
        given = claimed.of_token(issuer, claims.all, who)
        until = datetime.fromtimestamp(claims.exp + SKEW, UTC)
        person = OnBehalf(
            principal=self._principal(issuer, who),
            proven="token",
            issuer=issuer.id,
            subject=who.subject,
            claims=given.claims,
            unknown=given.unknown,
            acr=who.acr,
            amr=tuple(claims.amr),
            auth_time=claims.signed_in,
            expires=datetime.fromtimestamp(claims.exp, UTC),
        )
        # Of what was signed: of some kinds of signature there are several that hold.
        mark = f"stepup:{issuer.id}:{hashlib.sha256(token.signed).hexdigest()}"
        return Brought(_SEAL, person=person, issuer=issuer, nonce=claims.nonce, mark=mark, until=until)

    def _admitting(self, application: Application, claims: Claims) -> Issuer:
        """The issuer of the policy whose tokens of this kind the application may bring. Nothing is proven yet."""
        policy = self._policy()
        offered = [
            (brings, issuer)
            for brings in application.brings
            if (issuer := policy.issuers.get(brings.issuer)) is not None
            and is_by(issuer, claims.iss)
            # The proxy's assertions have rules of their own.
            and issuer.issuer != iap.ISSUER
        ]
        if not offered:
            raise Untrusted("a person's token is by an issuer whose tokens the application may not bring")
        for brings, issuer in offered:
            if _is_for(brings, claims):
                return issuer
        raise Untrusted("a person's token is for an audience, or by a client, that the policy does not list")

    def _principal(self, issuer: Issuer, who: vendors.Seen) -> str:
        """The directory address of whom an issuer means. Raises `Refused` where the policy knows of none."""
        alias = self._policy().identity.aliases.get(f"{issuer.id}:{who.subject}")
        if alias is not None:
            return alias
        if who.email.lower().rpartition("@")[2] not in issuer.domains:
            raise Refused("token.unknown")
        return self._directory(who.email)

    def _directory(self, address: str) -> str:
        rules = self._policy().identity
        try:
            person = rules.primary(address)
        except Refused:
            raise Refused("token.unknown") from None
        if person.rpartition("@")[2] not in rules.domains or is_service_account(person):
            raise Refused("token.unknown")
        return person

    def _behind_proxy(self, application: Application, assertion: str, *, now: datetime) -> OnBehalf:
        policy = self._policy()
        offered = {
            audience: issuer.id
            for brings in application.brings
            if (issuer := policy.issuers.get(brings.issuer)) is not None and issuer.issuer == iap.ISSUER
            for audience in brings.audience
        }
        if not offered:
            raise Untrusted("an assertion of the proxy, which the application may not bring")
        reader = iap.Assertions(offered, find=self._proxy_key)
        found = reader.read([(iap.HEADER, assertion.encode())], now=now)
        account = account_of(found, policy.identity)
        person = person_of(account, policy.identity, purpose="request", how=account.how, now=now)
        return OnBehalf(
            principal=person,
            proven="iap",
            issuer=offered[found.audience],
            subject=found.subject,
            claims={"org": (found.organisation,)} if found.organisation else {},
            unknown=_NOT_TOLD_BY_THE_PROXY,
            auth_time=account.how.auth_time,
        )

    def _refuse(self, application: Application, error: Exception) -> NoReturn:
        # Only our own words are a kind: what is wrong with an assertion may be said in any number of ways.
        kind = error.why if isinstance(error, Untrusted) else "assertion"
        self._seldom.warn(f"person: {kind}", f"{application.id}: {error}")
        raise Refused("token.person") from None


def _is_for(brings: Brings, claims: Claims) -> bool:
    """Every audience is one that the application may bring, and who got the token is one of its clients.

    An audience that is not listed could show the token as well. Where no clients are listed, it is the audience
    itself that got it, as of an ID token.
    """
    if not set(claims.audiences) <= set(brings.audience):
        return False
    if not claims.clients:
        return not brings.azp and len(claims.audiences) == 1
    return set(claims.clients) <= set(brings.azp or brings.audience)
