"""Whatever a policy lets happen that the one before it did not, the comparison of the two calls looser."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import combinations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from approvals.people.memberships import Memberships
from approvals.policy.evaluate import Ask, evaluate
from approvals.policy.loosening import differences, looser
from approvals.policy.model import Policy, Requirement
from approvals.policy.reading.parse import draft
from approvals.refusals.errors import Refused, Unavailable
from approvals.reviews import Attestation, typed
from approvals.targets import accesses
from approvals.votes.tally import tally
from tests.support.builders import NOW, review

PEOPLE = tuple(f"{name}@example.com" for name in ("alice", "bob", "carol", "dan"))
LEADS = "leads@example.com"
LEADING = Memberships(answers={(LEADS, who): who == PEOPLE[3] for who in PEOPLE})
MORNING, NIGHT = (datetime(2026, 11, 23, hour, tzinfo=UTC) for hour in (9, 22))

SLOTS: dict[str, tuple[str, ...]] = {
    "zone": ("UTC", "Asia/Tokyo"),
    "sre": ("[alice@example.com, bob@example.com]", "[alice@example.com]", "[bob@example.com, dan@example.com]"),
    "security": ("[carol@example.com]", "[carol@example.com, dan@example.com]", "[]"),
    "aliases": ("{}", "{alice@example.com: [carol@example.com]}"),
    "fences": (
        "{}",
        "{max_duration: 1h}",
        "{never_roles: [roles/compute.*]}",
        '{no_self: ["projects/*"]}',
        '{deny: [{who: ["group:sre"], what: ["projects/*"], reason: Never}]}',
        '{deny: [{who: [bob@example.com], what: ["projects/shop-prod"], reason: Never}]}',
    ),
    "requesters": ('["group:sre"]', '["domain:example.com"]', "[bob@example.com]", f'["group:{LEADS}"]'),
    "roles": ("[roles/compute.viewer]", "[roles/compute.viewer, roles/logging.viewer]"),
    "longest": ("1h", "4h"),
    "pattern": ("{}", "{pattern: 'INC-.*'}", "{pattern: 'CHG-.*'}"),
    "when": ("", "when: 'request.hour < 12'", "when: '\"group:sre\" in requester.groups'"),
    "approval": (
        "self",
        '[{approvers: ["group:security"]}]',
        '[{approvers: ["group:security"], sign: typed}]',
        '[{approvers: ["group:sre", "group:security"], needed: 2}]',
        '[{approvers: ["group:security"]}, {approvers: ["group:sre"]}]',
        '[{approvers: ["group:sre"]}, {approvers: ["group:security"]}]',
        '[{approvers: ["domain:example.com"], not_same: "group:sre"}]',
        '[{approvers: ["group:sre"], order: any}, {approvers: ["group:security"], order: any}]',
    ),
    "approve_when": ("", "approve_when: 'request.hour < 12'", "approve_when: '\"group:sre\" in approver.groups'"),
}

BASE = {"approval": '[{approvers: ["group:sre", "group:security"], needed: 2}]'}

FILE = """\
version: 1
timezone: {zone}
identity: {{domains: [example.com], aliases: {aliases}}}
groups:
  sre: {sre}
  security: {security}
guardrails: {fences}
entitlements:
  - id: admin
    title: Admin
    resource: projects/shop-prod
    roles: {roles}
    requesters: {requesters}
    duration: {{default: 30m, max: {longest}}}
    justification: {pattern}
    {when}
    {approve_when}
    approval: {approval}
"""


@lru_cache(maxsize=4096)
def policy(chosen: tuple[str, ...]) -> Policy:
    """What can be read of a file with these slots. Some are refused: what is left of them is a policy as well."""
    return draft(FILE.format(**dict(zip(SLOTS, chosen, strict=True))), source="policy.yaml").policy


chosen = st.tuples(*(st.sampled_from(options) for options in SLOTS.values()))
turned = st.lists(st.tuples(st.sampled_from(range(len(SLOTS))), st.integers(0, 7)), min_size=1, max_size=2)


def other(slots: tuple[str, ...], turns: list[tuple[int, int]]) -> tuple[str, ...]:
    """The same with one or two slots turned."""
    found, options = list(slots), list(SLOTS.values())
    for at, turn in turns:
        found[at] = options[at][turn % len(options[at])]
    return tuple(found)


@lru_cache(maxsize=4096)
def got(slots: tuple[str, ...]) -> frozenset[object]:
    """Who gets what, when, for how long, by whose approvals."""
    return frozenset(_got(policy(slots)))


def _got(found: Policy) -> Iterator[object]:
    for who in PEOPLE:
        for begins, lasting, why in (
            (MORNING, 1, "INC-1"),
            (MORNING, 4, "CHG-1"),
            (NIGHT, 1, "INC-1"),
        ):
            ask = Ask(entitlement="admin", duration=timedelta(hours=lasting), justification=why)
            try:
                offer = evaluate(found, ask, requester=who, memberships=LEADING, begins=begins).offer()
            except (Refused, Unavailable):
                continue
            roles = frozenset(role for target in accesses(offer.entitlement.targets) for role in target.roles)
            for voters, signed in VOTERS:
                if _met(found, offer.requirement, who, voters, signed=signed):
                    yield from ((who, begins, lasting, why, voters, signed, role) for role in roles)


VOTERS = [
    (people, signed) for count in (1, 2) for people in combinations(PEOPLE, count) for signed in (True, False)
]


def _met(found: Policy, requirement: Requirement, who: str, voters: tuple[str, ...], *, signed: bool) -> bool:
    if requirement.kind == "self":
        return True
    attestation = Attestation(printed_name=typed("n", salt="s"), meaning=typed("m", salt="s")) if signed else None
    reviews = [
        review(voter, at=NOW + timedelta(seconds=place), attestation=attestation)
        for place, voter in enumerate(voters)
    ]
    try:
        tally(
            requirement,
            reviews,
            requester=found.identity.primary(who),
            policy=found,
            memberships=LEADING,
            fits=lambda rule, vote: not rule or vote.person == PEOPLE[0],
        ).met()
    except (Refused, Unavailable):
        return False
    return True


@given(slots=chosen, turns=turned)
def test_what_only_the_new_policy_lets_happen_is_called_looser(
    slots: tuple[str, ...], turns: list[tuple[int, int]]
) -> None:
    new = other(slots, turns)

    if not got(new) <= got(slots):
        assert looser(differences(policy(new), before=policy(slots)))


def test_some_pairs_are_looser_and_some_are_not_or_nothing_above_shows_anything() -> None:
    base = tuple(BASE.get(name, options[0]) for name, options in SLOTS.items())
    sides = set()
    for at, options in enumerate(SLOTS.values()):
        for turn in range(1, len(options)):
            new = other(base, [(at, turn)])
            found = differences(policy(new), before=policy(base))
            more = not got(new) <= got(base)
            sides.add((more, looser(found)))
            assert found or new == base, options[turn]
    assert sides >= {(True, True), (False, False)}
    assert (True, False) not in sides


def test_a_policy_is_no_other_than_itself() -> None:
    for options in zip(*(opts * 8 for opts in SLOTS.values()), strict=False):
        assert (
            differences(policy(options), before=msgspec.structs.replace(policy(options), digest="sha256:0")) == ()
        )


def test_every_option_that_is_tried_here_can_be_read() -> None:
    for at, options in enumerate(SLOTS.values()):
        for turn in range(len(options)):
            slots = other(tuple(BASE.get(name, opts[0]) for name, opts in SLOTS.items()), [(at, turn)])
            assert draft(FILE.format(**dict(zip(SLOTS, slots, strict=True))), source="p").problems == (), slots
