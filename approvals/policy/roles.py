"""What Google's predefined roles are called and what they can do, known offline and dated.

The list is a part of the program like its code: `tools/google_roles.py` writes it, and nobody edits it.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

import msgspec

from approvals.nearest import LONG, nearest
from countersign_client.patterns import Pattern

LASTING: Mapping[str, str] = {
    "setIamPolicy": "give access to others",
    "keys": "make keys",
    "tokens": "make tokens",
    "act_as": "act as service accounts",
    "roles": "change what a role holds",
}
"""The kinds of permissions by which access, keys or sessions outlive a window, each in words."""

Risk = Literal["reads", "views", "writes", "lasts", "unknown"]
"""`views`: Google calls it a role for viewing, and it has a permission beside those that read."""

_RISKS: tuple[Risk, ...] = ("reads", "views", "writes", "unknown", "lasts")
_KNOWN: Mapping[str, Risk] = {"r": "reads", "w": "writes", "?": "unknown"}
_PREFIX = "roles/"
# The list says of a role whether all its permissions get, list or search. Compute Viewer checks a URL map as well
# (`compute.urlMaps.validate`), BigQuery Data Viewer makes snapshots: neither is one that changes resources.
_VIEWING = Pattern(r".*(Viewer|Reader|Reviewer)", re.IGNORECASE)

# What the list lacks. IAM, "Basic roles": the three that take conditions. IAM, "Roles for role administration":
# who can change a custom role widens what somebody holds. Kubernetes Engine, "Kubernetes Engine Admin": makes
# tokens inside clusters. Deployment Manager, "Access control": acts as the project's Google APIs service agent.
_BESIDES = {
    "admin": "admin\tAdmin\tw\tsetIamPolicy,keys,act_as",
    "writer": "writer\tWriter\tw\tkeys,act_as",
    "reader": "reader\tReader\tr\t",
}
_MORE = {
    "iam.roleAdmin": "roles",
    "iam.organizationRoleAdmin": "roles",
    "container.admin": "tokens",
    "deploymentmanager.editor": "act_as",
}


class GoogleRole(msgspec.Struct, frozen=True, kw_only=True):
    """A predefined role: Google's title for it, what it can do, and by which kinds of `LASTING` it outlives."""

    name: str
    title: str
    risk: Risk
    lasting: tuple[str, ...]


@lru_cache(maxsize=4096)
def google_role(name: str) -> GoogleRole | None:
    """What is known of a predefined role (`roles/logging.viewer`); None of custom ones and of unknown ones."""
    short = name.removeprefix(_PREFIX)
    line = _lines().get(short) if name.startswith(_PREFIX) else None
    if line is None:
        return None
    _, title, known, kinds = line.split("\t")
    lasting = tuple(filter(None, (*kinds.split(","), _MORE.get(short, ""))))
    does: Risk = "views" if known == "w" and _VIEWING.fullmatch(title) else _KNOWN[known]
    return GoogleRole(name=name, title=title, risk="lasts" if lasting else does, lasting=lasting)


def risk(roles: Iterable[str]) -> Risk:
    """The worst that several roles together can do: what lasts is worse than what nobody here knows."""
    found = (google_role(role) for role in roles)
    return max((each.risk if each else "unknown" for each in found), key=_RISKS.index, default="unknown")


def is_predefined(name: str) -> bool:
    """Say whether a name has the form of Google's own roles; whether there is such a one is another question."""
    return name.startswith(_PREFIX)


def nearest_role(name: str) -> str:
    """The predefined role whose name is most like this one; empty where none is."""
    wanted = name.removeprefix(_PREFIX)
    folded = {each.lower(): each for each in _lines()}
    near = nearest(wanted.lower(), folded, like=LONG)
    return _PREFIX + folded[near] if near else ""


def dated() -> date:
    """The day that the list is from: a role that Google made later is not in it."""
    found = re.search(r"\((\d{4}-\d\d-\d\d)\)", _table()[0])
    if found is None:
        raise ValueError("the list of roles names no date")
    return date.fromisoformat(found[1])


@cache
def _lines() -> Mapping[str, str]:
    return {line.partition("\t")[0]: line for line in _table()[1:]} | _BESIDES


@cache
def _table() -> tuple[str, ...]:
    # Read when a role is first looked at, never at the start.
    return tuple(Path(__file__).with_name("google-roles.tsv").read_text(encoding="utf-8").splitlines())
