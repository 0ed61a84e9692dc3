"""Who asks, and in whose words, who vouches and who warns: applications, mappings, issuers, transmitters."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from approvals.limits import APPLICATION, Limits


class Brings(msgspec.Struct, frozen=True, kw_only=True):
    """Whose tokens an application may bring: of this issuer (its id), for these audiences, from these clients."""

    issuer: str
    audience: tuple[str, ...]
    azp: tuple[str, ...] = ()


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """A program that asks. `keys` are public JWKs (RFC 7517) that verify its calls, or `jwks_uri` publishes them.

    `webhook` is told of decisions, and `webhook_secret` names the secret that signs for it (`secret:…`), where a
    shared one does. `may_assert`: it may name a person itself. `limits` count all that it asks for, whoever for.
    `agent`: it is a runtime of agents, and asks for calls of tools.
    """

    id: str
    title: str
    keys: tuple[Mapping[str, Any], ...] = ()
    jwks_uri: str = ""
    brings: tuple[Brings, ...] = ()
    webhook: str = ""
    webhook_secret: str = ""
    may_assert: bool = False
    agent: bool = False
    limits: Limits = APPLICATION


class AuthZen(msgspec.Struct, frozen=True, kw_only=True):
    """Which evaluations of OpenID AuthZEN mean an action: of this `action` on resources of this type.

    `id` names the parameter that the resource's id is, empty where that is the request's key. `context` names the
    members of an evaluation's context that are bound with it.
    """

    action: str
    resource: str
    id: str = ""
    context: tuple[str, ...] = ()


class Issuer(msgspec.Struct, frozen=True, kw_only=True):
    """Who vouches for people by OpenID Connect. `issuer` is its URL, for Entra with `{tenantid}` where many count.

    `principal` names the claims that are one person for good. `domains` are those whose verified addresses it may
    say. `claims` are the policy's names of claims, each with the token's. `networks` are private networks (CIDR)
    in which the issuer's hosts may lie.
    """

    id: str
    issuer: str
    kind: Literal["oidc", "entra", "okta", "google"] = "oidc"
    principal: tuple[str, ...] = ("sub",)
    domains: tuple[str, ...] = ()
    claims: Mapping[str, str] = {}
    networks: tuple[str, ...] = ()


class Transmitter(msgspec.Struct, frozen=True, kw_only=True):
    """Who says by signed events that a session was revoked, or an account disabled (OpenID Shared Signals).

    `issuer` is what its events say under `iss`, `jwks_uri` publishes its keys, and `audience` is us.
    """

    id: str
    issuer: str
    jwks_uri: str
    audience: str
