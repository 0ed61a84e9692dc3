"""What each kind of issuer calls a person for good, and what it says that is safe to believe.

`sub` is not one person everywhere: Entra has another one for each application, and in Okta's access tokens it is a
name that can change hands. An address is believed only where the issuer has proven it. `docs/applications.md` has
the table, with its sources.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from approvals.policy.parties import Issuer
from handlers.identity.bearing import Claims, Token
from handlers.identity.issuers import GUID, TENANT, IssuerKey
from handlers.identity.signed import Untrusted

CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""The tenant of personal accounts of Microsoft: anybody's."""

_OKTA_USER = re.compile(r"00u[0-9A-Za-z]{4,60}")
_SUBJECT = re.compile(r"[!-.0-~]{1,255}")
"""Visible characters of ASCII but the slash, which stands between the parts of a subject."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a token is about. `email` is empty unless the issuer has proven it.

    `guest` is None where the issuer does not tell guests from others.
    """

    subject: str
    email: str = ""
    guest: bool | None = None
    acr: str = ""


def seen(issuer: Issuer, token: Token, key: IssuerKey) -> Seen:
    """Say whom a verified token of this issuer is about. Raises `Untrusted`."""
    _require_a_person(token.claims)
    return _KINDS[issuer.kind](issuer, token, key)


def _plain(issuer: Issuer, token: Token, _: IssuerKey) -> Seen:
    claims = token.claims
    return Seen(
        subject=_named(issuer.principal, claims),
        email=claims.text("email") if claims.all.get("email_verified") is True else "",
        acr=claims.acr,
    )


def _google(issuer: Issuer, token: Token, _: IssuerKey) -> Seen:
    """Without `hd` it is a private account, whose address may be one of work that it once had."""
    claims = token.claims
    ours = claims.text("hd").lower() in issuer.domains
    if claims.text("email").lower().endswith(".gserviceaccount.com"):
        raise Untrusted("a token is a service account's, and no person's")
    verified = ours and claims.all.get("email_verified") is True
    return Seen(
        subject=_named(("sub",), claims),
        email=claims.text("email") if verified else "",
        guest=not ours,
        acr=claims.acr,
    )


def _okta(issuer: Issuer, token: Token, _: IssuerKey) -> Seen:
    """`uid` is who it is in an access token, whose `sub` is a login; in an ID token `sub` is."""
    claims = token.claims
    access = token.is_access or bool(claims.cid) or "scp" in claims.all
    if claims.iss in claims.audiences:
        raise Untrusted("an access token of Okta's org server is for Okta alone")
    subject = _named(("uid",) if access or "uid" in claims.all else ("sub",), claims)
    if not _OKTA_USER.fullmatch(subject):
        raise Untrusted("a token of Okta names no user by an id of Okta's own")
    verified = not access and claims.all.get("email_verified") is True
    return Seen(subject=subject, email=claims.text("email") if verified else "", acr=claims.acr)


def _entra(issuer: Issuer, token: Token, key: IssuerKey) -> Seen:
    """`tid` and `oid` together. The version is that of the issuer whose metadata verified it."""
    claims = token.claims
    subject = _named(("tid", "oid"), claims).lower()
    tenant, _, person = subject.partition("/")
    _require_tenant(issuer, claims.iss, tenant, key)
    if not re.fullmatch(GUID, person):
        raise Untrusted("a token of Entra names no person (oid)")
    _require_version(claims)
    _require_delegated(claims)
    edov = claims.all.get("xms_edov")
    return Seen(
        subject=subject,
        email=claims.text("email") if edov in (True, "1", "true") else "",
        guest=_is_guest(claims, tenant),
        acr=_contexts(claims) or claims.acr,
    )


def _require_tenant(issuer: Issuer, iss: str, tenant: str, key: IssuerKey) -> None:
    """The tenant is the issuer's, and the key is for its tokens: one set of keys serves all tenants."""
    if not re.fullmatch(GUID, tenant) or tenant == CONSUMERS:
        raise Untrusted("a token of Entra is of no tenant of an organisation (tid)")
    if issuer.issuer.replace(TENANT, tenant) != iss or f"/{tenant}/" not in f"{iss}/":
        raise Untrusted("a token of Entra is of another tenant than its issuer")
    if key.issuer and key.issuer.replace(TENANT, tenant) != iss:
        raise Untrusted("a key of Entra is for the tokens of another issuer")


def _require_version(claims: Claims) -> None:
    wanted = "2.0" if claims.iss.endswith("/v2.0") else "1.0"
    if claims.all.get("ver") != wanted:
        raise Untrusted("a token of Entra is of another version than its issuer (ver)")


def _require_delegated(claims: Claims) -> None:
    """Raise for a program's own token. One that a person let a client have says for what (`scp`)."""
    own = claims.all.get("idtyp") == "app" or claims.sub.lower() == claims.text("oid").lower()
    if own or (claims.clients and not claims.text("scp") and not _is_id_token(claims)):
        raise Untrusted("a token of Entra is a program's own, and no person's")


def _is_id_token(claims: Claims) -> bool:
    """Only access tokens say how the client proved itself (`appidacr`, `azpacr`)."""
    access = {"appidacr", "azpacr", "appid"} & set(claims.all)
    return not access and set(claims.clients) <= set(claims.audiences)


def _is_guest(claims: Claims, tenant: str) -> bool | None:
    """`acct` says it where it is asked for, and other claims give a guest away. None of that proves a member."""
    acct = claims.all.get("acct")
    foreign = claims.text("idp") not in ("", claims.iss) and tenant not in claims.text("idp")
    named = any("#ext#" in claims.text(each).lower() for each in ("upn", "unique_name", "preferred_username"))
    if foreign or named or acct in (1, "1"):
        return True
    return False if acct in (0, "0") and acct is not False else None


def _contexts(claims: Claims) -> str:
    """The authentication contexts that held (`acrs`), which are what a step-up of Entra asks for."""
    found = claims.all.get("acrs", [])
    found = [found] if isinstance(found, str) else found
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise Untrusted("a claim of a token of Entra is of another type than documented (acrs)")
    return " ".join(found)


def _require_a_person(claims: Claims) -> None:
    """Raise for tokens that a program got for itself (RFC 9068 section 2.2, and what vendors say of them)."""
    robot = claims.text("preferred_username").startswith("service-account-")
    if claims.sub in claims.clients or claims.text("gty") == "client-credentials" or robot:
        raise Untrusted("a token is a program's own, and no person's")


def _named(rule: tuple[str, ...], claims: Claims) -> str:
    """What the rule makes of the claims. Raises where one of them is absent, or is no plain text."""
    parts = [claims.text(name) for name in rule]
    if not parts or not all(_SUBJECT.fullmatch(part) for part in parts):
        raise Untrusted(f"a token has not the claims that say who somebody is for good: {', '.join(rule)}")
    return "/".join(parts)


_KINDS: Mapping[Literal["oidc", "entra", "okta", "google"], Callable[[Issuer, Token, IssuerKey], Seen]] = {
    "oidc": _plain,
    "google": _google,
    "okta": _okta,
    "entra": _entra,
}


def overage(claims: Mapping[str, Any]) -> frozenset[str]:
    """Claims that did not fit into a token, so that it only says where to ask for them. Nobody asks there."""
    elsewhere = claims.get("_claim_names")
    named = set(map(str, elsewhere)) if isinstance(elsewhere, dict) else set[str]()
    return frozenset(named | ({"groups"} if claims.get("hasgroups") else set()))
