"""What IAP asserts about a signed-in account, and how it gets that wrong when it is asked to."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.iap.accounts import Account
from sandbox.iap.keys import Keys

ISSUER = "https://cloud.google.com/iap"
LIFE = 600
"""Seconds that an assertion lives."""

_FAR = 2 * LIFE
"""Seconds by which a wrong time is wrong: more than anybody's patience with clocks."""

Claims = dict[str, Any]


def _later(claims: Claims) -> Claims:
    return claims | {name: claims[name] + _FAR for name in ("iat", "exp")}


def _earlier(claims: Claims) -> Claims:
    return claims | {name: claims[name] - _FAR for name in ("iat", "exp")}


_WRONG: Mapping[str, Callable[[Claims], Claims]] = {
    "FUTURE_ISSUE": _later,
    "PAST_EXPIRATION": _earlier,
    "ISSUER": lambda claims: claims | {"iss": "https://cloud.google.com/another-issuer"},
    "AUDIENCE": lambda claims: claims | {"aud": "/projects/1/apps/another-audience"},
}
TESTS = ("NOT_SET", *_WRONG, "SIGNATURE")
"""The kinds of IAP's own test mode. NOT_SET is a good assertion."""


def assertion(keys: Keys, account: Account, *, audience: str, now: float, test: str = "NOT_SET") -> str:
    """Sign what IAP says of an account at a time, in seconds since 1970; `test` is one of `TESTS`."""
    claims = claims_of(account, audience=audience, now=now)
    if test == "SIGNATURE":
        return keys.forge(claims)
    return keys.sign(_WRONG[test](claims) if test in _WRONG else claims)


def claims_of(account: Account, *, audience: str, now: float) -> Claims:
    """What IAP says of an account."""
    claims: Claims = {
        "iss": ISSUER,
        "aud": audience,
        "sub": f"{account.namespace}:{account.sub}",
        "email": account.email,
        "iat": int(now),
        "exp": int(now) + LIFE,
    }
    if account.gcip is not None:
        claims["email"] = f"{account.namespace}:{account.email}"
        claims["gcip"] = account.gcip if account.gcip_object else json.dumps(account.gcip)
    if account.hd:
        claims["hd"] = account.hd
    if account.access_levels:
        claims["google"] = {"access_levels": list(account.access_levels)}
    return claims


def unsigned(account: Account) -> dict[str, str]:
    """The headers beside it, which anybody could have set who comes around IAP."""
    return {
        "X-Goog-Authenticated-User-Email": f"{account.namespace}:{account.email}",
        "X-Goog-Authenticated-User-Id": f"{account.namespace}:{account.sub}",
    }
