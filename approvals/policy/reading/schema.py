"""The JSON Schema of the policy file, for editors. It knows shapes; `lint` knows the rest."""

from collections.abc import Mapping
from typing import Any

from approvals.limits import Limits
from approvals.policy.reading import keys
from approvals.policy.reading.entitlements import HINT_LENGTH
from approvals.policy.reading.grants import MOST_GRANTS
from approvals.policy.reading.keys import Keys
from approvals.policy.reading.proofs import LEVEL
from approvals.policy.reading.tickets import URL, URL_LENGTH
from approvals.policy.reading.values import CHANNEL, ENTITLEMENT_ID, RESOURCE, ROLE, TEAM, TITLE_LENGTH

_TEXT = {"type": "string", "minLength": 1}
_DURATION = {**_TEXT, "description": "90m, 1h30m, 2 hours or ISO 8601 PT1H30M", "examples": ["1h", "90m"]}
_SELECTOR = {**_TEXT, "description": "an address, user:A@X, group:NAME, group:NAME@DOMAIN or domain:DOMAIN"}
_CONDITION = {**_TEXT, "description": "CEL, joined to the window in the IAM condition"}
_ROLE = {"type": "string", "pattern": f"^(?:{ROLE})$"}
_ROLES = {"type": "array", "items": _ROLE, "minItems": 1, "uniqueItems": True}
_TEXTS = {"type": "array", "items": _TEXT, "minItems": 1}
_SELECTORS = {"type": "array", "items": _SELECTOR, "minItems": 1}


def schema() -> dict[str, Any]:
    """Return the schema of version 1 (JSON Schema 2020-12)."""
    shapes = {
        "version": {"const": 1},
        "timezone": {**_TEXT, "description": "an IANA time zone, for example Europe/Berlin"},
        "identity": _identity(),
        "auditors": {"type": "array", "items": _SELECTOR, "description": "who may read the reasons in reports"},
        "groups": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": _SELECTOR},
            "description": "local groups: people, domains and directory groups",
        },
        "defaults": _object(
            keys.DEFAULTS,
            {
                "duration": _duration(),
                "pending": _DURATION,
                "channel": _matching(CHANNEL),
                "notify": {"enum": ["thread", "direct"]},
                "email": _email(),
            },
        ),
        "limits": _object(
            keys.LIMITS, {"pending": _limit(Limits().pending), "per_hour": _limit(Limits().per_hour)}
        ),
        "tickets": _object(keys.TICKETS, {"pattern": _TEXT, "url": {**_matching(URL), "maxLength": URL_LENGTH}}),
        "entitlements": {"type": "array", "items": _entitlement()},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Countersign policy",
        **_object(keys.POLICY, shapes),
    }


def _identity() -> dict[str, Any]:
    shapes = {
        "domains": {"type": "array", "items": _TEXT, "minItems": 1},
        "slack_teams": {"type": "array", "items": _matching(TEAM)},
        "aliases": {"type": "object", "additionalProperties": {"type": "array", "items": _TEXT}},
        "email_map": {"type": "object", "additionalProperties": _TEXT},
        "guests": {"enum": ["refuse", "request"]},
        "plus_addresses": {"enum": ["refuse", "allow"]},
        "sign_name": {"enum": ["match", "note"]},
        "accept": _object(
            keys.ACCEPT, {"request": {"enum": ["chat", "web"]}, "decide": {"enum": ["chat", "web"]}}
        ),
        "proof_age": _DURATION,
        "web": _web(),
        "gcip": _object(keys.GCIP, {"providers": _TEXTS, "tenants": _TEXTS}),
        "service_accounts": {
            "type": "object",
            "additionalProperties": _object(keys.SERVICE_ACCOUNT, {"owners": _TEXTS}),
        },
    }
    return _object(keys.IDENTITY, shapes)


def _web() -> dict[str, Any]:
    levels = {"type": "array", "items": _matching(LEVEL), "minItems": 1}
    return _object(
        keys.WEB, {"access_levels": levels, "attributes": {"type": "object", "additionalProperties": _TEXTS}}
    )


def _entitlement() -> dict[str, Any]:
    shapes = {
        "id": _matching(ENTITLEMENT_ID),
        "title": {**_TEXT, "maxLength": TITLE_LENGTH},
        "resource": _matching(RESOURCE),
        "roles": _ROLES,
        "condition": _CONDITION,
        "grants": {"type": "array", "items": _grant(), "minItems": 1, "maxItems": MOST_GRANTS},
        "requesters": _SELECTORS,
        "duration": _duration(),
        "justification": _object(
            keys.JUSTIFICATION, {"pattern": {"type": "string"}, "hint": {**_TEXT, "maxLength": HINT_LENGTH}}
        ),
        "approval": {"oneOf": [{"const": "self"}, {"type": "array", "items": _stage(), "minItems": 1}]},
        "guests": {"const": "self"},
        "email": _email(),
    }
    own = [{"required": [key]} for key in keys.GRANT.known]
    one = {"required": list(keys.GRANT.required), "not": {"required": ["grants"]}}
    given = {"oneOf": [one, {"required": ["grants"], "not": {"anyOf": own}}]}
    return _object(keys.ENTITLEMENT, shapes) | given


def _email() -> dict[str, Any]:
    return {
        "oneOf": [
            {"enum": ["always", "never"]},
            _object(keys.EMAIL, {"after": _DURATION, "copy": {"const": "requester"}}),
        ]
    }


def _grant() -> dict[str, Any]:
    return _object(keys.GRANT, {"resource": _matching(RESOURCE), "roles": _ROLES, "condition": _CONDITION})


def _stage() -> dict[str, Any]:
    shapes = {
        "approvers": _SELECTORS,
        "needed": {"type": "integer", "minimum": 1, "default": 1},
        "sign": {"const": "typed"},
    }
    return _object(keys.STAGE, shapes)


def _limit(most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": 1, "maximum": most, "default": most}


def _duration() -> dict[str, Any]:
    return _object(keys.DURATION, {"default": _DURATION, "max": _DURATION})


def _matching(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


def _object(keys: Keys, shapes: Mapping[str, Any]) -> dict[str, Any]:
    if shapes.keys() != set(keys.known):
        raise ValueError(f"a shape for each key, and for no other: {shapes.keys() ^ set(keys.known)}")
    return {
        "type": "object",
        "properties": {key: shapes[key] for key in keys.known},
        "required": list(keys.required),
        "additionalProperties": False,
    }
