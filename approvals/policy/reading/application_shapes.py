"""What the schema of the policy file says of issuers, transmitters, applications and actions."""

from typing import Any

from approvals.limits import APPLICATION, MOST_OF_APPLICATION
from approvals.policy.reading import keys
from approvals.policy.reading.actions import METADATA_LENGTH, MOST_METADATA, RISK_LENGTH
from approvals.policy.reading.addresses import ADDRESS, LENGTH
from approvals.policy.reading.applications import PARTY, SECRET
from approvals.policy.reading.authzen import MOST_CONTEXT, WORD
from approvals.policy.reading.guardrails import CLASS, MOST_GUARDRAILS, OLDEST, REASON_LENGTH, THEN
from approvals.policy.reading.issuers import CLAIM, KINDS
from approvals.policy.reading.parameters import LABEL_LENGTH, MOST_PARAMETERS, TYPES
from approvals.policy.reading.publickeys import MOST_KEYS
from approvals.policy.reading.shapes import (
    DURATION,
    SELECTORS,
    TEXT,
    calling,
    email,
    limit,
    line,
    mapping,
    matching,
    stage_of_action,
)
from approvals.policy.reading.tools import LEAST_USES, MOST_USES, PATTERN
from approvals.policy.reading.values import ENTITLEMENT_ID, NAME, TITLE_LENGTH
from countersign_client.tools import SERVER_NAME

_ADDRESS = {**matching(ADDRESS), "maxLength": LENGTH}
_PARTIES = {"anyOf": [matching(PARTY), {"type": "array", "items": matching(PARTY), "minItems": 1}]}


def issuer() -> dict[str, Any]:
    """Who vouches for people."""
    shapes = {
        "id": matching(ENTITLEMENT_ID),
        "issuer": _ADDRESS,
        "kind": {"enum": list(KINDS)},
        "principal": {"type": "array", "items": matching(CLAIM), "minItems": 1},
        "domains": {"type": "array", "items": TEXT},
        "claims": {
            "type": "object",
            "propertyNames": matching(NAME),
            "additionalProperties": matching(CLAIM),
        },
        "networks": {"type": "array", "items": {**TEXT, "description": "a private network, such as 10.4.0.0/16"}},
    }
    return mapping(keys.ISSUER, shapes)


def transmitter() -> dict[str, Any]:
    """Who says that a session was revoked, or an account disabled."""
    shapes = {
        "id": matching(ENTITLEMENT_ID),
        "issuer": _ADDRESS,
        "jwks_uri": _ADDRESS,
        "audience": matching(PARTY),
    }
    return mapping(keys.TRANSMITTER, shapes)


def application() -> dict[str, Any]:
    """A program that asks."""
    brings = mapping(keys.BRINGS, {"issuer": matching(ENTITLEMENT_ID), "audience": _PARTIES, "azp": _PARTIES})
    jwk = {"type": "object", "required": ["kid"], "description": "a public JWK, or kid and pem"}
    limits = {
        "pending": limit(usual=APPLICATION.pending, most=MOST_OF_APPLICATION.pending),
        "per_hour": limit(usual=APPLICATION.per_hour, most=MOST_OF_APPLICATION.per_hour),
    }
    shapes = {
        "id": matching(ENTITLEMENT_ID),
        "title": line(TITLE_LENGTH),
        "keys": {"type": "array", "items": jwk, "minItems": 1, "maxItems": MOST_KEYS},
        "jwks_uri": _ADDRESS,
        "brings": {"type": "array", "items": brings},
        "webhook": _ADDRESS,
        "webhook_secret": matching(SECRET),
        "may_assert": {"type": "boolean", "default": False},
        "agent": {"type": "boolean", "default": False},
        "limits": mapping(keys.LIMITS, limits),
    }
    one = [{"required": ["keys"]}, {"required": ["jwks_uri"]}]
    return mapping(keys.APPLICATION, shapes) | {"oneOf": one}


def action() -> dict[str, Any]:
    """What an application may ask for."""
    shapes = {
        "id": matching(ENTITLEMENT_ID),
        "application": matching(ENTITLEMENT_ID),
        "title": line(TITLE_LENGTH),
        "show": {"type": "array", "items": _parameter(), "maxItems": MOST_PARAMETERS},
        "risk": line(RISK_LENGTH),
        "requesters": SELECTORS,
        "guardrails": {"type": "array", "items": _guardrail(), "maxItems": MOST_GUARDRAILS},
        "tool": mapping(keys.TOOL, {"server": matching(SERVER_NAME), "name": matching(PATTERN)}),
        "agents": {"type": "boolean", "default": False},
        "window": mapping(
            keys.WINDOW,
            {"for": DURATION, "uses": {"type": "integer", "minimum": LEAST_USES, "maximum": MOST_USES}},
        ),
        "approval": {
            "oneOf": [{"type": "array", "items": stage_of_action(), "minItems": 1}, {"enum": ["self", "auto"]}],
            "description": "self and auto are for actions with a tool, auto with agents: true",
        },
        "pending": DURATION,
        "use_by": DURATION,
        "metadata": {
            "type": "object",
            "propertyNames": line(LABEL_LENGTH),
            "additionalProperties": line(METADATA_LENGTH),
            "maxProperties": MOST_METADATA,
        },
        "email": email(),
        **calling(),
        "quiet": SELECTORS,
        "retention": DURATION,
        "authzen": _authzen(),
    }
    staged = {"required": ["tool"]}, {"properties": {"approval": {"type": "array"}}}
    return mapping(keys.ACTION, shapes) | {"anyOf": list(staged)}


def _authzen() -> dict[str, Any]:
    word = matching(WORD)
    context = {"type": "array", "items": word, "minItems": 1, "maxItems": MOST_CONTEXT}
    return mapping(keys.AUTHZEN, {"action": word, "resource": word, "id": matching(NAME), "context": context})


def _parameter() -> dict[str, Any]:
    shapes = {
        "name": matching(NAME),
        "label": line(LABEL_LENGTH),
        "type": {"enum": list(TYPES)},
        "required": {"type": "boolean", "default": True},
    }
    return mapping(keys.SHOW, shapes)


def _guardrail() -> dict[str, Any]:
    shapes = {
        "when": {**TEXT, "description": "CEL over subject, params, now, application and timezone"},
        "then": {"enum": list(THEN)},
        "reason": line(REASON_LENGTH),
        "acr": {"type": "array", "items": matching(CLASS), "minItems": 1},
        "max_age": {"type": "integer", "minimum": 1, "maximum": OLDEST},
    }
    return mapping(keys.GUARDRAIL, shapes)
