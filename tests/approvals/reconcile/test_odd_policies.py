"""A policy that Google shows in another way than it documents: nothing is made of it, and people are told."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest

from handlers.wording.refusing.refusals import worded
from sandbox.google import Google
from sandbox.google.policies import view
from tests.approvals.reconcile.clouds import FOREIGN
from tests.support.builders import RESOURCE
from tests.support.direct import Wire, direct_iam
from tests.support.world import ALICE, BOB, CAROL, World

Policy = dict[str, Any]
LOGS = "roles/logging.viewer"


class Showing:
    """Stands around the REST client: what Google shows of a policy passes through `shows` first."""

    def __init__(self, rest: Any) -> None:
        self._rest = rest
        self.shows: Callable[[Policy], Any] = lambda policy: policy

    def call(self, prepare: Callable[[Any], Any], *, timeout: float, reason: str = "") -> Mapping[str, Any]:
        answer: Policy = self._rest.call(prepare, timeout=timeout, reason=reason)
        return cast("Policy", self.shows(answer))


@pytest.fixture
def showing(cloud: Google) -> Showing:
    return Showing(direct_iam(cloud).__dict__["_rest"])


@pytest.fixture
def wire(cloud: Google, showing: Showing) -> Wire:
    granter = direct_iam(cloud)
    granter.__dict__["_rest"] = showing
    return Wire(granter)


def bound(change: Policy) -> Callable[[Policy], Policy]:
    """A policy whose first binding is another one in something."""
    return lambda policy: policy | {"bindings": [policy["bindings"][0] | change, *policy["bindings"][1:]]}


SHAPE = "is not of the shape that Google documents"
ODD: dict[str, tuple[Callable[[Policy], Any], str]] = {
    "no list": (lambda policy: policy | {"bindings": None}, SHAPE),
    "an object": (lambda policy: policy | {"bindings": {}}, SHAPE),
    "an empty place": (lambda policy: policy | {"bindings": [None, *policy["bindings"]]}, SHAPE),
    "no role": (bound({"role": None}), SHAPE),
    "no members": (bound({"members": None}), SHAPE),
    "members that are none": (bound({"members": [7]}), SHAPE),
    "a condition that is none": (bound({"condition": "true"}), SHAPE),
    "an expression that is none": (bound({"condition": {"title": "t", "expression": 7}}), SHAPE),
    "an etag that is none": (lambda policy: policy | {"etag": 7}, SHAPE),
    "without conditions": (lambda policy: view(policy, etag=policy["etag"], version=1), "without its conditions"),
    "a newer version": (lambda policy: policy | {"version": 4}, "version 4"),
    "a version that is none": (lambda policy: policy | {"version": "three"}, SHAPE),
}


@pytest.mark.parametrize("odd", ODD)
def test_nothing_is_made_of_it_and_the_card_says_so(
    world: World, wire: Wire, cloud: Google, showing: Showing, odd: str
) -> None:
    shows, said = ODD[odd]
    cloud.edit(RESOURCE, lambda policy: policy["bindings"].extend(FOREIGN))
    stands, ends = world.granted(ALICE, "logs"), world.granted(CAROL, "logs")
    before, sent = cloud.policies(), wire.sent
    showing.shows = shows
    world.end(CAROL, ends)
    coming = world.file(BOB, "logs")
    world.passes(300)

    assert (cloud.policies(), wire.sent) == (before, sent)
    assert [world.state(each) for each in (stands, coming)] == ["active", "activating"]
    ended = world.read(ends).grant
    assert ended is not None
    assert not ended.removed
    told = [grant.trouble for each in (coming, ends) for grant in world.read(each).grants]
    assert all(said in worded(trouble) and RESOURCE in worded(trouble) for trouble in told)

    showing.shows = lambda policy: policy
    world.passes(900)
    assert [world.state(each) for each in (stands, coming)] == ["active", "active"]
    assert world.read(ends).grants[0].removed
    mine = [b for b in cloud.policies()[RESOURCE]["bindings"] if b["role"] == LOGS]
    assert sorted(member for each in mine for member in each["members"]) == [f"user:{who}" for who in (ALICE, BOB)]
    assert [b for b in cloud.policies()[RESOURCE]["bindings"] if b["role"] != LOGS] == FOREIGN


def test_a_policy_of_version_1_that_has_no_conditions_takes_ours_and_keeps_its_own(
    world: World, cloud: Google
) -> None:
    cloud.edit(RESOURCE, lambda policy: policy["bindings"].append(FOREIGN[0]))
    assert cloud.policies()[RESOURCE]["version"] == 1

    request = world.granted(ALICE, "logs")
    assert cloud.policies()[RESOURCE]["version"] == 3
    world.end(ALICE, request)
    world.pass_()

    assert cloud.policies()[RESOURCE]["bindings"] == [FOREIGN[0]]
