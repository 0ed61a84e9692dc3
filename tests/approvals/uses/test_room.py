"""What Google has no room for is refused when it is asked for, and said wherever it is shown."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from approvals.policy.evaluate import Ask
from approvals.ports.targets import MemberRule, Unsure
from approvals.refusals.errors import Refused, Unavailable
from handlers.wording.explaining import explained
from handlers.wording.refusing.refusals import told
from handlers.wording.text.lines import plain
from handlers.wording.views import view
from sandbox.google import Google
from tests.approvals.reconcile.clouds import put, strip
from tests.support.builders import RESOURCE
from tests.support.direct import DirectPlaces
from tests.support.world import ALICE, BOB, CAROL, GWEN, World, policy, refused


@pytest.fixture
def places(world: World, cloud: Google) -> DirectPlaces:
    found = DirectPlaces(cloud)
    world.places = found
    world.restart()
    return found


def fill(cloud: Google, principals: int) -> None:
    """Let others name so many people on the resource."""
    put(cloud, [{"role": "roles/run.developer", "members": [f"user:p{n}@example.com" for n in range(principals)]}])


def crowd(cloud: Google, conditions: int) -> None:
    """Give Alice the role so many times, each until another minute."""
    put(cloud, [standing(f"2030-01-01T00:{minute:02}:00Z") for minute in range(conditions)])


def standing(until: str) -> dict[str, Any]:
    condition = {"title": "by hand", "expression": f'request.time < timestamp("{until}")'}
    return {"role": "roles/run.admin", "members": [f"user:{ALICE}"], "condition": condition}


def test_a_full_policy_refuses_an_ask_and_nothing_is_filed(
    world: World, cloud: Google, places: DirectPlaces
) -> None:
    fill(cloud, 1500)
    with pytest.raises(Refused) as refusal:
        world.file()

    assert told(refusal.value).startswith(
        f"The IAM policy of {RESOURCE} has no room: with this it would name 1,501 principals, and Google takes"
    )
    assert world.waiting_for(BOB) == []


def test_the_last_room_is_given(world: World, cloud: Google, places: DirectPlaces) -> None:
    fill(cloud, 1499)
    assert world.state(world.granted()) == "active"


def test_a_bundle_of_two_roles_takes_the_room_of_two(world: World, cloud: Google, places: DirectPlaces) -> None:
    fill(cloud, 1499)
    with refused("iam.principals"):
        world.file(BOB, "pair")


def test_twenty_bindings_of_the_same_role_refuse_their_person_and_nobody_else(
    world: World, cloud: Google, places: DirectPlaces
) -> None:
    crowd(cloud, 20)
    with refused("iam.bindings"):
        world.file(ALICE)

    assert world.file(BOB).state == "pending"


def test_a_role_that_google_does_not_let_be_granted_there_is_refused(
    world: World, places: DirectPlaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "grantable", lambda resource, *, timeout: frozenset({"roles/run.viewer"}))
    with refused("iam.role"):
        world.file()


def test_whom_an_organization_policy_lets_have_no_access_is_refused(world: World, places: DirectPlaces) -> None:
    places.rule = MemberRule(allowed=frozenset({"C02"}), customers={"example.com": "C01"})
    with refused("iam.member"):
        world.file()


def test_all_that_stands_in_the_way_is_said_at_once(world: World, cloud: Google, places: DirectPlaces) -> None:
    fill(cloud, 1500)
    places.rule = MemberRule(nobody=True)
    with pytest.raises(Refused) as refusal:
        world.file()

    assert [each.code for each in refusal.value.all] == ["iam.member", "iam.principals"]


@pytest.mark.parametrize("error", [Unsure("no answer came"), Unavailable("503"), ValueError("an odd answer")])
def test_a_google_that_does_not_answer_refuses_nobody_and_is_not_asked_by_each(
    world: World, places: DirectPlaces, error: Exception
) -> None:
    places.fails = error
    assert world.file().state == "pending"
    asked = len(places.asked)
    assert world.file(GWEN).state == "pending"

    assert (asked, len(places.asked)) == (3, 3)
    world.clock.advance(9)
    world.file(CAROL, "logs")
    assert len(places.asked) == 3
    world.clock.advance(2)
    world.file(BOB)
    assert len(places.asked) == 6


def test_roles_are_asked_for_once_an_hour_and_the_policy_once_a_minute(world: World, places: DirectPlaces) -> None:
    for _ in range(4):
        world.file(BOB)
        world.clock.advance(61)

    assert places.asked.count(("policy", RESOURCE)) == 4
    assert places.asked.count(("grantable", RESOURCE)) == 1


def test_whom_an_organization_policy_lets_in_is_asked_for_every_ten_minutes(
    world: World, places: DirectPlaces
) -> None:
    asked = []
    for seconds in (0, 599, 2):
        world.clock.advance(seconds)
        world.file(BOB)
        asked.append(places.asked.count(("members", RESOURCE)))

    assert asked == [1, 1, 2]


def test_what_the_policy_refuses_asks_google_nothing(world: World, places: DirectPlaces) -> None:
    with refused("requester"):
        world.file("dan@example.com")

    assert places.asked == []


def test_access_that_begins_later_does_not_need_the_room_of_now(
    world: World, cloud: Google, places: DirectPlaces
) -> None:
    fill(cloud, 1500)
    assert world.file_from(timedelta(hours=3)).state == "pending"


def test_an_extension_needs_no_room_of_its_own(world: World, cloud: Google, places: DirectPlaces) -> None:
    fill(cloud, 1499)
    request = world.granted(ALICE, minutes=60)
    world.clock.advance(61)
    assert world.extend(ALICE, request, minutes=30).state == "pending"


def test_whoever_may_ask_is_told_by_the_explanation(world: World, cloud: Google, places: DirectPlaces) -> None:
    fill(cloud, 1500)
    found = world.uses.asking.explain(world.identity(ALICE), "admin", now=world.clock())
    assert explained(found)[-1].startswith("As things stand, this could not be made. The IAM policy of")
    other = world.uses.asking.explain(world.identity("dan@example.com"), "admin", now=world.clock())

    assert other.unable == ()


def test_approvers_see_on_the_card_that_the_room_is_gone_since(
    world: World, cloud: Google, places: DirectPlaces
) -> None:
    request = world.file()
    world.pass_()
    assert notes(world, request) == []
    fill(cloud, 1500)
    world.clock.advance(61)
    world.cases.of(world.read(request), now=world.clock(), survey=True)

    (said,) = notes(world, request)
    assert said.startswith("As things stand, this could not be made.")


def test_an_approval_is_refused_while_the_room_is_known_to_be_gone_and_a_denial_is_not(
    world: World, cloud: Google, places: DirectPlaces
) -> None:
    asked = [world.file(), world.file(GWEN)]
    fill(cloud, 1500)
    world.clock.advance(61)
    world.cases.of(world.read(asked[0]), now=world.clock(), survey=True)

    for request in asked:
        with pytest.raises(Refused) as refusal:
            world.press(BOB, request)
        assert told(refusal.value).startswith(f"The IAM policy of {RESOURCE} has no room")
        assert (world.read(request).state, world.read(request).reviews) == ("pending", ())
    world.press(BOB, asked[0], "deny", comment="later")
    assert world.read(asked[0]).state == "denied"


def barred(places: DirectPlaces, monkeypatch: pytest.MonkeyPatch) -> None:
    """An administrator makes an organization policy that lets other customers in alone."""
    places.rule = MemberRule(allowed=frozenset({"C02"}), customers={"example.com": "C01"})


def ungranted(places: DirectPlaces, monkeypatch: pytest.MonkeyPatch) -> None:
    """Google takes the role off the list of what can be granted there."""
    monkeypatch.setattr(places, "grantable", lambda resource, *, timeout: frozenset({"roles/run.viewer"}))


@pytest.mark.parametrize(("since", "code", "age"), [(barred, "iam.member", 601), (ungranted, "iam.role", 3601)])
def test_what_google_came_to_forbid_since_is_refused_at_the_click_and_a_denial_is_not(
    world: World,
    places: DirectPlaces,
    monkeypatch: pytest.MonkeyPatch,
    *,
    since: Callable[[DirectPlaces, pytest.MonkeyPatch], None],
    code: str,
    age: int,
) -> None:
    world.policy = policy(("max: 4h}", "max: 4h}\n  pending: 4h"))
    asked = [world.file(), world.file(GWEN)]
    since(places, monkeypatch)
    world.clock.advance(age)
    world.cases.of(world.read(asked[0]), now=world.clock(), survey=True)

    for request in asked:
        with refused(code):
            world.press(BOB, request)
        assert (world.read(request).state, world.read(request).reviews) == ("pending", ())
    world.press(BOB, asked[0], "deny", comment="later")
    assert world.read(asked[0]).state == "denied"


def test_once_others_have_made_room_it_is_approved_a_minute_later(
    world: World, cloud: Google, places: DirectPlaces
) -> None:
    request = world.file()
    fill(cloud, 1500)
    world.clock.advance(61)
    world.cases.of(world.read(request), now=world.clock(), survey=True)
    strip(cloud)
    with refused("iam.principals"):
        world.press(BOB, request)
    world.clock.advance(61)
    world.press(BOB, request)
    world.pass_()

    assert world.state(request) == "active"


def notes(world: World, request: Any) -> list[str]:
    return [plain(note) for note in view(world.card(request)).notes]


def test_a_grant_that_fills_up_before_its_write_fails_with_the_sentence_and_sends_nothing(
    world: World, cloud: Google, places: DirectPlaces
) -> None:
    request = world.file()
    fill(cloud, 1500)
    world.press(BOB, request)
    world.pass_()

    grant = world.read(request).grant
    assert grant is not None
    assert grant.state == "failed"
    assert getattr(grant.cause, "code", grant.cause) == "iam.principals"


def test_a_check_before_the_form_is_sent_says_it_too(world: World, cloud: Google, places: DirectPlaces) -> None:
    fill(cloud, 1500)
    ask = Ask(entitlement="admin", duration=None, justification="INC-42")
    with refused("iam.principals"):
        world.uses.asking.check(world.identity(ALICE), ask, now=world.clock())
