"""The shape of what IAM offers, for the schema of the policy file."""

from typing import Any

from approvals.policy.reading import keys
from approvals.policy.reading.fences import PLACES, ROLES
from approvals.policy.reading.shapes import line, mapping, matching, stage
from approvals.policy.reading.sources import CATALOG, QUERY, QUERY_LENGTH
from approvals.policy.reading.values import CHANNEL, RESOURCE


def sources(duration: dict[str, Any], justification: dict[str, Any]) -> dict[str, Any]:
    """Eligible bindings of IAM, and what the policy adds to what they offer."""
    added = {
        "duration": duration,
        "justification": justification,
        "channel": matching(CHANNEL),
        "sign": {"const": "typed"},
        "approval": {"type": "array", "items": stage(), "minItems": 1, "description": "stages after the peers"},
    }
    overlay = mapping(keys.OVERLAY, {"roles": _patterns(ROLES), "resources": _patterns(PLACES), **added})
    shapes = {
        "scope": {**matching(RESOURCE), "description": "up to where bindings count"},
        "catalog": {"const": CATALOG},
        "projects_query": {**line(QUERY_LENGTH), "default": QUERY},
        **added,
        "overlays": {"type": "array", "items": overlay},
    }
    return mapping(keys.SOURCES, {"jit_access": mapping(keys.JIT_ACCESS, shapes)})


def _patterns(pattern: str) -> dict[str, Any]:
    return {"type": "array", "items": matching(pattern), "minItems": 1}
