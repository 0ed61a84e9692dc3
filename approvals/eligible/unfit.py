"""What somebody is eligible for and could never be granted: why, and what mends that."""

import re
from functools import lru_cache

from approvals.cel import CelError, check_condition
from approvals.eligible.bindings import Eligible
from approvals.policy.reading.values import BASIC_ROLES, PROJECT, ROLE


def unfit(each: Eligible) -> str:
    """Why it could never be granted, and what mends that; empty where nothing stands against it."""
    if not re.fullmatch(PROJECT, each.project.partition("/")[2]):
        return "the project has no plain id, and can be no entitlement"
    if not re.fullmatch(ROLE, each.role):
        return "it is no role that can be granted. Mend it in the binding"
    if each.role in BASIC_ROLES:
        return f"IAM takes no condition on it, so it could not end. Make {BASIC_ROLES[each.role]} eligible instead"
    wrong = _wrong(each.condition)
    return f"its condition cannot be joined to a window: {wrong}. Mend it in the binding" if wrong else ""


@lru_cache(maxsize=4096)
def _wrong(condition: str) -> str:
    try:
        if condition:
            check_condition(condition)
    except CelError as error:
        return str(error)
    return ""
