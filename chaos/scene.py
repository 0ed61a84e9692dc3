"""The stage: who is there, what they may ask for, and the policy file in its variants.

Reconcile works on one resource at a time, for everybody there, and a killed worker's lease stands until it runs
out. There are so many people that several have access on each project at the same time.
"""

import json
from collections.abc import Collection, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

REQUESTERS = tuple(f"asker{number:02}" for number in range(40))
APPROVERS = ("bob", "carol", "dan", "erin", "frank")
PROJECTS = tuple(f"shop-{number}" for number in range(6))
LONE, STAND_IN = "gina", "frank"
"""Who alone may approve what is `lone`, and who does it while she is away."""

AUDITOR = "gina"

GOERS = tuple(f"goer{number}" for number in range(6))
"""Who leaves and comes back; the last one stands in for others."""
SUSPENDED = GOERS[:2]
"""Whom the directory of users suspends, while the chat keeps their accounts."""

GROUPS = {
    "ops": APPROVERS,
    "first": APPROVERS[:2],
    "second": APPROVERS[2:],
    "alone": (LONE,),
    "deputies": (STAND_IN, GOERS[-1]),
    "askers": REQUESTERS,
    "goers": GOERS,
}


class Kind(NamedTuple):
    """What can be asked for on a project: its roles there, on the next project as well, approval, mail, more.

    `joins`: it is the membership of the project's team.
    """

    roles: tuple[str, ...]
    approval: Any
    beyond: tuple[str, ...] = ()
    email: Any = None
    more: Mapping[str, Any] = {}
    joins: bool = False


_ONE = [{"approvers": ["group:ops"], "needed": 1}]
_TWO = [{"approvers": ["group:ops"], "needed": 2}]
_IN_TURN = [{"approvers": [f"group:{group}"], "needed": 1} for group in ("first", "second")]
_ALONE = [{"approvers": ["group:alone"], "needed": 1}]
_LONG = {"requesters": ["group:goers"], "duration": {"default": "30m", "max": "1h"}, "pending": "1h"}
_GLASS = {"break_glass": {"max": "1m", "review": {"by": ["group:ops"], "within": "1d"}}}
KINDS: Mapping[str, Kind] = {
    "one": Kind(("roles/run.viewer",), _ONE),
    "two": Kind(("roles/storage.objectViewer", "roles/bigquery.dataViewer"), _TWO, email="always"),
    "signed": Kind(("roles/run.developer",), [{"approvers": ["group:ops"], "needed": 1, "sign": "typed"}]),
    "staged": Kind(("roles/bigquery.jobUser",), _IN_TURN, email={"after": "1s", "copy": "requester"}),
    "own": Kind(("roles/logging.viewer",), "self"),
    "bundle": Kind(("roles/run.viewer", "roles/run.admin"), _ONE, beyond=("roles/logging.viewer",)),
    "lone": Kind(("roles/pubsub.viewer",), _ALONE, email="never", more={"requesters": ["group:askers"]}),
    "glass": Kind(("roles/pubsub.admin",), "break_glass", email="never", more=_GLASS),
    "doomed": Kind(("roles/storage.admin",), _ONE, beyond=("roles/none.such", "roles/run.viewer"), email="never"),
    "friday": Kind((), _ONE, more={"grant": "none"}),
    "joined": Kind((), _ONE, joins=True),
    "stay": Kind(("roles/pubsub.editor",), "self", email="never", more=_LONG),
    "sit": Kind((), "self", email="never", more=_LONG, joins=True),
    "wait": Kind(("roles/pubsub.publisher",), _ALONE, email="never", more=_LONG),
}
"""What can be asked for on every project. What has no roles and joins nobody is an approval alone. The bundle
shares roles with others, and of what the doomed one asks for Google does not know one role. What is staged nobody
answers in the chat."""

UNREAD, ALONE = "staged", "lone"
LASTING = ("stay", "sit", "wait")
"""What only those get who leave: it lasts for longer than a run does."""
EMAIL = 3
"""Seconds without a decision after which people are mailed, unless a kind says otherwise."""

VARIANTS = ("plain", "stricter", "retitled", "narrower", "broken", "torn")
"""`stricter` demands two where one was enough, `narrower` no longer offers the last project, `broken` is none,
`torn` is written in two halves with a pause between them."""

PAUSE = 0.05
_DOMAIN = "example.com"


def people(selectors: Collection[str]) -> frozenset[str]:
    """The addresses that selectors of the policy's stages mean."""
    return frozenset(address(name) for each in selectors for name in GROUPS[each.removeprefix("group:")])


def is_always_offered(entitlement: str) -> bool:
    """No variant of the policy leaves it out: then who may approve it is no stranger to it, either."""
    return not entitlement.endswith(PROJECTS[-1])


def mailed_after(entitlement: str) -> timedelta | None:
    """When people are mailed about a request for it; None: never."""
    rule = KINDS[entitlement.partition("-")[0]].email or {"after": f"{EMAIL}s"}
    if rule == "never":
        return None
    return timedelta(seconds=0 if rule == "always" else int(rule["after"].removesuffix("s")))


def address(name: str) -> str:
    return f"{name}@{_DOMAIN}"


def team(project: str) -> str:
    """The address of the group that belongs to a project."""
    return address(f"team-{project}")


def world(path: Path) -> Path:
    """Write the sandbox's world file and return its path."""
    people = [*REQUESTERS, *APPROVERS, LONE, *GOERS]
    ids = {name: f"U0{name.upper()}" for name in people}
    bot = {
        "app_id": "A0CHAOS01",
        "bot_id": "B0CHAOS01",
        "user_id": "U0COUNTERSIGN",
        "name": "countersign",
        "real_name": "Countersign",
        "scopes": [
            *("commands", "chat:write", "im:write", "users:read", "users:read.email"),
            *("channels:read", "groups:read"),
        ],
        "commands": [{"command": "/jit", "should_escape": True}],
        "events": ["app_home_opened"],
        "home_tab": True,
    }
    described = {
        "workspace": {"id": "T0CHAOS01", "name": "Chaos", "domain": "chaos"},
        "bot": bot,
        "people": [
            {"id": ids[name], "name": name, "real_name": name.title(), "email": address(name)} for name in people
        ],
        "channels": [{"id": "C0ACCESS", "name": "access", "members": [*ids.values(), bot["user_id"]]}],
        "google": {
            "projects": [f"projects/{project}" for project in PROJECTS],
            "groups": {team(project): [] for project in PROJECTS},
        },
    }
    path.write_text(json.dumps(described))
    return path


def policy(variant: str) -> str:
    """The text of the policy file in one of its variants. JSON is YAML too."""
    if variant == "broken":
        return "version: 1\nentitlements: [nothing: {of: this}"
    offered = PROJECTS[:-1] if variant == "narrower" else PROJECTS
    return json.dumps(
        {
            "version": 1,
            "identity": {"domains": [_DOMAIN]},
            "groups": {group: [address(name) for name in names] for group, names in GROUPS.items()},
            "defaults": {
                "duration": {"default": "10s", "max": "1m"},
                "pending": "30s",
                "channel": "#access",
                "email": {"after": f"{EMAIL}s"},
            },
            "delegates": ["group:deputies"],
            "auditors": [address(AUDITOR)],
            "entitlements": [_entitlement(project, kind, variant) for project in offered for kind in KINDS],
        },
        indent=1,
    )


def _entitlement(project: str, name: str, variant: str) -> dict[str, Any]:
    kind = KINDS[name]
    return {
        "id": f"{name}-{project}",
        "title": f"{name.title()} on {project}" + (" (new name)" if variant == "retitled" else ""),
        **({"grant": "group", "group": team(project)} if kind.joins else _given(project, kind)),
        "requesters": [f"domain:{_DOMAIN}"],
        **({"email": kind.email} if kind.email else {}),
        **kind.more,
        "approval": _TWO if (variant, name) == ("stricter", "one") else kind.approval,
    }


def _given(project: str, kind: Kind) -> dict[str, Any]:
    if not kind.roles:
        return {}
    here = {"resource": f"projects/{project}", "roles": list(kind.roles)}
    if not kind.beyond:
        return here
    following = PROJECTS[(PROJECTS.index(project) + 1) % len(PROJECTS)]
    return {"grants": [here, {"resource": f"projects/{following}", "roles": list(kind.beyond)}]}
