"""What the Home tab refuses: as loudly as a card does."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from approvals.policy.model import Requirement, Stage
from approvals.ports.messages import ToAccount
from tests.handlers.slack.bed import Bed
from tests.handlers.slack.home.tab import (
    is_decided,
    is_frozen,
    of_another,
    offered,
    opened,
    seen,
    text,
    told,
    waits,
)
from tests.handlers.slack.test_acting import ASSERTED, LONG, ask

COMPUTE = "compute-admin-prod"
ALICE = ToAccount("slack:T0SANDBOX1/U0ALICE")


def is_made_smaller(bed: Bed) -> None:
    card = bed.draw(bed.requests()[0])
    bed.press("bob", "offer", card)
    assert bed.box.slack.submit("bob", {"duration": "30m"}).ok
    (request,) = bed.requests()
    token = bed.tokens.mint(request, act="accept", now=bed.clock())
    bed.press("alice", "accept", bed.draw(request, kind="status", to=ALICE, token=token))
    assert bed.requests()[0].revision == 2


def loses_the_group(bed: Bed) -> None:
    chosen = bed.policy.entitlements[COMPUTE]
    (stage,) = chosen.requirement.stages
    others = msgspec.structs.replace(stage, approvers=("user:carol@example.com",))
    requirement = msgspec.structs.replace(chosen.requirement, stages=(others,))
    changed = msgspec.structs.replace(chosen, requirement=requirement)
    bed.policy = msgspec.structs.replace(bed.policy, entitlements={**bed.policy.entitlements, COMPUTE: changed})


def is_late(bed: Bed) -> None:
    bed.clock.ahead += 60 * 60 * 24 * 30


def becomes(**changes: Any) -> Callable[[Bed], None]:
    def changed(bed: Bed) -> None:
        bed.box.slack.change_person("bob", **changes)
        bed.clock.ahead += 60  # so that Slack is asked anew

    return changed


def nothing(_: Bed) -> None:
    pass


REFUSED = {
    "decided meanwhile": (is_decided, "bob", "already"),
    "a token of another revision": (is_made_smaller, "bob", "an older version of the request"),
    "no approver any more": (loses_the_group, "bob", "not an approver"),
    "a guest": (becomes(is_restricted=True), "bob", "Guests cannot decide"),
    "of another team": (becomes(team_id="T0OTHER"), "bob", "workspace"),
    "an unknown address": (becomes(email_confirmed=False), "bob", "confirm"),
    "deactivated": (becomes(deleted=True), "bob", "deactivated"),
    "another person's tab": (nothing, "alice", "cannot decide on your own request"),
    "frozen": (is_frozen, "bob", "frozen"),
    "expired": (is_late, "bob", "out of date"),
}


@pytest.mark.parametrize(("meanwhile", "who", "said"), REFUSED.values(), ids=list(REFUSED))
def test_a_vote_at_home_is_refused_as_on_a_card(
    bed: Bed, meanwhile: Callable[[Bed], None], who: str, said: str
) -> None:
    request = waits(bed)
    view = of_another(bed, "bob", presses=who)
    meanwhile(bed)
    before = bed.store.request(request.id)

    for action in ("approve", "deny"):
        assert bed.box.slack.press_at_home(who, action, home=view).ok
        assert said in told(bed, who)
        bed.box.slack.close(who)

    assert bed.store.request(request.id).reviews == before.reviews


def test_what_is_another_persons_can_neither_be_withdrawn_nor_accepted_nor_extended_from_home(bed: Bed) -> None:
    waiting = bed.file("alice")
    opened(bed, "alice")
    mine = of_another(bed, "alice", presses="dan")
    bed.box.slack.press_at_home("dan", "withdraw", home=mine)
    assert "Only the person who asked" in told(bed, "dan")
    assert bed.store.request(waiting.id).state == "pending"
    bed.box.slack.close("dan")

    bed.press("bob", "approve", bed.draw(waiting))
    opened(bed, "alice")
    bed.box.slack.press_at_home("dan", "extend", home=of_another(bed, "alice", presses="dan"))
    assert "Only whoever has this access" in told(bed, "dan")
    bed.box.slack.close("dan")
    bed.box.slack.press_at_home("dan", "end", home=of_another(bed, "alice", presses="dan"))
    assert "Why do you end this access?" in told(bed, "dan")
    grant = bed.store.request(waiting.id).grant
    assert grant is not None
    assert grant.state == "activating"


def test_what_was_asked_in_ones_name_is_confirmed_by_nobody_else_and_only_as_it_was_shown(bed: Bed) -> None:
    request = ask(bed, ASSERTED)
    opened(bed, "alice")
    bed.box.slack.press_at_home("bob", "confirm", home=of_another(bed, "alice", presses="bob"))
    assert "not yours to see" in told(bed, "bob")

    view = seen(bed, "alice")
    (confirm,) = [
        one
        for block in view.sent["blocks"]
        for one in block.get("elements", [])
        if one.get("action_id") == "confirm"
    ]
    confirm["value"] = confirm["value"].replace(request.digest, "sha256:" + "0" * 64)
    bed.box.slack.press_at_home("alice", "confirm", home=view)
    assert told(bed, "alice")
    assert bed.store.request(request.id).confirmed is None


def test_what_does_not_fit_is_not_confirmed_at_home(bed: Bed) -> None:
    ask(bed, ASSERTED, data=LONG)
    home = opened(bed, "alice")
    assert "do not fit here" in text(home)
    assert "confirm" not in offered(home)


def test_details_at_home_are_for_whom_the_request_concerns(bed: Bed) -> None:
    bed.policy = msgspec.structs.replace(bed.policy, administrators=())
    request = bed.file("alice")
    bed.box.slack.command("alice", f"/jit withdraw {request.id}")
    home = opened(bed, "alice")
    assert "home_details" in offered(home)

    bed.box.slack.press_at_home("carol", "home_details", home=of_another(bed, "alice", presses="carol"))
    assert "CHG-42" not in told(bed, "carol")
    bed.box.slack.press_at_home("alice", "home_details")
    assert "CHG-42 disk full" in told(bed, "alice")


LOOKS = {
    "nobody of this request": (nothing, "carol", "not yours to see"),
    "a guest": (becomes(is_restricted=True), "bob", "Guests cannot"),
    "of another team": (becomes(team_id="T0OTHER"), "bob", "workspace"),
    "deactivated": (becomes(deleted=True), "bob", "deactivated"),
}


@pytest.mark.parametrize(("meanwhile", "who", "said"), LOOKS.values(), ids=list(LOOKS))
def test_a_look_from_anothers_tab_is_refused_and_tells_nothing(
    bed: Bed, meanwhile: Callable[[Bed], None], who: str, said: str
) -> None:
    bed.policy = msgspec.structs.replace(bed.policy, administrators=())
    request = bed.file("alice")
    bed.box.slack.command("alice", f"/jit withdraw {request.id}")
    opened(bed, "alice")
    view = of_another(bed, "alice", presses=who)
    meanwhile(bed)

    bed.box.slack.press_at_home(who, "home_details", home=view)

    assert said in told(bed, who)
    assert "CHG-42" not in told(bed, who)
    bed.box.slack.close(who)
    bed.box.slack.press_at_home(who, "home_refresh", home=view)
    if who == "carol":
        assert request.id not in text(opened(bed, who))


def test_a_guest_and_a_stranger_read_why_nothing_is_shown(bed: Bed) -> None:
    bed.file("alice")
    assert "Guests cannot ask" in text(opened(bed, "gwen"))
    bed.box.slack.change_person("dan", team_id="T0OTHER")
    home = opened(bed, "dan")
    assert "workspace" in text(home)
    assert offered(home) == {"home_refresh"}


def test_a_guest_who_may_ask_is_shown_nothing_to_decide_on(bed: Bed) -> None:
    chosen = bed.policy.entitlements[COMPUTE]
    stages = (Stage(approvers=("user:gwen@example.com", "user:bob@example.com")),)
    changed = msgspec.structs.replace(chosen, requirement=Requirement(kind="stages", stages=stages))
    bed.policy = msgspec.structs.replace(
        bed.policy,
        administrators=(),
        entitlements={**bed.policy.entitlements, COMPUTE: changed},
        identity=msgspec.structs.replace(bed.policy.identity, guests="request"),
    )
    bed.box.slack.change_person("gwen", email="gwen@example.com")
    request = bed.file("alice")

    assert request.id in text(opened(bed, "bob"))
    home = opened(bed, "gwen")
    assert request.id not in text(home)
    assert "approve" not in offered(home)


def test_who_decides_nothing_sees_nothing_of_others(bed: Bed) -> None:
    bed.policy = msgspec.structs.replace(bed.policy, administrators=())
    request = bed.file("alice")
    assert request.id not in text(opened(bed, "carol"))
