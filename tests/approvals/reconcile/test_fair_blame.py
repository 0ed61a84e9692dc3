"""Whom a refusal of Google's is held against: nobody where the service itself may change nothing."""

from collections.abc import Iterable
from itertools import count

import pytest

from approvals.ports.targets import Binding, Forbidden, GranterError, PolicyChanged, Unsure
from approvals.requests import Request
from tests.approvals.reconcile.crowds import BINDING, CROWD, Refuses, Strict, asked, cap, crowded, states, wire
from tests.support.world import ALICE, BOB, CAROL, GWEN, World, policy

__all__ = ["crowded", "wire"]

WRITES = 12
BARRED = "roles/run.viewer"


def paired(world: World, person: str) -> Request:
    """An approved request of two roles."""
    request = world.file(person, "pair")
    world.press(BOB, request)
    world.press(CAROL, request)
    return request


def without_permission(while_: range, also: Refuses = lambda add, remove: None) -> Refuses:
    """The service may write nothing during these writes, counted from the next one."""
    numbers = count()

    def refuses(add: Iterable[Binding], remove: Iterable[Binding]) -> GranterError | None:
        if next(numbers) in while_:
            return Forbidden("needs setIamPolicy", needed="setIamPolicy")
        return also(add, remove)

    return refuses


@pytest.mark.parametrize("lost", range(WRITES))
def test_nobody_fails_for_a_permission_that_is_lost_in_the_middle_but_those_who_ask_for_what_is_refused(
    crowded: World, wire: Strict, lost: int
) -> None:
    """Whichever write it is from which on Google refuses them all, some minutes long."""
    over = asked(crowded, [GWEN], minutes=10)
    crowded.pass_()
    crowded.clock.advance(600)
    wire.refuses = without_permission(range(lost, lost + 8), also=cap(BARRED))
    bad = paired(crowded, ALICE)
    others = asked(crowded, CROWD[:5])
    crowded.passes(1200, step=5)

    assert (states(crowded, [bad]), states(crowded, others)) == ({"failed"}, {"active"})
    assert all(grant.removed for each in over for grant in crowded.read(each).grants)
    assert "run.viewer" in str(crowded.read(bad).grants[0].cause)


@pytest.mark.parametrize("back", range(1, WRITES))
def test_nobody_fails_for_a_permission_that_comes_back_in_the_middle(
    crowded: World, wire: Strict, back: int
) -> None:
    wire.refuses = without_permission(range(back))
    requests = [*asked(crowded, CROWD[:5]), paired(crowded, ALICE)]
    crowded.passes(1200, step=5)

    assert states(crowded, requests) == {"active"}


@pytest.mark.parametrize("error", [PolicyChanged("changed"), Unsure("503")], ids=["409", "503"])
def test_nobody_fails_while_it_is_not_known_that_google_takes_anything(
    crowded: World, wire: Strict, error: GranterError
) -> None:
    wire.refuses = cap(BARRED)
    bad = paired(crowded, ALICE)
    # What is refused is none of these: a write that adds nothing goes well before it, and does not after it.
    wire.writes = [None, error, *[Unsure("503")] * 9]
    crowded.reconciler.subject(BINDING)
    assert crowded.state(bad) == "activating"
    wire.writes = []
    crowded.passes(60)

    assert crowded.state(bad) == "failed"


def test_a_role_that_google_takes_from_others_is_not_named_as_refused(crowded: World, wire: Strict) -> None:
    """The bundle asks for two roles; somebody else's write has just shown that one of them can be changed."""
    ended = crowded.granted(GWEN, "pair")
    wire.refuses = cap(BARRED)
    crowded.end(GWEN, ended)
    bad = paired(crowded, ALICE)
    crowded.passes(60)

    (grant,) = crowded.read(bad).grants
    assert (grant.state, BARRED in str(grant.cause)) == ("failed", True)
    assert "objectViewer" not in str(grant.cause)


def test_what_another_request_asked_for_beside_it_is_not_named(crowded: World, wire: Strict) -> None:
    """Two requests of one person share the refused role; each is told of its own roles."""
    crowded.policy = policy(("roles: [roles/logging.viewer]", f"roles: [roles/logging.viewer, {BARRED}]"))
    wire.refuses = cap(BARRED)
    first, second = paired(crowded, ALICE), crowded.file(ALICE, "logs")
    crowded.passes(60)

    causes = [str(crowded.read(each).grants[0].cause) for each in (first, second)]
    assert all(BARRED in cause for cause in causes)
    assert ("logging" in causes[0], "objectViewer" in causes[1]) == (False, False)
