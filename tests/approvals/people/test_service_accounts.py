"""Service accounts that ask: only where the policy names their owners, and none of them decides."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from approvals.auditing.audits import Inspection
from approvals.policy.model import Policy
from approvals.refusals.errors import NotFound, Refused
from approvals.requests import Request
from handlers.wording.text.lines import plain
from handlers.wording.views import view
from tests.support.clouds import google_with
from tests.support.damage import spoil
from tests.support.direct import direct_iam
from tests.support.pages import Visitors
from tests.support.world import ALICE, BOB, CAROL, DAN, GWEN, World, policy, refused

ROBOT = "deployer@shop-prod.iam.gserviceaccount.com"
OTHER = "other@shop-prod.iam.gserviceaccount.com"
DOMAINS = "  domains: [example.com]\n"
OWNED = (DOMAINS, f"{DOMAINS}  service_accounts: {{{ROBOT}: {{owners: [{BOB}, gwen@example.com]}}}}\n")
MAY_ASK = ("requesters: [alice@example.com,", f"requesters: [{ROBOT}, alice@example.com,")
ALONE = (
    '    requesters: ["domain:example.com"]\n    approval: self',
    f'    requesters: ["domain:example.com", "{ROBOT}"]\n    approval: self',
)
NAMED = (OWNED, MAY_ASK, ALONE)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with closing(World(tmp_path, granter=(direct_iam(google_with())))) as made:
        made.policy = policy(*NAMED)
        yield made


def asking(world: World, who: str = ROBOT, **claims: Any) -> Request:
    """A request by a service account, as the proxy lets it in."""
    visitors = Visitors(world)
    given = {"hd": None, "google": {}, **claims}
    return world.file_by(visitors.identity(who, purpose="request", **given))


def without_owners() -> Policy:
    """The policy once nobody owns it any more."""
    return policy((DOMAINS, f"{DOMAINS}  service_accounts: {{{ROBOT}: {{owners: [{DAN}]}}}}\n"), MAY_ASK, ALONE)


def test_one_that_the_policy_does_not_name_does_not_ask(world: World) -> None:
    with refused("service_account"):
        asking(world, OTHER)
    world.policy = policy()
    with refused("service_account"):
        asking(world)


def test_none_comes_in_by_a_chat_or_by_another_provider(world: World) -> None:
    world.people.join(ROBOT)
    with refused("service_account"):
        world.file(ROBOT)
    gcip = {
        "firebase": {"sign_in_provider": "saml.corp"},
        "email": ROBOT,
        "email_verified": True,
    }
    rules = msgspec.structs.replace(
        world.policy.identity, gcip=msgspec.structs.replace(world.policy.identity.gcip, providers=("saml.corp",))
    )
    world.policy = msgspec.structs.replace(world.policy, identity=rules)
    with refused("service_account"):
        asking(world, ROBOT, gcip=gcip)


def test_none_decides(world: World) -> None:
    with refused("service_account.decide"):
        Visitors(world).identity(ROBOT, hd=None)


def test_none_gets_what_nobody_else_approves(world: World) -> None:
    robot = Visitors(world).identity(ROBOT, purpose="request", hd=None)

    with refused("requester.service_account"):
        world.file_by(robot, "logs")
    assert world.store.open_of(ROBOT) == []


def test_what_it_asks_for_its_owners_do_not_decide(world: World) -> None:
    request = asking(world)

    for verdict in ("approve", "deny"):
        with refused("owner"):
            world.press(BOB, request, verdict)
    assert world.waiting_for(BOB) == []
    assert world.waiting_for(CAROL) == [request.id]

    world.press(CAROL, request)
    assert world.read(request).state == "approved"


def test_whoever_owned_it_when_it_asked_decides_no_more_than_who_owns_it_now(world: World) -> None:
    request = asking(world)
    world.policy = without_owners()

    for owner in (BOB, DAN):
        with refused("owner"):
            world.press(owner, request)

    world.press(CAROL, request)
    assert world.read(request).state == "approved"


def test_no_owner_decides_by_standing_in_for_another_nor_another_for_an_owner(world: World) -> None:
    delegates = ("entitlements:\n", f"delegates: [{GWEN}, {ALICE}]\nentitlements:\n")
    world.policy = policy(*NAMED, delegates)
    until = world.clock() + timedelta(hours=8)
    for who, delegate in ((CAROL, GWEN), (BOB, ALICE)):
        world.uses.standing_in.leave(world.identity(who), until=until, delegate=delegate, now=world.clock())
    request = asking(world)

    for person, code in ((GWEN, "owner"), (ALICE, "not_approver")):
        with refused(code):
            world.press(person, request)
        assert world.waiting_for(person) == []
    assert world.read(request).reviews == ()


def test_an_approval_by_who_comes_to_own_it_counts_no_more(world: World) -> None:
    pair = policy(*NAMED, ("needed: 1}", "needed: 2}"))
    world.policy = pair
    request = asking(world)
    world.press(CAROL, request)
    owned = f"{DOMAINS}  service_accounts: {{{ROBOT}: {{owners: [{CAROL}]}}}}\n"
    world.policy = policy((DOMAINS, owned), MAY_ASK, ALONE, ("needed: 1}", "needed: 2}"))

    world.press(DAN, request)

    assert world.read(request).state == "pending"


def test_its_access_is_its_own_and_its_owners_can_end_it(world: World) -> None:
    request = asking(world)
    world.press(CAROL, request)
    world.pass_()
    assert world.state(request) == "active"

    with refused("why"):
        world.end(BOB, request, why=" ")
    assert world.end(BOB, request).grant is not None
    world.pass_()
    assert world.state(request) == "revoked"


def test_its_owners_see_it_and_nobody_else_who_decides_nothing(world: World) -> None:
    request = asking(world)

    for owner in (BOB, GWEN):
        faced = world.uses.facing.face(world.identity(owner), request.id, now=world.clock())
        assert {refusal.code for refusal in faced.against.values()} == {"owner"}
    with pytest.raises(NotFound):
        world.uses.facing.face(world.identity(ALICE), request.id, now=world.clock())


def test_it_is_shown_as_what_it_is_with_who_answers_for_it(world: World) -> None:
    request = asking(world)

    shown = view(world.uses.looking.shown(request.id, now=world.clock()))

    assert plain(shown.facts[0].value) == f"{ROBOT} (a service account of bob@example.com and gwen@example.com)"


def test_nobody_who_owns_it_is_told_that_it_is_their_turn_and_it_gets_no_messages(world: World) -> None:
    world.policy = policy(*NAMED, ('  channel: "#access"\n', ""))
    request = asking(world)

    world.pass_()
    world.press(CAROL, request)
    world.pass_()

    told = {str(each.notice.to) for each in world.room.messages.values()} | {
        str(each) for each in world.room.turns
    }
    assert world.state(request) == "active"
    assert not any(BOB in each or ROBOT in each for each in told), told


def test_its_owners_are_in_its_chain_and_no_record_says_others(world: World) -> None:
    request = asking(world)
    assert request.owners == (BOB, GWEN)
    assert world.store.entries(request.id)[0].detail["owners"] == [BOB, GWEN]
    assert list(Inspection(world.store).faults()) == []

    for owners in ((), (BOB,), (BOB, GWEN, DAN)):
        spoil(world.store, request, msgspec.json.encode(msgspec.structs.replace(request, owners=owners)))
        assert world.store.held(request.id).faults


def test_once_the_policy_names_it_no_more_it_gets_nothing(world: World) -> None:
    request = asking(world)
    world.policy = policy()

    with pytest.raises(Refused):
        world.cases.of(request, now=world.clock()).offer()
