"""The issuers of a policy: who vouches for people by OpenID Connect, and which of their claims name one person.

What is safe differs: Entra's `sub` is another one in each application, Okta's access tokens have a login there,
and an address can change hands. So each kind has its rule, and a policy cannot take less.
"""

import re
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Literal, get_args

import msgspec
import yaml

from approvals.policy.guardrails import SUBJECT
from approvals.policy.parties import Issuer
from approvals.policy.reading.addresses import address, host_of
from approvals.policy.reading.document import Reader, meant_by, shown
from approvals.policy.reading.keys import ISSUER
from approvals.policy.reading.sections import domain
from approvals.policy.reading.stages import named, note_twice
from approvals.policy.reading.values import each_text, name_of, shaped
from countersign_client.patterns import Pattern

Kind = Literal["oidc", "entra", "okta", "google"]
KINDS: tuple[Kind, ...] = get_args(Kind)

ANY_TENANT = "{tenantid}"
"""What an Entra issuer of several tenants has in the place of one."""

CLAIM = r"[!-~]{1,200}"
"""The name of a claim in a token, which may be an address (RFC 7519 section 4.2)."""

_RULES: Mapping[Kind, tuple[str, ...]] = {"entra": ("tid", "oid"), "okta": ("uid",), "google": ("sub",)}
"""The rule of each kind. What is `uid` in Okta's access tokens is `sub` in its ID tokens, which have no `uid`."""

_CHANGING = frozenset(
    ("email", "login", "name", "nickname", "phone_number", "preferred_username", "unique_name", "upn", "username")
)
_GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"  # the tenant of personal accounts
_ENTRA = Pattern(
    r"https://login\.microsoftonline\.(?:com|us)/(?P<tenant>[^/]+)/v2\.0|https://sts\.windows\.net/(?P<v1>[^/]+)/"
)
_HOSTS: Mapping[Kind, Pattern] = {
    "entra": Pattern(
        r"(?:.*\.)?(?:microsoftonline\.(?:com|us|de)|partner\.microsoftonline\.cn|sts\.windows\.net)"
    ),
    "okta": Pattern(r".*\.(?:okta|oktapreview|okta-emea|okta-gov)\.com"),
    "google": Pattern(r"accounts\.google\.com"),
}
_PRIVATE = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")))


class WrittenIssuer(msgspec.Struct, frozen=True, kw_only=True):
    """An issuer that could be read, and where its domains stand."""

    issuer: Issuer
    domains: tuple[tuple[str, yaml.Node], ...]


def issuers(reader: Reader, node: yaml.Node) -> tuple[WrittenIssuer, ...]:
    """Read all issuers. One with anything wrong in it vouches for nobody."""
    found: list[WrittenIssuer] = []
    lines: dict[str, int] = {}
    for item in reader.items(node, "issuers") or ():
        fields = reader.mapping(item, "an issuer", ISSUER)
        if fields is None:
            continue
        noted = len(reader.problems)
        written = _issuer(reader, item, fields)
        note_twice(reader, fields, lines)
        if written is not None:
            _require_apart(reader, fields["issuer"], written, found)
        if written is not None and len(reader.problems) == noted:
            found.append(written)
    return tuple(found)


def _require_apart(reader: Reader, node: yaml.Node, one: WrittenIssuer, others: list[WrittenIssuer]) -> None:
    """Refuse what another issuer is or says already: then two would name the same person."""
    for other in others:
        if other.issuer.issuer == one.issuer.issuer:
            reader.refuse(node, "issuer-twice", f"{shown(other.issuer.id)} is this issuer already")
        for name, place in one.domains:
            if name in other.issuer.domains:
                text = f"{name} is listed by {shown(other.issuer.id)} already: one issuer says who is who there"
                reader.refuse(place, "domain-twice", text)


def _issuer(reader: Reader, node: yaml.Node, fields: Mapping[str, yaml.Node]) -> WrittenIssuer | None:
    complete = reader.required(node, fields, "an issuer", *ISSUER.required)
    name = named(reader, fields)
    url = address(reader, fields["issuer"], "issuer", port=True, blank=ANY_TENANT) if "issuer" in fields else None
    kind = _kind(reader, fields, url)
    domains = _domains(reader, fields.get("domains"))
    principal = _principal(reader, fields.get("principal"), kind)
    claims = _claims(reader, fields.get("claims"))
    networks = _networks(reader, fields.get("networks"))
    if not complete or name is None or url is None:
        return None
    _require_tenant(reader, fields["issuer"], url, kind)
    issuer = Issuer(
        id=name,
        issuer=url,
        kind=kind,
        principal=principal,
        domains=tuple(domain for domain, _ in domains),
        claims=claims,
        networks=networks,
    )
    return WrittenIssuer(issuer=issuer, domains=domains)


def _kind(reader: Reader, fields: Mapping[str, yaml.Node], url: str | None) -> Kind:
    """The kind as it is written, or as the host says."""
    host = host_of(url or "")
    told: Kind = next((kind for kind, hosts in _HOSTS.items() if hosts.fullmatch(host)), "oidc")
    if "kind" not in fields:
        return told
    value = reader.string(fields["kind"], "kind")
    kind = next((each for each in KINDS if each == value), None)
    if kind is None:
        if value is not None:
            reader.refuse(
                fields["kind"], "bad-value", f"there is no kind {shown(value)}; {meant_by(value, KINDS)}"
            )
        return told
    if kind != told and (told != "oidc" or kind == "google"):
        right = told if told != "oidc" else "oidc, or write issuer: https://accounts.google.com"
        reader.refuse(
            fields["kind"], "bad-issuer", f"the tokens of {host} are not of this kind; write kind: {right}"
        )
    return kind


def _require_tenant(reader: Reader, node: yaml.Node, url: str, kind: Kind) -> None:
    if kind != "entra":
        if "{" in url or "}" in url:
            reader.refuse(node, "bad-issuer", f"{ANY_TENANT} stands in issuers of the kind entra alone")
        return
    found = _ENTRA.fullmatch(url)
    tenant = (found["tenant"] or found["v1"]) if found else ""
    if tenant == _CONSUMERS or tenant in {"common", "organizations", "consumers"}:
        text = f"{shown(tenant)} is no tenant of an organisation: write its id, or {ANY_TENANT} for any"
        reader.refuse(node, "bad-issuer", text)
    elif tenant != ANY_TENANT and not re.fullmatch(_GUID, tenant):
        text = (
            "an issuer of Entra is https://login.microsoftonline.com/TENANT/v2.0 or https://sts.windows.net/TENANT/,"
            f" with the tenant's id in small letters, or {ANY_TENANT}"
        )
        reader.refuse(node, "bad-issuer", text)


def _principal(reader: Reader, node: yaml.Node | None, kind: Kind) -> tuple[str, ...]:
    rule = _RULES.get(kind, ("sub",))
    if node is None:
        return rule
    found = each_text(reader, node, "principal", pattern=CLAIM, code="bad-principal", hint="the name of a claim")
    if not found:
        return rule
    if kind in _RULES:
        if found != rule:
            text = f"the principal of {kind} is [{', '.join(rule)}]: nothing else is one person for good"
            reader.refuse(node, "bad-principal", text)
        return rule
    for claim in sorted(_CHANGING & set(found)):
        text = f"{claim} can change hands, or be set by its holder: write a claim that is one person for good"
        reader.refuse(node, "bad-principal", text)
    return found


def _domains(reader: Reader, node: yaml.Node | None) -> tuple[tuple[str, yaml.Node], ...]:
    found: dict[str, yaml.Node] = {}
    for item in (reader.items(node, "domains") or ()) if node is not None else ():
        value = domain(reader, item)
        if value is not None:
            found.setdefault(value, item)
    return tuple(found.items())


def _claims(reader: Reader, node: yaml.Node | None) -> Mapping[str, str]:
    entries = reader.entries(node, "claims") if node is not None else None
    found: dict[str, str] = {}
    for key, value in (entries or {}).values():
        name = name_of(reader, key, "claim")
        if name in SUBJECT:
            reader.refuse(key, "bad-name", f"subject.{name} is there for everybody: name the claim otherwise")
        token = shaped(
            reader, value, "claim of a token", pattern=CLAIM, code="bad-name", hint="its name, in ASCII"
        )
        if name is not None and token is not None:
            found[name] = token
    return found


def _networks(reader: Reader, node: yaml.Node | None) -> tuple[str, ...]:
    found = []
    for item in (reader.items(node, "networks") or ()) if node is not None else ():
        value = reader.string(item, "network")
        network = _private(value) if value is not None else None
        if value is not None and network is None:
            text = f"{shown(value)} is no private network; write for example 10.4.0.0/16"
            reader.refuse(item, "bad-network", text)
        elif network is not None:
            found.append(network)
    return tuple(found)


def _private(text: str) -> str | None:
    try:
        found = ip_network(text)
    except ValueError:
        return None
    inside = any(found.version == each.version and found.subnet_of(each) for each in _PRIVATE)  # type: ignore[arg-type]
    return str(found) if inside else None
