"""A small policy, and tallies of reviews under it."""

from datetime import timedelta

from approvals.people.memberships import NOTHING_KNOWN, Memberships
from approvals.people.principals import IdentityRules
from approvals.policy.model import Policy, Requirement, Stage
from approvals.reviews import Attestation, Review, typed
from approvals.votes.tally import Tally, tally
from tests.support.builders import NOW, review

ALICE, BOB, CAROL, DAN, EVE = (f"{name}@example.com" for name in ("alice", "bob", "carol", "dan", "eve"))
LEADS = "leads@example.com"
POLICY = Policy(
    digest="sha256:" + "0" * 64,
    identity=IdentityRules(domains=("example.com",), aliases={"a.smith@example.com": ALICE, "b@example.com": BOB}),
    groups={
        "sre": (f"user:{ALICE}", f"user:{BOB}", f"user:{DAN}"),
        "security": (f"user:{CAROL}",),
        "leads": (f"group:{LEADS}",),
    },
    pending=timedelta(hours=1),
    channel="",
    entitlements={},
)
SIGNED = Attestation(printed_name=typed("Carol", salt="s" * 16), meaning=typed("I approve", salt="s" * 16))


def stages(*found: Stage) -> Requirement:
    return Requirement(kind="stages", stages=found)


def stage(*approvers: str, needed: int = 1, signed: bool = False, beside: bool = False, apart: str = "") -> Stage:
    return Stage(
        approvers=approvers,
        needed=needed,
        sign="typed" if signed else "",
        order="any" if beside else "",
        not_same=apart,
    )


def beside(*approvers: str, needed: int = 1, signed: bool = False) -> Stage:
    """A stage that is open beside the one before it."""
    return stage(*approvers, needed=needed, signed=signed, beside=True)


SRE_THEN_SECURITY = stages(stage("group:sre"), stage("group:security", signed=True))
TWO_OF_SRE = stages(stage("group:sre", needed=2))


def counted(
    requirement: Requirement,
    *reviews: Review,
    requester: str = ALICE,
    policy: Policy = POLICY,
    memberships: Memberships = NOTHING_KNOWN,
) -> Tally:
    return tally(requirement, reviews, requester=requester, policy=policy, memberships=memberships)


def later(person: str, minutes: int = 1, attestation: Attestation | None = None) -> Review:
    return review(person, at=NOW + timedelta(minutes=minutes), attestation=attestation)
