"""The history shows people what concerns them, and of everything else there is nothing."""

from datetime import timedelta

import msgspec
import pytest

from approvals.ports.store import Position, Span
from approvals.refusals.errors import NotFound
from approvals.uses import history, walking
from approvals.uses.history import Past, Wanted
from tests.approvals.people.test_service_accounts import NAMED, ROBOT, asking
from tests.approvals.uses.test_break_glass import break_, glass
from tests.support.builders import RESOURCE
from tests.support.damage import spoil
from tests.support.pages import Visitors
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, DAN, GWEN, World, policy, refused

EVERYBODY = (ALICE, BOB, CAROL, DAN, GWEN)
ANYTHING = Wanted()


def look(world: World, person: str, wanted: Wanted = ANYTHING, *, most: int = 50) -> Past:
    return world.uses.history.look(world.identity(person), wanted, most=most, now=world.clock())


def seen(world: World, person: str, wanted: Wanted = ANYTHING, *, most: int = 50) -> list[str]:
    return [request.id for request in look(world, person, wanted, most=most).requests]


def several(world: World) -> list[str]:
    """Requests of several people for several things, the newest first, each a second after the one before."""
    made = []
    for person, what in ((ALICE, "admin"), (GWEN, "pair"), (ALICE, "logs"), (BOB, "admin"), (GWEN, "logs")):
        made.append(world.file(person, what).id)
        world.clock.advance(1)
    return made[::-1]


@pytest.mark.parametrize(
    "wanted",
    [
        ANYTHING,
        Wanted(person=ALICE),
        Wanted(person="A.Smith@example.com"),
        Wanted(words="payments"),
        Wanted(words=RESOURCE, standing="pending"),
        Wanted(person=BOB, words="admin"),
    ],
)
def test_of_what_does_not_concern_somebody_no_filter_tells(world: World, wanted: Wanted) -> None:
    made = several(world)

    found = look(world, GWEN, wanted)

    assert {each.requester for each in found.requests} <= {GWEN}
    assert (list(found.damaged), found.older, found.cut, found.unsure) == ([], None, False, False)
    for request in made:
        if world.store.request(request).requester != GWEN:
            with pytest.raises(NotFound):
                world.uses.facing.face(world.identity(GWEN), request, now=world.clock())


def test_whoever_sees_a_request_in_the_history_is_whoever_its_page_is_shown_to(world: World) -> None:
    made = several(world)
    shown = {who: set(seen(world, who)) for who in EVERYBODY}

    for who in EVERYBODY:
        for request in made:
            try:
                world.uses.facing.face(world.identity(who), request, now=world.clock())
            except NotFound:
                assert request not in shown[who]
            else:
                assert request in shown[who]
    assert {who: len(found) for who, found in shown.items()} == {ALICE: 2, BOB: 3, CAROL: 3, DAN: 3, GWEN: 2}


def test_an_emergency_is_the_business_of_who_reviews_it_and_of_no_other_approver(world: World) -> None:
    world.policy = glass(BOB)
    request = break_(world, GWEN)

    assert [request.id in seen(world, who) for who in (GWEN, BOB, CAROL, ALICE)] == [True, True, False, False]


def test_what_a_service_account_asks_for_is_its_owners_and_its_own_business(world: World) -> None:
    world.policy = policy(*NAMED)
    world.people.groups[APPROVERS] = {CAROL, ROBOT}
    asked = asking(world)
    other = world.file(ALICE)
    robot = Visitors(world).identity(ROBOT, purpose="request", hd=None)
    its_own = world.uses.history.look(robot, ANYTHING, most=50, now=world.clock())

    assert [request.id for request in its_own.requests] == [asked.id]
    assert seen(world, GWEN) == seen(world, GWEN, Wanted(person=ROBOT)) == [asked.id]
    assert seen(world, DAN) == seen(world, ALICE, Wanted(person=ROBOT)) == []
    assert sorted(seen(world, CAROL)) == sorted([asked.id, other.id])
    for who in (world.identity(GWEN), robot):
        assert world.uses.facing.face(who, asked.id, now=world.clock()).card.request.id == asked.id
    with pytest.raises(NotFound):
        world.uses.facing.face(robot, other.id, now=world.clock())


def test_who_is_no_approver_any_more_sees_nothing_of_it_any_more(world: World) -> None:
    asked = world.file(ALICE)
    world.press(BOB, asked)
    assert seen(world, BOB) == [asked.id]

    world.people.groups[APPROVERS] = {CAROL}
    world.clock.advance(61)

    assert seen(world, BOB) == []
    assert seen(world, CAROL) == seen(world, ALICE) == [asked.id]


def test_a_group_that_cannot_be_checked_shows_nothing_and_that_is_said(world: World) -> None:
    asked = world.file(GWEN)
    world.restart()
    identity = world.identity(BOB)
    world.people.down = True

    found = world.uses.history.look(identity, ANYTHING, most=50, now=world.clock())

    assert (list(found.requests), found.unsure) == ([], True)
    world.people.down = False
    assert seen(world, BOB) == [asked.id]


def test_what_a_policy_offers_no_more_stays_in_the_history_of_who_asked(world: World) -> None:
    asked = world.granted(ALICE, "admin")
    world.policy = policy(("  - id: admin\n", "  - id: other\n"))
    world.restart()

    assert seen(world, ALICE) == [asked.id]
    assert seen(world, CAROL) == []


def test_one_s_own_under_an_address_that_is_an_alias_by_now_is_one_s_own(world: World) -> None:
    world.people.join("a.old@example.com")
    asked = world.file("a.old@example.com", "logs")
    assert seen(world, ALICE) == []

    world.policy = policy(("[a.smith@example.com]", "[a.smith@example.com, a.old@example.com]"))

    assert seen(world, ALICE) == seen(world, ALICE, Wanted(person="a.old@example.com")) == [asked.id]


def test_filters_keep_what_fits_all_of_them(world: World) -> None:
    newest = several(world)
    gwens_logs, bobs_admin, alices_logs, gwens_pair, alices_admin = newest
    assert gwens_logs not in seen(world, CAROL)
    begun = world.store.request(gwens_pair).filed

    for wanted, fitting in (
        (ANYTHING, [bobs_admin, gwens_pair, alices_admin]),
        (Wanted(person=BOB), [bobs_admin]),
        (Wanted(entitlement="admin"), [bobs_admin, alices_admin]),
        (Wanted(entitlement="pair", person=BOB), []),
        (Wanted(person="a.smith@example.com"), [alices_admin]),
        (Wanted(words="data VIEWER"), [gwens_pair]),
        (Wanted(words="payments-prod run.admin"), [bobs_admin, alices_admin]),
        (Wanted(words="payments-prod elsewhere"), []),
        (Wanted(standing="active"), []),
        (Wanted(span=Span(since=begun)), [bobs_admin, gwens_pair]),
        (Wanted(span=Span(until=begun)), [alices_admin]),
        (Wanted(span=Span(since=begun, until=begun + timedelta(seconds=1)), standing="pending"), [gwens_pair]),
        (Wanted(person=CAROL), []),
    ):
        assert seen(world, CAROL, wanted) == fitting, wanted
    assert seen(world, ALICE, Wanted(standing="activating")) == [alices_logs]


def test_what_is_no_address_is_refused(world: World) -> None:
    with refused("address"):
        look(world, BOB, Wanted(person="bob"))


def test_pages_go_on_where_the_one_before_ended(world: World) -> None:
    made = several(world)
    shown: list[str] = []
    span = Span()
    for _ in range(5):
        page = look(world, CAROL, Wanted(span=span), most=1)
        shown += [request.id for request in page.requests]
        if page.older is None:
            break
        assert page.older.request in shown, "a place in the history of what is nobody's business"
        span = Span(before=page.older)

    assert shown == [made[1], made[3], made[4]]


def test_what_is_looked_through_for_one_page_has_an_end_and_the_next_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "STEP", 2)
    monkeypatch.setattr(history, "LOOKED", 2)
    made = several(world)

    first = look(world, CAROL, Wanted(person=ALICE, words="none of this"))
    page = look(world, CAROL, Wanted(words="viewer"))

    assert (list(first.requests), first.cut, first.older) == ([], False, None)
    assert ([each.id for each in page.requests], page.cut) == ([made[3]], True)
    assert page.older is not None
    assert seen(world, CAROL, Wanted(span=Span(before=page.older))) == [made[4]]


def test_what_cannot_be_read_is_told_to_whom_it_concerns_alone_and_once(world: World) -> None:
    made = several(world)
    spoilt = world.store.request(made[3])
    place = Position(spoilt.filed, spoilt.id)
    spoil(world.store, spoilt)

    for who, damaged in ((CAROL, [place]), (GWEN, [place]), (ALICE, [])):
        found = look(world, who)
        assert list(found.damaged) == damaged
        with pytest.raises(NotFound):
            world.uses.facing.face(world.identity(who), spoilt.id, now=world.clock())
    pages = [look(world, CAROL, Wanted(span=Span(before=before)), most=1) for before in (None, Position(*place))]
    assert [len(page.damaged) for page in pages] == [0, 0]
    bobs = world.store.request(made[1])
    assert len(look(world, CAROL, Wanted(span=Span(before=Position(bobs.filed, bobs.id))), most=2).damaged) == 1
    spoil(world.store, spoilt, msgspec.json.encode(spoilt))
