"""While everything is frozen nobody asks, votes or decides, by any way in; what takes away goes on."""

from collections.abc import Callable
from typing import Any

import pytest

from approvals.changes import Change
from approvals.epochs import EPOCH
from approvals.freezes import freezing
from approvals.parts import PARTS
from approvals.requests import Request
from approvals.reviews import typed
from handlers.slack.identity import SlackAccount
from tests.support.refunds import Till
from tests.support.world import ALICE, BOB, CAROL, GWEN, World, policy, refused

STOPPED = (
    "request.filed",
    "review.",
    "request.approved",
    "request.denied",
    "request.confirmed",
    "request.used",
)
"""What a freeze stops, by what the chain calls it."""


def freeze(world: World, why: str = "INC-7") -> None:
    reason = typed(why, salt="s" * 16) if why else None
    assert freezing.freeze(world.store, by="os:root", why=reason, now=world.clock()) is not None


def thaw(world: World) -> None:
    assert freezing.thaw(world.store, by="os:root", why=None, now=world.clock()) is not None


WAYS: dict[str, Callable[[World, Request], object]] = {
    "ask": lambda world, _: world.file(GWEN),
    "ask for what nobody else approves": lambda world, _: world.file(GWEN, "logs"),
    "replace": lambda world, one: world.uses.asking.replace(
        world.identity(ALICE), world.ask("pair"), older=one.id, key="another", now=world.clock()
    ),
    "approve": lambda world, one: world.press(CAROL, one),
    "sign": lambda world, one: world.press(CAROL, one, printed_name="Carol", meaning="I approve"),
    "deny": lambda world, one: world.press(CAROL, one, "deny"),
    "look before signing": lambda world, one: world.look(CAROL, one),
    "look before denying": lambda world, one: world.look(CAROL, one, "deny"),
    "take back by the card": lambda world, one: world.press(BOB, one, "take_back"),
    "take back by the request": lambda world, one: world.uses.deciding.take_back(
        world.identity(BOB), one.id, now=world.clock()
    ),
}


@pytest.mark.parametrize("known", [True, False], ids=["known", "not known yet"])
@pytest.mark.parametrize("way", WAYS)
def test_what_a_freeze_stops_is_refused_by_every_way_in_and_leaves_nothing(
    world: World, way: str, *, known: bool
) -> None:
    request = world.file(ALICE, "pair")
    world.press(BOB, request)
    if not known:
        world.restart()
    before = {chain: len(world.store.entries(chain)) for chain in world.store.chains()}
    freeze(world)

    for _ in range(2):
        with refused("frozen"):
            WAYS[way](world, world.read(request))

    world.pass_()
    del before[""]
    assert {chain: len(world.store.entries(chain)) for chain in world.store.chains() if chain} == before
    thaw(world)
    WAYS[way](world, world.read(request))


def test_what_takes_away_goes_on_in_a_freeze(world: World) -> None:
    ended, revoked, over = (
        world.granted(GWEN, minutes=60),
        world.granted(ALICE),
        world.granted(BOB, "logs", minutes=5),
    )
    withdrawn, expires = world.file(ALICE, "pair"), world.file(GWEN, "pair")
    freeze(world)

    world.end(GWEN, ended)
    world.end(CAROL, revoked)
    world.uses.ending.withdraw(world.identity(ALICE), withdrawn.id, now=world.clock())
    world.passes(600)

    assert [world.state(each) for each in (ended, revoked, over)] == ["ended", "revoked", "ended"]
    assert all(grant.removed for each in (ended, revoked, over) if (grant := world.read(each).grant))
    assert world.read(withdrawn).state == "withdrawn"
    world.passes(8 * 3600, step=600)
    assert world.read(expires).state == "expired"


def test_what_a_repeat_finds_it_finds_in_a_freeze(world: World) -> None:
    request = world.file(ALICE, "pair", key="form")
    world.press(BOB, request)
    freeze(world)

    assert world.file(ALICE, "pair", key="form").id == request.id
    assert world.press(BOB, world.read(request)).repeated


def test_late_evidence_decides_nothing_in_a_freeze_and_does_after_it(world: World) -> None:
    request = world.file(ALICE, "pair")
    world.press(BOB, request)
    world.press_unchecked(CAROL, request)
    freeze(world)

    world.passes(60)
    assert world.read(request).state == "pending"

    thaw(world)
    world.passes(15)
    assert world.read(request).state == "approved"


def test_what_was_looked_up_before_a_freeze_that_came_and_went_decides_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever freezes mends the policy and thaws: by the one before nothing is approved any more."""
    request = world.file(ALICE, "pair")
    world.press(BOB, request)
    world.press_unchecked(CAROL, request)
    world.restart()
    look_up = world.people.account

    def meanwhile(ref: str, *, timeout: float) -> SlackAccount:
        if world.policy == policy():
            freeze(world)
            world.policy = policy(("needed: 2", "needed: 3"))
            thaw(world)
        return look_up(ref, timeout=timeout)

    monkeypatch.setattr(world.people, "account", meanwhile)
    world.pass_()

    assert world.policy != policy()
    assert world.read(request).state == "pending"


def test_an_expiry_goes_on_though_late_evidence_waits(world: World) -> None:
    request = world.file(ALICE, "pair")
    world.press(BOB, request)
    world.press_unchecked(CAROL, request)
    freeze(world)

    world.passes(8 * 3600, step=600)

    assert world.read(request).state == "expired"


def test_every_change_that_a_freeze_stops_holds_on_to_what_is_frozen_and_no_other_does(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Change] = []
    create, commit = world.store.create, world.store.commit

    def created(change: Change, *, key: str, older: Change | None) -> Request:
        seen.extend(each for each in (change, older) if each is not None)
        return create(change, key=key, older=older)

    def committed(change: Change) -> None:
        seen.append(change)
        commit(change)

    monkeypatch.setattr(world.store, "create", created)
    monkeypatch.setattr(world.store, "commit", committed)
    everything_that_happens(world)
    everything_that_applications_do(world)

    actions = {entry.action for change in seen for entry in change.entries}
    assert actions >= {"request.filed", "review.approve", "review.deny", "review.take_back", "request.approved"}
    assert actions >= {"request.denied", "request.withdrawn", "request.expired", "grant.ended", "grant.removed"}
    assert actions >= {"request.confirmed", "request.used", "request.lapsed"}
    for change in seen:
        stopped = any(entry.action.startswith(STOPPED) for entry in change.entries)
        assert [guard.name for guard in change.guards] == ([EPOCH, PARTS] if stopped else []), change.entries


def everything_that_applications_do(world: World) -> None:
    till = Till(world)
    world.end(CAROL, till.approved())
    till.withdraw(till.ask())
    late = till.approved()
    world.passes(601)
    assert world.read(late).state == "lapsed"
    till.confirmed_and_used()
    till.judged("allow").ask()


def everything_that_happens(world: World) -> None:
    denied, late, withdrawn = world.file(GWEN), world.file(ALICE, "pair"), world.file(GWEN, "pair")
    world.press(CAROL, denied, "deny")
    world.press(BOB, late)
    world.press(BOB, world.read(late), "take_back")
    world.press(BOB, world.read(late))
    world.press_unchecked(CAROL, late)
    world.uses.ending.withdraw(world.identity(GWEN), withdrawn.id, now=world.clock())
    world.end(ALICE, world.granted(ALICE))
    world.granted(BOB, "logs", minutes=5)
    WAYS["replace"](world, world.file(ALICE, "pair"))
    world.file(GWEN)
    world.passes(9 * 3600, step=1200)


# --- a decision that was read before


def freezing_at(world: World, monkeypatch: pytest.MonkeyPatch, name: str, *moves: Callable[[World], None]) -> None:
    """Freeze, or freeze and thaw, just before the next write of this name goes to the store."""
    write = getattr(world.store, name)

    def late(*arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(world.store, name, write)
        for move in moves:
            move(world)
        return write(*arguments, **options)

    monkeypatch.setattr(world.store, name, late)


@pytest.mark.parametrize("way", [way for way in WAYS if not way.startswith("look")])
def test_a_decision_that_was_read_before_a_freeze_and_commits_after_it_fails(
    world: World, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    request = world.file(ALICE, "pair")
    world.press(BOB, request)
    before = world.read(request)
    files = way.startswith(("ask", "replace"))
    freezing_at(world, monkeypatch, "create" if files else "commit", freeze)

    with refused("frozen"):
        WAYS[way](world, before)

    assert world.read(request) == before
    assert len(list(world.store.chains())) == 2


@pytest.mark.parametrize("way", [way for way in WAYS if not way.startswith("look")])
def test_a_freeze_that_is_over_by_the_commit_keeps_nobody_from_deciding(
    world: World, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    request = world.file(ALICE, "pair")
    world.press(BOB, request)
    files = way.startswith(("ask", "replace"))
    freezing_at(world, monkeypatch, "create" if files else "commit", freeze, thaw)

    WAYS[way](world, world.read(request))

    assert world.read(request).version > 2 or len(list(world.store.chains())) > 2


def test_late_evidence_that_was_read_before_a_freeze_approves_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = world.file(ALICE, "pair")
    world.press(BOB, request)
    world.press_unchecked(CAROL, request)
    freezing_at(world, monkeypatch, "commit", freeze)

    world.passes(30)

    assert freezing.read(world.store).frozen
    assert world.read(request).state == "pending"
