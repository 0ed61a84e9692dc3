"""While one entitlement or one person is frozen nothing of theirs is asked, decided or given; all else goes on."""

from collections.abc import Callable

import pytest

from approvals.freezes import parting
from approvals.guards import Guard
from approvals.parts import PARTS, Kind
from approvals.refusals.errors import Unavailable
from approvals.requests import Request
from sandbox.google import Google
from tests.approvals.freezes.test_freezing import WAYS, freezing_at
from tests.approvals.reconcile.clouds import bindings, in_force
from tests.support.direct import Wire
from tests.support.frozen import freeze_part, thaw_part
from tests.support.refunds import Till
from tests.support.world import ALICE, BOB, CAROL, DAN, GWEN, World, policy, refused

ASKS = {"ask", "ask for what nobody else approves"}
BY_CAROL = {"approve", "sign", "deny", "look before signing", "look before denying"}
BY_BOB = {way for way in WAYS if way.startswith("take back")}

STOPPED: dict[tuple[Kind, str], set[str]] = {
    ("entitlement", "pair"): set(WAYS) - ASKS,
    ("entitlement", "admin"): {"ask"},
    ("entitlement", "logs"): {"ask for what nobody else approves"},
    ("person", ALICE): set(WAYS) - ASKS,
    ("person", GWEN): ASKS,
    ("person", CAROL): BY_CAROL,
    ("person", BOB): BY_BOB,
}


def freeze(world: World, part: tuple[Kind, str]) -> None:
    freeze_part(world.store, *part, now=world.clock())


def thaw(world: World, part: tuple[Kind, str]) -> None:
    thaw_part(world.store, *part, now=world.clock())


def code(part: tuple[Kind, str], way: str) -> str:
    """What whoever goes this way is told: who is frozen is told so of themselves."""
    own = {ALICE: {"replace"}, GWEN: ASKS, CAROL: BY_CAROL, BOB: BY_BOB}.get(part[1], set())
    return "frozen.you" if way in own else f"frozen.{part[0]}"


def followed(world: World) -> None:
    """What the service does within some seconds of it."""
    assert world.freeze.moved()
    world.reconciler.look_at_waiting()


def asked(world: World) -> Request:
    request = world.file(ALICE, "pair")
    world.press(BOB, request)
    return world.read(request)


@pytest.mark.parametrize("part", STOPPED, ids=lambda part: part[1])
@pytest.mark.parametrize("way", WAYS)
def test_what_it_stops_is_refused_by_every_way_in_and_nothing_else_is(
    world: World, way: str, part: tuple[Kind, str]
) -> None:
    request = asked(world)
    world.restart()
    freeze(world, part)
    if way not in STOPPED[part]:
        WAYS[way](world, request)
        return
    before = {chain: len(world.store.entries(chain)) for chain in world.store.chains() if chain}

    for _ in range(2):
        with refused(code(part, way)):
            WAYS[way](world, world.read(request))

    assert {chain: len(world.store.entries(chain)) for chain in world.store.chains() if chain} == before
    thaw(world, part)
    WAYS[way](world, world.read(request))


WRITES = [(part, way) for part, ways in STOPPED.items() for way in sorted(ways) if not way.startswith("look")]


@pytest.mark.parametrize(("part", "way"), WRITES, ids=lambda each: each if isinstance(each, str) else each[1])
def test_a_decision_that_was_read_before_it_and_commits_after_it_is_not_kept(
    world: World, monkeypatch: pytest.MonkeyPatch, part: tuple[Kind, str], way: str
) -> None:
    request = asked(world)
    files = way.startswith(("ask", "replace"))
    freezing_at(world, monkeypatch, "create" if files else "commit", lambda world: freeze(world, part))

    with refused(code(part, way)):
        WAYS[way](world, request)

    assert world.read(request) == request
    assert len(list(world.store.chains())) == 2


@pytest.mark.parametrize("part", [("entitlement", "pair"), ("person", ALICE), ("person", BOB), ("person", CAROL)])
def test_late_evidence_decides_nothing_meanwhile_and_does_after_it(world: World, part: tuple[Kind, str]) -> None:
    request = asked(world)
    world.press_unchecked(CAROL, request)
    freeze(world, part)
    followed(world)

    world.passes(60)
    assert world.read(request).state == "pending"

    thaw(world, part)
    followed(world)
    world.passes(15)
    assert world.read(request).state == "approved"


def test_the_vote_of_somebody_frozen_counts_for_nothing_meanwhile(world: World) -> None:
    request = asked(world)
    freeze(world, ("person", BOB))
    followed(world)

    world.press(CAROL, request)
    assert world.read(request).state == "pending"
    world.press(DAN, world.read(request))

    decision = world.read(request).decision
    assert decision is not None
    assert (decision.outcome, decision.by) == ("approved", (CAROL, DAN))


@pytest.mark.parametrize("part", [("entitlement", "admin"), ("person", ALICE)])
def test_what_takes_away_goes_on(world: World, cloud: Google, part: tuple[Kind, str]) -> None:
    ended, withdrawn = world.granted(), world.file()
    freeze(world, part)

    world.uses.ending.withdraw(world.identity(ALICE), withdrawn.id, now=world.clock())
    world.end(ALICE, ended)
    world.passes(60)

    assert (world.state(ended), world.read(withdrawn).state, bindings(cloud)) == ("ended", "withdrawn", [])


@pytest.mark.parametrize("part", [("entitlement", "admin"), ("person", ALICE)])
def test_a_frozen_approver_still_takes_access_away(world: World, part: tuple[Kind, str]) -> None:
    request = world.granted()
    freeze(world, part)
    freeze(world, ("person", BOB))

    world.end(BOB, request)

    assert world.state(request) == "revoked"


@pytest.mark.parametrize("part", [("entitlement", "admin"), ("person", ALICE)])
@pytest.mark.parametrize("when", ["before the plan", "just before the write"])
def test_what_was_approved_is_not_given_meanwhile_and_what_others_have_is(
    world: World, cloud: Google, wire: Wire, part: tuple[Kind, str], when: str
) -> None:
    first, other = world.file(), world.file(GWEN, "logs")
    world.press(BOB, first)
    if when == "before the plan":
        freeze(world, part)
    else:
        wire.reads = [lambda: freeze(world, part)]

    world.passes(60)

    assert (world.state(first), world.state(other)) == ("activating", "active")
    assert [each["members"] for each in bindings(cloud)] == [[f"user:{GWEN}"]]
    thaw(world, part)
    world.passes(60)
    assert world.state(first) == "active"


def test_access_that_stands_is_not_cut_and_what_extends_it_waits(world: World, cloud: Google) -> None:
    first = world.granted()
    later = world.extend(ALICE, first)
    world.press(BOB, later)
    freeze(world, ("person", ALICE))
    world.passes(60)

    assert in_force(cloud, world.clock())
    assert (world.state(first), world.state(later)) == ("active", "activating")


SMITH = "a.smith@example.com"
ALIASES = "  aliases: {alice@example.com: [a.smith@example.com]}\n"


def test_what_was_approved_under_an_address_that_is_an_alias_only_since_the_freeze_is_not_given(
    world: World, cloud: Google
) -> None:
    world.policy = policy((ALIASES, ""))
    world.people.join(SMITH)
    given = world.file(SMITH, "logs")
    freeze(world, ("person", ALICE))
    world.policy = policy()

    world.passes(60)

    assert (world.state(given), bindings(cloud)) == ("activating", [])


def test_whoever_is_frozen_stays_so_under_an_address_that_is_the_main_one_since(world: World) -> None:
    freeze(world, ("person", ALICE))
    world.people.join(SMITH)
    world.policy = policy(
        (ALIASES, f"  aliases: {{{SMITH}: [{ALICE}]}}\n"), ("[alice@example.com, bob", f"[{SMITH}, bob")
    )

    for person in (SMITH, ALICE):
        with refused("frozen.you"):
            world.file(person)


WAYS_OF_APPLICATIONS: dict[str, Callable[[Till, Request], object]] = {
    "ask": lambda till, _: till.ask(),
    "ask for what a guardrail allows": lambda till, _: till.judged("allow").ask(),
    "use": lambda till, one: till.consume(one),
}


@pytest.mark.parametrize("part", [("entitlement", "refund"), ("person", ALICE)])
@pytest.mark.parametrize("way", WAYS_OF_APPLICATIONS)
def test_applications_ask_and_use_nothing_of_it(world: World, way: str, part: tuple[Kind, str]) -> None:
    till = Till(world)
    approved = till.approved()
    freeze(world, part)

    with refused(f"frozen.{part[0]}"):
        WAYS_OF_APPLICATIONS[way](till, approved)

    thaw(world, part)
    WAYS_OF_APPLICATIONS[way](till, approved)


def test_another_reason_takes_the_place_of_the_one_before(world: World) -> None:
    freeze(world, ("person", ALICE))
    part = parting.read(world.store).parts[0]

    assert parting.freeze(world.store, part, now=world.clock()) is None
    freeze_part(world.store, "person", ALICE, now=world.clock(), why="INC-8")

    assert [each.why for each in parting.read(world.store).parts] == ["INC-8"]
    assert parting.thaw(world.store, "person", GWEN, by="os:root", why=None, now=world.clock()) is None
    assert [entry.action for entry in world.store.entries("")] == ["part.frozen", "part.frozen"]


def test_what_cannot_be_read_is_frozen_until_somebody_thaws_it(world: World) -> None:
    told = {"of": "entitlement", "name": "admin"}
    guard, now = Guard(name=PARTS, value=0), world.clock()
    world.store.advance(guard, body=b"{", at=now, actor="os:root", action=parting.FROZEN, detail=told)

    with pytest.raises(Unavailable):
        world.file()
    thaw(world, ("entitlement", "admin"))
    world.file()
