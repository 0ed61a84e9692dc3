"""What a run does, derived from its seed alone: who acts on what, what fails, and when the kill comes.

Times are the machine's own, so a replay does the same things, though not at the same instants.
"""

import random

import msgspec

from chaos.scene import APPROVERS, KINDS, LASTING, PROJECTS, REQUESTERS, VARIANTS

ACTORS = 4
"""So many people act at the same time."""


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody does after `pause` seconds. `which` picks among the requests that are there then."""

    verb: str
    pause: float
    who: str = ""
    other: str = ""
    which: int = 0
    kind: str = ""
    project: str = ""
    seconds: int = 0


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What the next calls of one of the vendors' methods suffer, as the sandbox takes it."""

    vendor: str
    method: str
    kind: str
    times: int
    seconds: float


SILENT = (
    Fault(vendor="google", method="projects.setIamPolicy", kind="silent", times=3, seconds=0),
    Fault(vendor="mail", method="", kind="lost", times=2, seconds=11),
)
GOOGLE = (
    *("projects.setIamPolicy", "projects.setIamPolicy", "projects.getIamPolicy") * 2,
    *("memberships.create", "memberships.create", "memberships.delete", "memberships.modifyMembershipRoles"),
    *("memberships.list", "memberships.get", "memberships.lookup", "groups.lookup"),
)
"""What of Google's fails, and how often beside the rest."""
PATIENT = 15
"""One life in so many lasts until the service itself gives up on writes that took effect without an answer."""


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """From one start of the service to its kill. `stillborn`: killed so many seconds after its start, unready.

    `pages`: the process of the pages is killed as well.
    """

    stillborn: float | None
    pages: bool
    seconds: float
    acts: tuple[tuple[Act, ...], ...]
    faults: tuple[Fault, ...]


def life(seed: int, number: int) -> Life:
    """The life of this number."""
    dice = random.Random(f"{seed}/{number}")  # noqa: S311 - to be replayed, not to be secret
    stillborn = dice.uniform(0.05, 0.75) if number and dice.random() < 0.2 else None
    patient = number % PATIENT == 1
    return Life(
        stillborn=stillborn,
        pages=dice.random() < 0.7,
        seconds=dice.uniform(11, 14) if patient else dice.uniform(0.1, 1.1),
        acts=tuple(tuple(_act(dice) for _ in range(25)) for _ in range(ACTORS)),
        faults=(*(SILENT if patient else ()), *(_fault(dice) for _ in range(dice.randint(0, 4)))),
    )


_VERBS = {
    "ask": 26,
    "later": 6,
    "again": 3,
    "approve": 26,
    "deny": 3,
    "sign": 6,
    "both": 6,
    "against": 4,
    "withdraw": 3,
    "end": 7,
    "revoke": 3,
    "foreign": 5,
    "unforeign": 3,
    "strip": 1,
    "let_in": 2,
    "take_out": 3,
    "strip_team": 1,
    "policy": 4,
    "visit": 16,
    "visit_against": 3,
    "visit_back": 4,
    "visit_own": 3,
    "tabs": 3,
    "meet": 4,
    "resend": 4,
    "astray": 1,
    "extend": 6,
    "offer": 4,
    "accept": 4,
    "shatter": 4,
    "find": 3,
    "leave": 1,
    "return": 1,
    "stand_in": 4,
    "remark": 4,
    "home": 8,
    "export": 1,
    "settle": 2,
    "go": 2,
    "come": 1,
}
"""What people do, and how often beside the rest."""

_KINDS = [kind for kind in KINDS if kind not in LASTING]


def _act(dice: random.Random) -> Act:
    verb = dice.choices(list(_VERBS), weights=list(_VERBS.values()))[0]
    approver, other = dice.sample(APPROVERS, 2)
    return Act(
        verb=verb,
        pause=dice.uniform(0, 0.06),
        who=dice.choice(REQUESTERS) if verb in ("ask", "later", "shatter") else approver,
        other=other,
        which=dice.randrange(1_000),
        kind=dice.choice(VARIANTS if verb == "policy" else _KINDS),
        project=dice.choice(PROJECTS),
        seconds=dice.randint(5, 30),
    )


def _fault(dice: random.Random) -> Fault:
    vendor = dice.choice(("slack", "google", "mail"))
    if vendor == "mail":
        method, kind = "", dice.choice(("451", "451", "550", "delay", "cut", "lost"))
    elif vendor == "slack":
        method = dice.choice(("chat.postMessage", "chat.update", "chat.update", "conversations.open"))
        kind = dice.choice(("ratelimit", "error", "lost", "drop", "delay", "drip"))
    else:
        method = dice.choice(GOOGLE)
        kind = dice.choice(("503", "429", "answer", "connection", "late", "late", "silent", "drip"))
    return Fault(
        vendor=vendor, method=method, kind=kind, times=dice.randint(1, 4), seconds=dice.choice((0.2, 1, 2))
    )
