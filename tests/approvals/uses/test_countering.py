"""An approver offers less than what was asked, and whoever asked accepts it: nobody else, and nothing wider."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from approvals.auditing.story import story
from approvals.freezes import freezing
from approvals.people.principals import Accept
from approvals.requests import Request
from approvals.reviews import standing
from handlers.wording.history.story import moment
from handlers.wording.text.lines import plain
from sandbox.google import Google
from tests.approvals.reconcile.clouds import windows
from tests.support.builders import OTHER
from tests.support.world import ALICE, BOB, CAROL, DAN, GWEN, World, policy, refused

INCIDENT = """\
  - id: incident
    title: Incident response
    grants:
      - {resource: projects/payments-prod, roles: [roles/run.admin]}
      - {resource: projects/payments-data, roles: [roles/bigquery.user]}
    requesters: ["domain:example.com"]
    approval:
      - {approvers: ["group:approvers@example.com"], needed: 1}
"""
BUNDLE = ("  - id: logs\n", INCIDENT + "  - id: logs\n")
Act = Callable[[World, Request], object]


def frozen(world: World) -> None:
    freezing.freeze(world.store, by="os:root", why=None, now=world.clock())
    world.freeze.epoch()


def offered_while_frozen(world: World, request: Request) -> object:
    frozen(world)
    return world.offer(BOB, request, minutes=30)


def looked_at_while_frozen(world: World, request: Request) -> object:
    """The form is not opened either."""
    token = world.tokens.mint(request, act="review", now=world.clock())
    frozen(world)
    return world.uses.countering.look(world.identity(BOB), token, now=world.clock())


def by_page(world: World, **what: Any) -> None:
    """The policy takes that by a page alone from here on; everybody here is in a chat."""
    rules = msgspec.structs.replace(world.policy.identity, accept=Accept(**what))
    world.policy = msgspec.structs.replace(world.policy, identity=rules)


def offered_after(*acts: Act) -> Act:
    def offered(world: World, request: Request) -> object:
        token = world.tokens.mint(request, act="review", now=world.clock())
        for act in acts:
            act(world, request)
        return world.offer(BOB, request, minutes=30, token=token)

    return offered


def late(world: World, request: Request) -> None:
    world.clock.advance(3 * 3600)


def often(world: World, request: Request) -> object:
    for _ in range(20):
        world.offer(BOB, request, minutes=30)
    return world.offer(BOB, request, minutes=30)


def replayed(world: World, request: Request) -> object:
    """A card of the revision before."""
    token = world.tokens.mint(request, act="review", now=world.clock())
    world.offer(BOB, request, minutes=30)
    world.accept(ALICE, request)
    return world.offer(BOB, request, minutes=10, token=token)


OFFERS: dict[str, tuple[Act, str]] = {
    "by whoever asked": (lambda w, r: w.offer(ALICE, r, minutes=30), "self.decide"),
    "by whoever may not decide": (lambda w, r: w.offer(GWEN, r, minutes=30), "not_approver"),
    "the same": (lambda w, r: w.offer(BOB, r), "counter.same"),
    "the same by its time": (lambda w, r: w.offer(BOB, r, minutes=60, keep=(0, 1)), "counter.same"),
    "more time": (lambda w, r: w.offer(BOB, r, minutes=61), "counter.wider"),
    "more time for less": (lambda w, r: w.offer(BOB, r, minutes=61, keep=(0,)), "counter.wider"),
    "no time": (lambda w, r: w.offer(BOB, r, minutes=0), "duration.short"),
    "nothing": (lambda w, r: w.offer(BOB, r, keep=()), "counter.targets"),
    "another target": (lambda w, r: w.offer(BOB, r, keep=(0, 2)), "counter.targets"),
    "a target before the first": (lambda w, r: w.offer(BOB, r, keep=(-1,)), "counter.targets"),
    "while all is frozen": (offered_while_frozen, "frozen"),
    "by a form while all is frozen": (looked_at_while_frozen, "frozen"),
    "in the chat, not by page": (offered_after(lambda w, _: by_page(w, decide="web")), "accept.decide"),
    "on what is decided": (offered_after(lambda w, r: w.press(CAROL, r, "deny", comment="no")), "decided"),
    "on what is withdrawn": (
        offered_after(lambda w, r: w.uses.ending.withdraw(w.identity(ALICE), r.id, now=w.clock())),
        "decided",
    ),
    "too late": (offered_after(late), "token_expired"),
    "too often": (often, "counter.many"),
    "by a card of the revision before": (replayed, "token.revision"),
}


@pytest.fixture
def asked(world: World, cloud: Google) -> Request:
    cloud.add(OTHER)
    world.policy = policy(BUNDLE)
    return world.file(ALICE, "incident")


@pytest.mark.parametrize("what", OFFERS)
def test_what_cannot_be_offered_is_refused(world: World, asked: Request, what: str) -> None:
    act, code = OFFERS[what]

    with refused(code):
        act(world, asked)


def accepted_by(who: str) -> Act:
    def accepted(world: World, request: Request) -> object:
        world.offer(BOB, request, minutes=30)
        return world.accept(who, request)

    return accepted


def accepted_stale(world: World, request: Request) -> object:
    """Another offer has come meanwhile, of less."""
    world.offer(BOB, request, minutes=30)
    token = world.tokens.mint(world.read(request), act="accept", now=world.clock())
    world.offer(CAROL, request, minutes=10)
    return world.accept(ALICE, request, token=token)


def accepted_after(act: Act) -> Act:
    def accepted(world: World, request: Request) -> object:
        world.offer(BOB, request, minutes=30)
        token = world.tokens.mint(world.read(request), act="accept", now=world.clock())
        act(world, request)
        return world.accept(ALICE, request, token=token)

    return accepted


def accepted_by_a_card(world: World, request: Request) -> object:
    world.offer(BOB, request, minutes=30)
    return world.accept(ALICE, request, token=world.tokens.mint(request, act="review", now=world.clock()))


ACCEPTED: dict[str, tuple[Act, str]] = {
    "by an approver": (accepted_by(BOB), "counter.yours"),
    "by another": (accepted_by(GWEN), "counter.yours"),
    "what nobody offers": (lambda w, r: w.accept(ALICE, r), "counter.none"),
    "what is not offered any more": (accepted_stale, "changed"),
    "what was denied": (accepted_after(lambda w, r: w.press(CAROL, r, "deny", comment="no")), "decided"),
    "what was approved": (accepted_after(lambda w, r: w.press(CAROL, r)), "decided"),
    "while all is frozen": (accepted_after(lambda w, _: frozen(w)), "frozen"),
    "in the chat, not by page": (accepted_after(lambda w, _: by_page(w, request="web")), "accept.request"),
    "by a token that decides": (accepted_by_a_card, "token"),
}


@pytest.mark.parametrize("what", ACCEPTED)
def test_what_cannot_be_accepted_is_refused(world: World, asked: Request, what: str) -> None:
    act, code = ACCEPTED[what]

    with refused(code):
        act(world, asked)

    assert world.read(asked).revision == 1


def test_a_token_that_accepts_decides_nothing(world: World, asked: Request) -> None:
    world.offer(BOB, asked, minutes=30)
    token = world.tokens.mint(world.read(asked), act="accept", now=world.clock())

    with refused("token"):
        world.vote_by_token(world.identity(CAROL), token)


def test_until_it_is_accepted_the_request_waits_as_it_is(world: World, asked: Request) -> None:
    world.offer(BOB, asked, minutes=30, keep=(0,))
    world.press(BOB, asked)

    found = world.read(asked)
    assert (found.state, found.revision, len(found.grants)) == ("approved", 1, 2)
    assert found.grants[0].window.end - found.grants[0].window.start == timedelta(hours=1)


def test_what_is_accepted_is_what_is_asked_from_then_on_and_gives_no_more(
    world: World, asked: Request, cloud: Google
) -> None:
    world.offer(BOB, asked, minutes=30, keep=(1,), why="The data is enough")
    before = asked.terms.expires
    world.accept(ALICE, asked)
    found = world.read(asked)
    assert (found.state, found.revision, found.counter) == ("pending", 2, None)
    assert (found.terms.duration, found.terms.expires) == (timedelta(minutes=30), before)
    assert [target.resource for target in found.terms.targets] == [OTHER]  # type: ignore[union-attr]
    assert found.former[0].digest == asked.digest != found.digest

    world.press(BOB, found)
    world.pass_()

    assert world.state(found) == "active"
    assert windows(cloud) == []
    (made,) = cloud.policies()[OTHER]["bindings"]
    assert made["role"] == "roles/bigquery.user"
    assert "10:30:00Z" in made["condition"]["expression"]


def test_what_was_asked_first_is_told_as_it_was(world: World, asked: Request) -> None:
    world.offer(BOB, asked, minutes=30)
    world.accept(ALICE, asked)
    found = world.read(asked)

    happened = story(found, list(world.store.entries(found.id)))
    assert happened is not None
    assert " for 1 hour, " in plain(moment(found, happened[0], None).sentence)


def test_the_offer_is_no_vote_and_votes_from_before_count_no_more(world: World) -> None:
    request = world.file(ALICE, "pair")
    world.press(CAROL, request)
    world.offer(BOB, request, minutes=30)
    world.accept(ALICE, request)

    found = world.read(request)
    assert (standing(found.reviews), [each.person for each in found.former[0].reviews]) == ((), [CAROL])
    world.press(BOB, found)
    assert world.read(request).state == "pending"
    world.press(CAROL, world.read(request))
    assert world.read(request).state == "approved"


@pytest.mark.parametrize("who", [BOB, DAN])
def test_buttons_of_the_revision_before_decide_nothing(world: World, asked: Request, who: str) -> None:
    token = world.tokens.mint(asked, act="review", now=world.clock())
    world.offer(BOB, asked, minutes=30)
    world.accept(ALICE, asked)

    with refused("token.revision"):
        world.vote_by_token(world.identity(who), token)
    assert world.read(asked).state == "pending"


def test_an_offer_that_is_accepted_twice_is_accepted_once(world: World, asked: Request) -> None:
    world.offer(BOB, asked, minutes=30)
    token = world.tokens.mint(world.read(asked), act="accept", now=world.clock())
    first = world.accept(ALICE, asked, token=token)

    assert world.accept(ALICE, asked, token=token).version == first.version
    assert world.actions(asked) == ["request.filed", "request.countered", "request.accepted"]


def test_a_second_offer_takes_the_place_of_the_first_and_is_narrowed_again(world: World, asked: Request) -> None:
    world.offer(BOB, asked, minutes=30)
    world.offer(CAROL, asked, minutes=20)
    world.accept(ALICE, asked)
    world.offer(BOB, asked, minutes=10)
    with refused("counter.wider"):
        world.offer(BOB, asked, minutes=21)
    world.accept(ALICE, asked)

    found = world.read(asked)
    assert (found.revision, found.terms.duration) == (4, timedelta(minutes=10))
    assert [(each.revision, each.offer.by) for each in found.former] == [(1, CAROL), (3, BOB)]


def test_what_waits_while_nobody_accepts_expires_when_it_would_have(world: World, asked: Request) -> None:
    world.offer(BOB, asked, minutes=30)
    world.passes((asked.terms.expires - world.clock()).total_seconds() + 1, step=600)

    assert world.read(asked).state == "expired"


def test_messages_follow_the_revision_and_approvers_are_told_of_it_once(world: World, asked: Request) -> None:
    world.pass_()
    world.offer(BOB, asked, minutes=30)
    world.pass_()
    (status,) = world.room.of(asked.id, "status")
    world.uses.countering.accept(world.identity(ALICE), status.token, now=world.clock())
    world.pass_()

    (card,) = world.room.of(asked.id, "card")
    turns = world.room.turns
    assert (len(turns), world.room.of(asked.id, "status")[0].token) == (2, "")
    world.vote_by_token(world.identity(DAN), card.token)
    assert world.read(asked).state == "approved"
