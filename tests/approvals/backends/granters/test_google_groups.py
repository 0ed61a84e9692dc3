"""One write of a group is a call for each member: all are made, whatever another one met, and none blindly."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from approvals.access.bindings import TITLE, expires, member
from approvals.backends.granters.google_groups import GoogleGroups
from approvals.ports.targets import (
    Binding,
    Forbidden,
    GranterError,
    Impossible,
    PolicyChanged,
    Snapshot,
    Unsure,
)
from approvals.targets import GROUPS, MEMBER
from sandbox.google import Fault, Google
from sandbox.google.groups import Membership
from tests.support.clouds import google_with
from tests.support.direct import direct_groups
from tests.support.fridays import GROUP
from tests.support.world import ALICE, BOB, GWEN

END = datetime(2030, 1, 1, 12, tzinfo=UTC)
LATER = END + timedelta(hours=1)
PEOPLE = (ALICE, BOB, GWEN)


@pytest.fixture
def google() -> Google:
    return google_with()


@pytest.fixture
def groups(google: Google) -> GoogleGroups:
    return direct_groups(google)


def ours(person: str, end: datetime = END) -> Binding:
    return Binding(role=MEMBER, member=member(person), title=TITLE, description="", expression=expires(end))


def read(groups: GoogleGroups) -> Snapshot:
    return groups.read(f"{GROUPS}{GROUP}", timeout=5, reason="look")


def write(groups: GoogleGroups, seen: Snapshot, **changes: Sequence[Binding]) -> None:
    groups.write(seen, **({"remove": (), "add": ()} | changes), timeout=5, reason="r-1")


def let_in(groups: GoogleGroups, *people: str) -> Snapshot:
    write(groups, read(groups), add=[ours(person) for person in people])
    return read(groups)


def found(seen: Snapshot, person: str) -> list[Binding]:
    return [each for each in seen.bindings if each.member == member(person)]


def prolong(google: Google, person: str, end: datetime) -> None:
    """Somebody else lets a membership end later: it stays the same one, by its name."""
    name = google.groups.name(GROUP)
    role = {"name": MEMBER, "expiryDetail": {"expireTime": end.isoformat()}}
    update = {"fieldMask": "expiry_detail.expire_time", "membershipRole": role}
    google.groups.update(google.groups.lookup(name, person), {"updateRolesParams": [update]})


# --- all are tried


@pytest.mark.parametrize("refused", range(len(PEOPLE)))
@pytest.mark.parametrize("status", [400, 403, 409, 429, 503])
def test_who_is_refused_keeps_nobody_else_out(
    google: Google, groups: GoogleGroups, status: int, refused: int
) -> None:
    before = read(groups)
    stumble(google, "create", *[0] * refused, status)

    with pytest.raises(GranterError):
        write(groups, before, add=[ours(person) for person in PEOPLE])

    assert set(google.groups.held(GROUP)) == set(PEOPLE) - {PEOPLE[refused]}


@pytest.mark.parametrize("refused", range(len(PEOPLE)))
@pytest.mark.parametrize("status", [400, 403, 503])
def test_who_cannot_be_taken_out_keeps_nobody_else_in(
    google: Google, groups: GoogleGroups, status: int, refused: int
) -> None:
    before = let_in(groups, *PEOPLE)
    stumble(google, "delete", *[0] * refused, status)

    with pytest.raises(GranterError):
        write(groups, before, remove=before.bindings)

    assert set(google.groups.held(GROUP)) == {PEOPLE[refused]}


def stumble(google: Google, method: str, *statuses: int) -> None:
    """The coming calls of a method each get an answer of this status; 0: they go well, a little later."""
    for status in statuses:
        google.faults.set(Fault(method=f"memberships.{method}", status=status))


@pytest.mark.parametrize(
    ("statuses", "raised"),
    [
        ((400, 503), Unsure),
        ((503, 400), Unsure),
        ((403, 429), Unsure),
        ((429, 409), Unsure),
        ((400, 409), PolicyChanged),
        ((409, 403), PolicyChanged),
        ((400, 403), Forbidden),
        ((403, 400), Forbidden),
        ((400, 400), Impossible),
    ],
)
def test_what_leaves_most_open_is_raised(
    google: Google, groups: GoogleGroups, statuses: tuple[int, int], raised: type[GranterError]
) -> None:
    """Whoever waits for an answer that never came may be in it by now: nobody is told that all of it failed."""
    before = read(groups)
    stumble(google, "create", *statuses)

    with pytest.raises(GranterError) as error:
        write(groups, before, add=[ours(ALICE), ours(BOB)])

    assert type(error.value) is raised


# --- none blindly


@pytest.mark.parametrize("then", ["take out", "let it end later"])
@pytest.mark.parametrize("theirs", ["another end", "an owner"])
def test_what_was_changed_in_its_place_since_the_look_is_left(
    google: Google, groups: GoogleGroups, then: str, theirs: str
) -> None:
    """The same membership by its name, which a call by that name would change."""
    before = let_in(groups, ALICE)
    if theirs == "another end":
        prolong(google, ALICE, LATER)
    else:
        _promote(google, ALICE)
    kept = read(groups).bindings
    changes = {"remove": before.bindings} | ({"add": [ours(ALICE, LATER)]} if then != "take out" else {})

    with pytest.raises(PolicyChanged):
        write(groups, before, **changes)

    assert read(groups).bindings == kept


def _promote(google: Google, person: str) -> None:
    held: dict[str, Membership] = google.groups._groups[GROUP]
    number, until = held[person].number, held[person].until
    held[person] = Membership(number=number, member=person, until=until, roles=("OWNER",))


def test_what_is_gone_since_the_look_is_not_made_again(google: Google, groups: GoogleGroups) -> None:
    before = let_in(groups, ALICE)
    google.groups.take(GROUP, ALICE)

    with pytest.raises(PolicyChanged):
        write(groups, before, remove=before.bindings, add=[ours(ALICE, LATER)])

    assert google.groups.held(GROUP) == {}


def test_whoever_is_there_already_is_never_let_in_again(google: Google, groups: GoogleGroups) -> None:
    google.groups.put(GROUP, ALICE)
    before = read(groups)

    with pytest.raises(Impossible) as error:
        write(groups, before, add=[ours(ALICE)])

    assert error.value.reason.code == "group.held"
    assert google.groups.held(GROUP) == {ALICE: None}


# --- what cannot be seen


@pytest.mark.parametrize("status", [403, 404])
def test_a_group_that_is_not_shown_is_nothing_to_wait_for(
    google: Google, groups: GoogleGroups, status: int
) -> None:
    """An administrator has to act: whoever waits reads what mends it, and not that Google did not answer."""
    google.faults.set(Fault(method="groups.lookup", status=status, times=2))

    with pytest.raises(Forbidden) as read_:
        read(groups)
    with pytest.raises(Forbidden) as looked:
        groups.standing(GROUP, ALICE, timeout=5)

    assert [each.value.reason.code for each in (read_, looked)] == ["group.hidden", "group.hidden"]


@pytest.mark.parametrize(("status", "kind"), [(403, Forbidden), (503, Unsure), (400, Impossible)])
@pytest.mark.parametrize("method", ["memberships.lookup", "memberships.get"])
def test_a_membership_that_is_not_shown_is_not_taken_for_none(
    google: Google, groups: GoogleGroups, method: str, status: int, kind: type[GranterError]
) -> None:
    google.groups.put(GROUP, ALICE)
    google.faults.set(Fault(method=method, status=status))

    with pytest.raises(GranterError) as error:
        groups.standing(GROUP, ALICE, timeout=5)

    assert type(error.value) is kind


@pytest.mark.parametrize(("status", "kind"), [(403, Forbidden), (503, Unsure)])
def test_a_membership_that_is_not_shown_is_neither_changed_nor_taken_for_gone(
    google: Google, groups: GoogleGroups, status: int, kind: type[GranterError]
) -> None:
    before = let_in(groups, ALICE)
    google.faults.set(Fault(method="memberships.get", status=status))

    with pytest.raises(GranterError) as error:
        write(groups, before, remove=before.bindings)

    assert type(error.value) is kind
    assert found(read(groups), ALICE)


KNOWN_AS = "alice.smith@example.com"


def test_who_would_be_known_by_another_address_is_taken_out_again_at_once(
    google: Google, groups: GoogleGroups
) -> None:
    google.groups.aliases[ALICE] = KNOWN_AS
    with pytest.raises(Impossible) as error:
        let_in(groups, ALICE)

    assert (error.value.reason.code, error.value.reason.facts["person"]) == ("group.other", KNOWN_AS)
    assert google.groups.held(GROUP) == {}


@pytest.mark.parametrize(
    ("until", "code", "left"),
    [(END, "group.other", []), (LATER, "group.held", [KNOWN_AS]), (None, "group.held", [KNOWN_AS])],
    ids=["ours, whose answer was lost", "another's", "another's for good"],
)
def test_who_is_there_by_another_address_is_taken_out_where_it_is_ours_alone(
    google: Google, groups: GoogleGroups, until: datetime | None, code: str, left: list[str]
) -> None:
    google.groups.aliases[ALICE] = KNOWN_AS
    seen = read(groups)
    google.groups.put(GROUP, KNOWN_AS, until=until.timestamp() if until else None)
    with pytest.raises(Impossible) as error:
        write(groups, seen, add=[ours(ALICE)])

    assert error.value.reason.code == code
    assert list(google.groups.held(GROUP)) == left


def test_who_is_there_by_their_own_address_since_the_look_is_looked_at_again(
    google: Google, groups: GoogleGroups
) -> None:
    seen = read(groups)
    google.groups.put(GROUP, ALICE, until=END.timestamp())
    with pytest.raises(PolicyChanged):
        write(groups, seen, add=[ours(ALICE)])

    assert list(google.groups.held(GROUP)) == [ALICE]
