"""The review that an emergency has afterwards: who may do it, in which way, once, and why it says so."""

import msgspec
import pytest

from approvals.freezes import freezing
from approvals.people.principals import Accept
from tests.approvals.uses.test_break_glass import break_, broken, find, glass
from tests.support.frozen import freeze_part
from tests.support.pages import Visitors
from tests.support.world import ALICE, APPROVERS, BOB, CAROL, DAN, GWEN, World, policy, refused

__all__ = ["broken"]


REVIEWERS = [(ALICE, "after_review.self"), (GWEN, "after_review")]


@pytest.mark.parametrize(("who", "code"), REVIEWERS)
def test_only_somebody_else_whom_the_policy_names_reviews_it(broken: World, who: str, code: str) -> None:
    request = break_(broken)
    broken.people.groups[APPROVERS].add(ALICE)
    with refused(code):
        find(broken, who, request)

    assert broken.read(request).after_review is not None
    assert broken.read(request).after_review.finding is None  # type: ignore[union-attr]


def test_who_is_no_reviewer_any_more_reviews_nothing(broken: World) -> None:
    request = break_(broken)
    broken.people.groups[APPROVERS].discard(BOB)
    broken.clock.advance(120)
    with refused("after_review"):
        find(broken, BOB, request)


def test_where_people_decide_on_pages_alone_they_review_there(broken: World) -> None:
    request = break_(broken)
    pages = msgspec.structs.replace(broken.policy.identity, accept=Accept(decide="web"))
    broken.policy = msgspec.structs.replace(broken.policy, identity=pages)
    with refused("accept.decide"):
        find(broken, BOB, request)

    assert find(broken, BOB, request, by=Visitors(broken).identity(BOB)).after_review is not None


def test_who_is_frozen_reviews_nothing(broken: World) -> None:
    request = break_(broken)
    freeze_part(broken.store, "person", BOB, now=broken.clock())
    with refused("frozen"):
        find(broken, BOB, request)

    assert find(broken, CAROL, request).after_review is not None


def test_a_review_says_why(broken: World) -> None:
    request = break_(broken)
    with refused("after_review.why"):
        find(broken, BOB, request, why=" ")


def test_it_is_reviewed_once(broken: World) -> None:
    request = break_(broken)
    find(broken, BOB, request, justified=False, why="Nothing was down")
    for justified in (True, False):
        with refused("after_review.done"):
            find(broken, CAROL, request, justified=justified)
    with refused("after_review.done"):
        broken.uses.reviewing.look(broken.identity(CAROL), request.id, now=broken.clock())
    with refused("after_review.done"):
        find(broken, BOB, request)


def test_what_is_no_emergency_has_nothing_to_review(broken: World) -> None:
    request = broken.granted()
    with refused("after_review.none"):
        find(broken, BOB, request)


def test_a_review_needs_no_thaw(broken: World) -> None:
    request = break_(broken)
    freezing.freeze(broken.store, by="an administrator", why=None, now=broken.clock())

    assert find(broken, DAN, request).after_review is not None


def test_whoever_the_policy_names_when_it_is_reviewed_reviews_it(broken: World) -> None:
    request = break_(broken)
    broken.policy = glass(GWEN)
    with refused("after_review"):
        find(broken, BOB, request)
    find(broken, GWEN, request)


def test_where_the_policy_has_it_no_more_those_named_at_its_beginning_do(broken: World) -> None:
    request = break_(broken)
    broken.policy = policy()

    assert find(broken, BOB, request).after_review is not None


def test_its_buttons_are_shown_to_whoever_may_review_it_and_to_no_mere_viewer(broken: World) -> None:
    request = break_(broken)
    broken.policy = msgspec.structs.replace(broken.policy, auditors=(f"user:{GWEN}",))

    def finds(who: str) -> bool:
        return broken.uses.facing.face(Visitors(broken).identity(who), request.id, now=broken.clock()).finds

    assert [who for who in (ALICE, BOB, CAROL, GWEN) if finds(who)] == [BOB, CAROL]
    find(broken, BOB, request)
    assert not finds(CAROL)
