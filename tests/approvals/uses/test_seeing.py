"""Administrators and auditors look at everything, take it away as a file, and get nothing else by it."""

from collections.abc import Sequence

import msgspec
import pytest

from approvals.ports.store import Sought, Span, Stretch
from approvals.refusals.errors import NotFound, Unavailable
from approvals.uses import history, walking
from approvals.uses.history import Wanted
from tests.approvals.people.test_service_accounts import NAMED, ROBOT, asking
from tests.approvals.uses.test_history import ANYTHING, look, seen, several
from tests.support.pages import Visitors
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, GWEN, World, policy


def looked_at_by(world: World, *selectors: str, role: str = "auditors") -> None:
    world.policy = msgspec.structs.replace(world.policy, **{role: selectors})


@pytest.mark.parametrize("role", ["administrators", "auditors"])
def test_administrators_and_auditors_look_at_everything_and_decide_nothing_by_that(
    world: World, role: str
) -> None:
    made = several(world)
    assert seen(world, GWEN) != made

    looked_at_by(world, f"user:{GWEN}", role=role)

    found = look(world, GWEN)
    assert ([each.id for each in found.requests], found.everything) == (made, True)
    for request in made:
        faced = world.uses.facing.face(world.identity(GWEN), request, now=world.clock())
        assert not any(faced.would_count(verdict) for verdict in ("approve", "deny", "take_back"))
    for wanted, fitting in (
        (Wanted(person=ALICE), [made[2], made[4]]),
        (Wanted(entitlement="logs"), [made[0], made[2]]),
        (Wanted(person=ALICE, entitlement="logs"), [made[2]]),
        (Wanted(words=made[3]), [made[3]]),
        (Wanted(words=made[3], person=BOB), []),
        (Wanted(words=made[3], standing="denied"), []),
        (Wanted(words=made[3], span=Span(until=world.store.request(made[3]).filed)), []),
        (Wanted(words="r-0000000000"), []),
    ):
        assert seen(world, GWEN, wanted) == fitting, wanted


def test_neither_a_guest_nor_a_service_account_looks_at_everything_whatever_group_it_is_in(world: World) -> None:
    world.policy = policy(*NAMED, ("  domains: [example.com]\n", "  domains: [example.com]\n  guests: request\n"))
    looked_at_by(world, "group:audit@example.com")
    world.people.groups["audit@example.com"] = {GWEN, ROBOT, CAROL}
    asked = asking(world)
    robot = Visitors(world).identity(ROBOT, purpose="request", hd=None)
    guest = world.identity(GWEN, guest=True)

    for who, answer in ((robot, "no"), (guest, "no"), (world.identity(CAROL), "yes")):
        assert world.uses.seeing.everything(who, now=world.clock()) == answer
    other = world.file(ALICE)
    assert [each.id for each in world.uses.history.look(robot, ANYTHING, most=9, now=world.clock()).requests] == [
        asked.id
    ]
    with pytest.raises(NotFound):
        world.uses.facing.face(robot, other.id, now=world.clock())


def test_while_nobody_knows_who_audits_nobody_sees_more_and_no_file_passes_for_whole(world: World) -> None:
    looked_at_by(world, "group:audit@example.com")
    made = several(world)
    identity = world.identity(GWEN)
    world.people.down = True

    found = world.uses.history.look(identity, ANYTHING, most=50, now=world.clock())
    assert {each.requester for each in found.requests} == {GWEN}
    assert (found.unsure, found.everything) == (True, False)
    with pytest.raises(Unavailable):
        world.uses.history.export(identity, ANYTHING, form="csv", now=world.clock())

    world.people.down = False
    world.people.groups["audit@example.com"] = {GWEN}
    world.clock.advance(120)
    assert seen(world, GWEN) == made


def test_a_guest_among_the_approvers_looks_at_nobody_elses_requests(world: World) -> None:
    """Guests decide nothing, so what others ask for is nothing to them; what they asked for themselves is."""
    world.policy = policy(("  domains: [example.com]\n", "  domains: [example.com]\n  guests: request\n"))
    world.people.groups[APPROVERS].add(GWEN)
    others = world.file(ALICE)
    guest = world.identity(GWEN, guest=True)
    own = world.file(GWEN, "pair")

    found = world.uses.history.look(guest, ANYTHING, most=9, now=world.clock())
    named = world.uses.history.look(guest, Wanted(words=others.id), most=9, now=world.clock())
    taken = list(world.uses.history.export(guest, ANYTHING, form="csv", now=world.clock()))

    assert ([each.id for each in found.requests], list(named.requests)) == ([own.id], [])
    assert [each.id for stretch in taken for each in stretch.requests] == [own.id]
    with pytest.raises(NotFound):
        world.uses.facing.face(guest, others.id, now=world.clock())


def test_while_a_group_of_auditors_does_not_answer_nobody_looks_by_it_and_that_is_said(world: World) -> None:
    asked = world.file(ALICE, "logs")
    looked_at_by(world, "group:audit@example.com")
    world.people.groups["audit@example.com"] = {GWEN}
    world.restart()
    identity = world.identity(GWEN)
    world.people.down = True

    found = world.uses.history.look(identity, ANYTHING, most=50, now=world.clock())
    assert (list(found.requests), found.everything, found.unsure) == ([], False, True)
    with pytest.raises(Unavailable):
        world.uses.facing.face(identity, asked.id, now=world.clock())
    world.people.down = False
    assert seen(world, GWEN) == [asked.id]


def test_what_is_taken_away_is_told_first_and_then_read_piece_by_piece(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "STEP", 2)
    made = several(world)
    looked_at_by(world, f"user:{GWEN}")
    asked: list[object] = []
    read = world.store.history

    def counted(sought: Sequence[Sought], *, span: Span, limit: int) -> Stretch:
        asked.append(span)
        return read(sought, span=span, limit=limit)

    monkeypatch.setattr(world.store, "history", counted)
    said = Wanted(words="secret", entitlement="a secret word")
    assert list(world.uses.history.export(world.identity(GWEN), said, form="csv", now=world.clock()))
    assert "secret" not in str(world.store.entries("")[-1].detail)
    asked.clear()
    pieces = world.uses.history.export(world.identity(GWEN), Wanted(words="secret"), form="csv", now=world.clock())

    entry = world.store.entries("")[-1]
    assert (entry.actor, entry.action, asked) == (GWEN, history.EXPORTED, [])
    assert "secret" not in str(entry.detail)
    next(pieces)
    assert len(asked) == 1
    whole = world.uses.history.export(world.identity(GWEN), ANYTHING, form="csv", now=world.clock())
    assert [each.id for piece in whole for each in piece.requests] == made


def test_what_might_lack_something_is_not_taken_away(world: World) -> None:
    world.restart()
    identity, before = world.identity(BOB), len(world.store.entries(""))
    world.people.down = True

    with pytest.raises(Unavailable):
        world.uses.history.export(identity, ANYTHING, form="csv", now=world.clock())
    assert len(world.store.entries("")) == before
