"""Issuers with keys of their own, which publish what they are on loopback, and tokens as vendors make them."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from approvals.backends.fetching import Fetcher
from approvals.people.persons import OnBehalf
from approvals.people.principals import IdentityRules
from approvals.policy.model import Policy
from approvals.policy.parties import Application, Brings, Issuer
from countersign_client.jwks import public_jwk
from tests.support.builders import NOW
from tests.support.servers import serve

TENANT = "11111111-2222-4333-8444-555555555555"
OID = "aaaaaaaa-0000-4000-8000-00000000000b"
IAP_AUDIENCE = "/projects/123456789/locations/europe-west1/services/payments"
_CLIENT = "6cb04018-a3f5-46a7-b995-940c78f5aef3"
_TIMES = ("iat", "exp", "nbf", "auth_time")


def _issuers() -> dict[str, Issuer]:
    entra: dict[str, Any] = {
        "kind": "entra",
        "domains": ("example.com",),
        "claims": {"groups": "groups", "roles": "roles"},
    }
    okta: dict[str, Any] = {
        "kind": "okta",
        "domains": ("example.com",),
        "claims": {"groups": "groups", "type": "employee_type"},
    }
    made = [
        Issuer(id="okta", issuer="https://example.okta.com/oauth2/default", **okta),
        Issuer(id="okta-org", issuer="https://example.okta.com", **okta),
        Issuer(id="entra", issuer=f"https://login.microsoftonline.com/{TENANT}/v2.0", **entra),
        Issuer(id="entra-v1", issuer=f"https://sts.windows.net/{TENANT}/", **entra),
        Issuer(id="entra-many", issuer="https://login.microsoftonline.com/{tenantid}/v2.0", **entra),
        Issuer(id="google", issuer="https://accounts.google.com", kind="google", domains=("example.com",)),
        Issuer(
            id="keycloak",
            issuer="https://sso.example.com/realms/staff",
            domains=("example.com",),
            claims={"roles": "realm_access.roles"},
        ),
        Issuer(
            id="auth0",
            issuer="https://example.eu.auth0.com/",
            domains=("example.com",),
            claims={"roles": "https://example.com/roles"},
        ),
        Issuer(id="iap", issuer="https://cloud.google.com/iap", kind="google"),
    ]
    return {each.id: each for each in made}


ISSUERS = _issuers()
PAYMENTS = Application(
    id="payments",
    title="Payments",
    brings=(
        Brings(issuer="okta", audience=("api://payments",), azp=("0oabucvyc38HLL1ef0h7",)),
        # On purpose: also where the policy lists it, the org server's access token proves nobody.
        Brings(issuer="okta-org", audience=("https://example.okta.com",), azp=("0oabucvyc38HLL1ef0h7",)),
        Brings(issuer="okta-org", audience=("0oabucvyc38HLL1ef0h7",)),
        Brings(issuer="entra", audience=("api-of-payments",), azp=(_CLIENT,)),
        Brings(issuer="entra", audience=(_CLIENT,)),
        Brings(issuer="entra-v1", audience=("api://payments",), azp=(_CLIENT,)),
        Brings(issuer="entra-many", audience=(_CLIENT,)),
        Brings(
            issuer="google",
            audience=("1234.apps.googleusercontent.com",),
            azp=("1234.apps.googleusercontent.com", "robot@shop.iam.gserviceaccount.com"),
        ),
        Brings(issuer="keycloak", audience=("payments-api", "payments"), azp=("payments",)),
        Brings(issuer="auth0", audience=("kZ3Client",)),
        Brings(issuer="iap", audience=(IAP_AUDIENCE,)),
    ),
)
POLICY = Policy(
    digest="sha256:0",
    identity=IdentityRules(
        # The second one is ours as well, and no issuer is listed for it.
        domains=("example.com", "partner.example"),
        # Of Entra's people the policy says by itself who they are: their addresses are not proven.
        aliases={
            f"entra:{TENANT}/{OID}": "bob@example.com",
            f"entra-v1:{TENANT}/{OID}": "bob@example.com",
            "okta:00uid4BxXw6I6TV4m0g3": "bob@example.com",
            "bob.old@example.com": "bob@example.com",
        },
    ),
    groups={},
    pending=timedelta(hours=1),
    channel="",
    entitlements={},
    issuers=ISSUERS,
    applications={"payments": PAYMENTS},
)


class Golden(msgspec.Struct, frozen=True, kw_only=True):
    """A token as a vendor makes it, and what it is worth: a person, or a word of the log that says why not."""

    name: str
    issuer: str
    header: dict[str, Any]
    claims: dict[str, Any]
    person: dict[str, Any] | None = None
    refused: str = ""

    def expected(self, now: datetime) -> OnBehalf:
        """The person, where there is one."""
        told = dict(self.person or {})
        signed_in = told.pop("signed_in", None)
        return msgspec.convert(
            {
                **told,
                "proven": "token",
                "issuer": self.issuer,
                "auth_time": None if signed_in is None else now + timedelta(seconds=signed_in),
                "expires": now + timedelta(seconds=self.claims["exp"]),
            },
            OnBehalf,
        )


class _File(msgspec.Struct, frozen=True):
    tokens: list[Golden]


GOLDEN = msgspec.json.decode(
    (Path(__file__).parents[1] / "data" / "person-tokens.json").read_bytes(), type=_File
).tokens


class Keys:
    """One key of each kind, with the algorithm that it is for."""

    def __init__(self) -> None:
        large = {alg: rsa.generate_private_key(public_exponent=65537, key_size=2048) for alg in ("RS256", "PS256")}
        self.private: dict[str, Any] = {
            **large,
            "ES256": ec.generate_private_key(ec.SECP256R1()),
            "EdDSA": ed25519.Ed25519PrivateKey.generate(),
        }

    def published(self, **more: Any) -> dict[str, Any]:
        """The set of keys; `more` are members of each of them."""
        keys = [
            {**public_jwk(key.public_key()), "kid": alg, "alg": alg, "use": "sig", **more}
            for alg, key in self.private.items()
        ]
        return {"keys": keys}


@cache
def _keys(_: str) -> Keys:
    """Made once for each name: it takes a while."""
    return Keys()


class Vendors:
    """All the issuers at one server: what a vendor has at `https://HOST/PATH` is there at `/HOST/PATH`."""

    def __init__(self, *, now: Callable[[], datetime] = lambda: NOW) -> None:
        self.keys = {name: _keys(name) for name in ("theirs", "others")}
        self.documents: dict[str, Any] = {}
        self.asked: list[str] = []
        self.url = ""
        self._now = now
        self._really = Fetcher(sandbox=True)
        for issuer in ISSUERS.values():
            self.publish(issuer)

    def publish(self, issuer: Issuer, /, **changes: Any) -> None:
        """Say what an issuer says of itself, but for these changes."""
        where = _metadata(issuer)
        keys = f"https://{urlsplit(where).hostname}/keys-of-{issuer.id}"
        self.documents[where] = {"issuer": issuer.issuer, "jwks_uri": keys, **changes}
        named = {"issuer": issuer.issuer} if issuer.kind == "entra" else {}
        self.documents[keys] = self.keys["theirs"].published(**named)

    def fetch(
        self, method: str, url: str, *, timeout: float, networks: Any = (), ports: Any = (), **more: Any
    ) -> Any:
        """As `Outside.fetch`, over the network, to where the vendors really are."""
        there = urlsplit(url)
        return self._really(method, f"{self.url}/{there.hostname}{there.path}", timeout=timeout, **more)

    def application(self) -> Starlette:
        async def answer(request: Request) -> Response:
            url = f"https://{request.path_params['rest']}"
            self.asked.append(url)
            found = self.documents.get(url)
            return JSONResponse(found) if found is not None else Response(status_code=404)

        return Starlette(routes=[Route("/{rest:path}", answer)])

    def claims(self, golden: Golden, **changes: Any) -> dict[str, Any]:
        """Its claims at this moment, but for these changes: None leaves one out, and times are from now."""
        given = {name: value for name, value in {**golden.claims, **changes}.items() if value is not None}
        now = int(self._now().timestamp())
        return {
            name: now + value if name in _TIMES and isinstance(value, int) else value
            for name, value in given.items()
        }

    def mint(self, golden: Golden, *, alg: str = "RS256", **changes: Any) -> str:
        """A token of this shape, but for these changes."""
        return self.sign(self.claims(golden, **changes), {"kid": alg, **golden.header}, alg=alg)

    def sign(self, claims: Mapping[str, Any], header: Mapping[str, Any], *, alg: str, by: str = "theirs") -> str:
        """Sign these claims under this header."""
        return self.sign_octets(json.dumps(claims).encode(), header, alg=alg, by=by)

    def sign_octets(self, payload: bytes, header: Mapping[str, Any], *, alg: str, by: str = "theirs") -> str:
        """Sign a payload that need not be claims."""
        return jwt.PyJWS().encode(payload, self.keys[by].private[alg], algorithm=alg, headers=dict(header))


@contextmanager
def vendors(**options: Any) -> Iterator[Vendors]:
    """Serve them until the block ends."""
    made = Vendors(**options)
    with serve(made.application()) as url:
        made.url = url
        yield made


def golden(name: str) -> Golden:
    return next(each for each in GOLDEN if each.name == name)


def _metadata(issuer: Issuer) -> str:
    """Where each vendor's documentation says that its metadata are."""
    if issuer.id == "entra-v1":
        return f"https://login.microsoftonline.com/{TENANT}/.well-known/openid-configuration"
    if issuer.id == "entra-many":
        return "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration"
    return f"{issuer.issuer.rstrip('/')}/.well-known/openid-configuration"
