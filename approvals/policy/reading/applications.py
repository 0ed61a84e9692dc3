"""The applications of a policy: by which keys their calls are known, and for whom they may ask."""

import re
from collections.abc import Collection, Mapping

import msgspec
import yaml

from approvals.limits import APPLICATION as USUAL
from approvals.limits import MOST_OF_APPLICATION, Limits
from approvals.policy.audiences import FORMS, PROXY, is_backend
from approvals.policy.parties import Application, Brings
from approvals.policy.reading.addresses import address
from approvals.policy.reading.document import Reader, meant_by, shown
from approvals.policy.reading.keys import APPLICATION, BRINGS, LIMITS
from approvals.policy.reading.publickeys import keys
from approvals.policy.reading.sections import limit
from approvals.policy.reading.stages import named, note_twice
from approvals.policy.reading.values import TITLE_LENGTH, each_text, shaped, text

PARTY = r"[!-~]{1,300}"
"""An audience, or the id of a client (RFC 7519 section 4.1.3, RFC 6749 appendix A.1), without blanks."""

_VERSION = r"(?:/versions/(?:latest|[1-9][0-9]*))?"
SECRET = rf"secret:projects/[a-z0-9:.-]+/secrets/[0-9A-Za-z_-]{{1,255}}{_VERSION}"
"""Where a secret is kept, in Secret Manager."""


class WrittenApplication(msgspec.Struct, frozen=True, kw_only=True):
    """An application that could be read, and where it stands."""

    application: Application
    node: yaml.Node


def applications(reader: Reader, node: yaml.Node, *, issuers: Mapping[str, str]) -> tuple[WrittenApplication, ...]:
    """Read all applications. One with anything wrong in it asks for nothing.

    `issuers` are the policy's, each with its address, which is empty where it could not be read.
    """
    found: list[WrittenApplication] = []
    ids: dict[str, int] = {}
    held: dict[str, int] = {}
    for item in reader.items(node, "applications") or ():
        fields = reader.mapping(item, "an application", APPLICATION)
        if fields is None:
            continue
        noted = len(reader.problems)
        application = _application(reader, item, fields, issuers=issuers, held=held)
        note_twice(reader, fields, ids)
        if application is not None and len(reader.problems) == noted:
            found.append(WrittenApplication(application=application, node=item))
    return tuple(found)


def _application(
    reader: Reader,
    node: yaml.Node,
    fields: Mapping[str, yaml.Node],
    *,
    issuers: Mapping[str, str],
    held: dict[str, int],
) -> Application | None:
    complete = reader.required(node, fields, "an application", *APPLICATION.required)
    name = named(reader, fields)
    title = text(reader, fields["title"], "title", longest=TITLE_LENGTH) if "title" in fields else None
    _require_one_way(reader, node, fields)
    found = Application(
        id=name or "",
        title=title or "",
        keys=keys(reader, fields["keys"], lines=held) if "keys" in fields else (),
        jwks_uri=_published(reader, fields, held),
        brings=_brought(reader, fields["brings"], issuers) if "brings" in fields else (),
        webhook=_address(reader, fields, "webhook", port=True),
        webhook_secret=_secret(reader, fields),
        may_assert=_flag(reader, fields, "may_assert"),
        agent=_flag(reader, fields, "agent"),
        limits=_limits(reader, fields["limits"]) if "limits" in fields else USUAL,
    )
    return found if complete and name is not None and title is not None else None


def _flag(reader: Reader, fields: Mapping[str, yaml.Node], key: str) -> bool:
    return key in fields and reader.boolean(fields[key], key) is True


def _require_one_way(reader: Reader, node: yaml.Node, fields: Mapping[str, yaml.Node]) -> None:
    if "keys" not in fields and "jwks_uri" not in fields:
        text = "an application needs “keys” or “jwks_uri”: without a key none of its calls counts"
        reader.refuse(node, "missing-key", text)
    if "keys" in fields and "jwks_uri" in fields:
        text = "an application has keys, or a jwks_uri that publishes them: leave one out"
        reader.refuse(fields["jwks_uri"], "keys-and-address", text)


def _address(reader: Reader, fields: Mapping[str, yaml.Node], key: str, *, port: bool = False) -> str:
    return (address(reader, fields[key], key, query=True, port=port) if key in fields else None) or ""


def _published(reader: Reader, fields: Mapping[str, yaml.Node], held: dict[str, int]) -> str:
    """Where an application publishes its keys. Whoever publishes there speaks for one application, as by a key."""
    found = _address(reader, fields, "jwks_uri")
    if not found:
        return ""
    node = fields["jwks_uri"]
    if found in held:
        text = f"this address stands on line {held[found]} already: its keys speak for one application"
        reader.refuse(node, "key-twice", text)
    held.setdefault(found, node.start_mark.line + 1)
    return found


def _secret(reader: Reader, fields: Mapping[str, yaml.Node]) -> str:
    if "webhook_secret" not in fields:
        return ""
    node = fields["webhook_secret"]
    if "webhook" not in fields:
        reader.refuse(node, "bad-secret", "webhook_secret signs for the webhook, and there is none")
    value = reader.string(node, "webhook_secret")
    if value is not None and not re.fullmatch(SECRET, value):
        # What stands here may be the secret itself, so it is not repeated.
        text = (
            "webhook_secret says where the secret is kept, and never holds it: write for example"
            " secret:projects/PROJECT/secrets/payments-webhook"
        )
        reader.refuse(node, "bad-secret", text)
        return ""
    return value or ""


def _brought(reader: Reader, node: yaml.Node, issuers: Mapping[str, str]) -> tuple[Brings, ...]:
    found = []
    for item in reader.items(node, "brings") or ():
        fields = reader.mapping(item, "an entry of brings", BRINGS)
        if fields is None or not reader.required(item, fields, "an entry of brings", *BRINGS.required):
            continue
        issuer = _issuer(reader, fields["issuer"], issuers)
        audience = _parties(reader, fields["audience"], "audience")
        azp = _parties(reader, fields["azp"], "azp") if "azp" in fields else ()
        if issuers.get(issuer) == PROXY:
            _backends(reader, fields["audience"], audience)
        if issuer and audience:
            found.append(Brings(issuer=issuer, audience=audience, azp=azp))
    return tuple(found)


def _backends(reader: Reader, node: yaml.Node, audience: tuple[str, ...]) -> None:
    for each in audience:
        if not is_backend(each):
            text = f"no assertion of Identity-Aware Proxy is for {shown(each)}: write {FORMS}"
            reader.refuse(node, "bad-audience", text)


def _issuer(reader: Reader, node: yaml.Node, issuers: Collection[str]) -> str:
    value = reader.string(node, "issuer")
    if value is not None and value not in issuers:
        hint = meant_by(value, issuers) if issuers else "the policy has no issuers"
        reader.refuse(node, "unknown-issuer", f"there is no issuer {shown(value)}; {hint}")
        return ""
    return value or ""


def _parties(reader: Reader, node: yaml.Node, what: str) -> tuple[str, ...]:
    """One, or a list of several."""
    if isinstance(node, yaml.SequenceNode):
        return each_text(
            reader, node, what, pattern=PARTY, code="bad-audience", hint="it without blanks, in ASCII"
        )
    one = shaped(reader, node, what, pattern=PARTY, code="bad-audience", hint="it without blanks, in ASCII")
    return () if one is None else (one,)


def _limits(reader: Reader, node: yaml.Node) -> Limits:
    found = reader.mapping(node, "limits", LIMITS) or {}
    most = MOST_OF_APPLICATION
    why = "more would hold up everybody"
    return Limits(
        pending=limit(
            reader, found.get("pending"), "limits.pending", usual=USUAL.pending, most=most.pending, why=why
        ),
        per_hour=limit(
            reader, found.get("per_hour"), "limits.per_hour", usual=USUAL.per_hour, most=most.per_hour, why=why
        ),
    )
