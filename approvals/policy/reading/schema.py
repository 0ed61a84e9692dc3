"""The JSON Schema of the policy file, for editors. It knows shapes; `lint` knows the rest."""

from typing import Any

from approvals.cel import CONDITION_LENGTH
from approvals.limits import Limits
from approvals.policy.reading import keys
from approvals.policy.reading.addresses import ADDRESS, LENGTH
from approvals.policy.reading.application_shapes import action, application, issuer, transmitter
from approvals.policy.reading.entitlements import HINT_LENGTH
from approvals.policy.reading.fences import PLACES, REASON_LENGTH, ROLES
from approvals.policy.reading.grants import MOST_GRANTS
from approvals.policy.reading.proofs import LEVEL
from approvals.policy.reading.shapes import (
    ANY_SELECTORS,
    DURATION,
    SELECTORS,
    TEXT,
    TEXTS,
    calling,
    email,
    limit,
    line,
    mapping,
    matching,
    stage,
)
from approvals.policy.reading.source_shapes import sources
from approvals.policy.reading.tickets import URL, URL_LENGTH
from approvals.policy.reading.values import CHANNEL, ENTITLEMENT_ID, RESOURCE, ROLE, TEAM, TITLE_LENGTH
from approvals.targets import GROUP_ADDRESS

_CONDITION = {**TEXT, "description": "CEL, joined to the window in the IAM condition"}
_ROLE = {"type": "string", "pattern": f"^(?:{ROLE})$"}
_ROLES = {"type": "array", "items": _ROLE, "minItems": 1, "uniqueItems": True}


def schema() -> dict[str, Any]:
    """Return the schema of version 1 (JSON Schema 2020-12)."""
    shapes = {
        "version": {"const": 1},
        "timezone": {**TEXT, "description": "an IANA time zone, for example Europe/Berlin"},
        "identity": _identity(),
        "administrators": {
            **ANY_SELECTORS,
            "description": "who may look at everything, and end access",
        },
        "auditors": {
            **ANY_SELECTORS,
            "description": "who may look at every request",
        },
        "delegates": {**ANY_SELECTORS, "description": "who may stand in for an approver who is away"},
        "change": mapping(keys.CHANGE, {"approvers": SELECTORS, "needed": {"type": "integer", "minimum": 1}}),
        "groups": {
            "type": "object",
            "additionalProperties": ANY_SELECTORS,
            "description": "local groups: people, domains and directory groups",
        },
        "defaults": mapping(
            keys.DEFAULTS,
            {
                "duration": _duration(),
                "pending": DURATION,
                "channel": matching(CHANNEL),
                "notify": {"enum": ["thread", "direct"]},
                "email": email(),
                **calling(),
                "retention": DURATION,
            },
        ),
        "limits": mapping(
            keys.LIMITS, {"pending": _person(Limits().pending), "per_hour": _person(Limits().per_hour)}
        ),
        "guardrails": _fences(),
        "tickets": mapping(keys.TICKETS, {"pattern": TEXT, "url": {**matching(URL), "maxLength": URL_LENGTH}}),
        "security_channel": {**matching(CHANNEL), "description": "told of every access in an emergency"},
        "entitlements": {"type": "array", "items": _entitlement()},
        "issuers": {"type": "array", "items": issuer()},
        "sources": sources(_duration(), _justification()),
        "signals": {"type": "array", "items": transmitter()},
        "applications": {"type": "array", "items": application()},
        "actions": {"type": "array", "items": action()},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Countersign policy",
        **mapping(keys.POLICY, shapes),
    }


def _identity() -> dict[str, Any]:
    shapes = {
        "domains": {"type": "array", "items": TEXT, "minItems": 1},
        "slack_teams": {"type": "array", "items": matching(TEAM)},
        "aliases": {"type": "object", "additionalProperties": {"type": "array", "items": TEXT}},
        "email_map": {"type": "object", "additionalProperties": TEXT},
        "guests": {"enum": ["refuse", "request"]},
        "plus_addresses": {"enum": ["refuse", "allow"]},
        "sign_name": {"enum": ["match", "note"]},
        "accept": mapping(
            keys.ACCEPT, {"request": {"enum": ["chat", "web"]}, "decide": {"enum": ["chat", "web"]}}
        ),
        "proof_age": DURATION,
        "web": _web(),
        "gcip": mapping(keys.GCIP, {"providers": TEXTS, "tenants": TEXTS}),
        "service_accounts": {
            "type": "object",
            "additionalProperties": mapping(keys.SERVICE_ACCOUNT, {"owners": TEXTS}),
        },
    }
    return mapping(keys.IDENTITY, shapes)


def _web() -> dict[str, Any]:
    levels = {"type": "array", "items": matching(LEVEL), "minItems": 1}
    return mapping(
        keys.WEB, {"access_levels": levels, "attributes": {"type": "object", "additionalProperties": TEXTS}}
    )


def _entitlement() -> dict[str, Any]:
    shapes = {
        "id": matching(ENTITLEMENT_ID),
        "title": {**TEXT, "maxLength": TITLE_LENGTH},
        "resource": matching(RESOURCE),
        "roles": _ROLES,
        "condition": _CONDITION,
        "grants": {"type": "array", "items": _grant(), "minItems": 1, "maxItems": MOST_GRANTS},
        "requesters": SELECTORS,
        "duration": _duration(),
        "justification": _justification(),
        "approval": {
            "oneOf": [
                {"enum": ["self", "auto", "break_glass"]},
                {"type": "array", "items": stage(), "minItems": 1},
            ]
        },
        "guests": {"const": "self"},
        "email": email(),
        "extend": mapping(keys.EXTEND, {"max_total": DURATION}),
        "when": {**line(CONDITION_LENGTH), "description": "CEL that must hold for it to be offered"},
        "approve_when": {**line(CONDITION_LENGTH), "description": "CEL that must hold of whoever approves"},
        "channel": matching(CHANNEL),
        "pending": DURATION,
        **calling(),
        "quiet": SELECTORS,
        "break_glass": _break_glass(),
        "auto": _auto(),
        "retention": DURATION,
        "grant": {"enum": ["iam", "group", "none"]},
        "group": {**matching(GROUP_ADDRESS), "description": "the group that grant: group lets people into"},
    }
    own = [{"required": [key]} for key in keys.GRANT.known]
    grouped = {"required": ["group"]}
    nothing = {"properties": {"grant": {"const": "none"}}, "required": ["grant"]}
    joining = {"properties": {"grant": {"const": "group"}}, "required": ["grant"]}
    one = {
        "required": list(keys.GRANT.required),
        "not": {"anyOf": [{"required": ["grants"]}, nothing, joining, grouped]},
    }
    several = {"required": ["grants"], "not": {"anyOf": [*own, nothing, joining, grouped]}}
    alone = nothing | {"not": {"anyOf": [*own, {"required": ["grants"]}, {"required": ["break_glass"]}, grouped]}}
    joined = {
        "properties": joining["properties"],
        "required": ["grant", "group"],
        "not": {"anyOf": [*own, {"required": ["grants"]}]},
    }
    given = {"oneOf": [one, several, joined, alone]}
    return mapping(keys.ENTITLEMENT, shapes) | given


def _justification() -> dict[str, Any]:
    return mapping(keys.JUSTIFICATION, {"pattern": {"type": "string"}, "hint": {**TEXT, "maxLength": HINT_LENGTH}})


def _auto() -> dict[str, Any]:
    called = mapping(keys.ON_CALL, {"group": TEXT, "ical": {**matching(ADDRESS), "maxLength": LENGTH}})
    when = {**line(CONDITION_LENGTH), "description": "CEL that approves where it holds"}
    return mapping(keys.AUTO, {"when": when, "oncall": {**called, "minProperties": 1, "maxProperties": 1}}) | {
        "minProperties": 1
    }


def _fences() -> dict[str, Any]:
    places = {"type": "array", "items": matching(PLACES), "minItems": 1}
    denial = mapping(keys.DENIAL, {"who": SELECTORS, "what": places, "reason": line(REASON_LENGTH)})
    return mapping(
        keys.FENCES,
        {
            "never_roles": {"type": "array", "items": matching(ROLES), "minItems": 1},
            "max_duration": DURATION,
            "no_self": places,
            "deny": {"type": "array", "items": denial},
        },
    )


def _break_glass() -> dict[str, Any]:
    review = mapping(keys.AFTER_REVIEW, {"by": SELECTORS, "within": DURATION})
    return mapping(keys.BREAK_GLASS, {"max": DURATION, "review": review, "under_freeze": {"type": "boolean"}})


def _grant() -> dict[str, Any]:
    return mapping(keys.GRANT, {"resource": matching(RESOURCE), "roles": _ROLES, "condition": _CONDITION})


def _person(most: int) -> dict[str, Any]:
    return limit(usual=most, most=most)


def _duration() -> dict[str, Any]:
    return mapping(keys.DURATION, {"default": DURATION, "max": DURATION})
