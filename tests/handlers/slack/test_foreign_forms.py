"""A form that one person opened, in the payload of another, and forms that carry what no form of ours did."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from approvals.requests import Request
from sandbox.slack.records import View
from tests.handlers.slack.bed import Bed
from tests.handlers.slack.test_emergencies import TYPED, for_emergencies
from tests.support.frozen import freeze_part, thaw_part

Json = dict[str, Any]
ANSWER = {"comment": "go on", "printed_name": "Carol Chen", "meaning": "I read it", "reason": "odd", "why": "less"}
VALUES = ANSWER | {"duration": "30m", "justification": "CHG-43 it goes on"}


def in_front_of(bed: Bed, who: str) -> View:
    view = bed.box.slack.state.top(who)
    assert view is not None
    return view


def sent(bed: Bed, view: View, *, by: str, **changes: Any) -> str:
    """Send a form as somebody's, and say what was answered and whispered."""
    slack = bed.box.slack
    foreign = msgspec.structs.replace(
        view, user=slack.state.person(by).id, sent=view.sent | changes, id=changes.pop("id", view.id)
    )
    typed = {
        block["block_id"]: {block["element"]["action_id"]: {"value": VALUES[block["block_id"]]}}
        for block in view.sent["blocks"]
        if block["type"] == "input" and block["block_id"] in VALUES
    }
    return slack.outward.deliver("interactive", slack.payloads.submission(foreign, typed)).body


def waiting(bed: Bed) -> Request:
    return bed.file("alice")


def half_met(bed: Bed) -> Request:
    request = bed.file("alice", "deploy-prod-signed")
    bed.press("bob", "approve", bed.draw(request))
    return bed.store.request(request.id)


def active(bed: Bed) -> Request:
    request = bed.file("alice")
    bed.press("bob", "approve", bed.draw(request))
    return bed.store.request(request.id)


def emergency(bed: Bed) -> Request:
    bed.policy = for_emergencies(bed.policy)
    bed.box.slack.command("alice", "/jit")
    bed.box.slack.submit("alice", TYPED)
    bed.box.slack.submit("alice", {})
    (request,) = bed.store.open_of("alice@example.com")
    return request


def pressed(who: str, button: str) -> Callable[[Bed, Request], View]:
    def opened(bed: Bed, request: Request) -> View:
        bed.press(who, button, bed.draw(request))
        return in_front_of(bed, who)

    return opened


def by_line(who: str, line: str) -> Callable[[Bed, Request], View]:
    def opened(bed: Bed, request: Request) -> View:
        bed.box.slack.command(who, line.format(request.id))
        return in_front_of(bed, who)

    return opened


# What waits or stands, who opens the form rightly and how, who sends it, and what they are told.
FOREIGN = {
    "approve with a comment": (waiting, pressed("bob", "remark"), "carol", "not an approver"),
    "approve one's own": (waiting, pressed("bob", "remark"), "alice", "your own request"),
    "sign": (half_met, pressed("carol", "sign"), "dan", "has the approvals it needs"),
    "sign one's own": (half_met, pressed("carol", "sign"), "alice", "your own request"),
    "deny": (waiting, pressed("bob", "deny"), "carol", "not an approver"),
    "offer less": (waiting, pressed("bob", "offer"), "carol", "not an approver"),
    "extend": (active, by_line("alice", "/jit extend {}"), "bob", "Only whoever has this access"),
    "end": (active, by_line("bob", "/jit end {}"), "gwen", "Guests cannot"),
    "find": (emergency, pressed("bob", "justified"), "carol", "Only bob@example.com can review this"),
    "find of one's own": (emergency, pressed("bob", "justified"), "alice", "your own emergency"),
}


@pytest.mark.parametrize("form", FOREIGN)
def test_a_form_of_somebody_else_does_what_its_sender_may_do(bed: Bed, form: str) -> None:
    made, opened, sender, said = FOREIGN[form]
    bed.policy = msgspec.structs.replace(bed.policy, administrators=())
    request = made(bed)
    view = opened(bed, request)
    before, chains = bed.store.request(request.id), list(bed.store.chains())

    answer = sent(bed, view, by=sender)

    assert said in answer
    assert bed.store.request(request.id) == before
    assert list(bed.store.chains()) == chains


@pytest.mark.parametrize("confirming", [False, True], ids=["request", "emergency"])
def test_what_is_asked_by_anothers_form_is_asked_by_its_sender_and_its_owner_can_still_ask(
    bed: Bed, *, confirming: bool
) -> None:
    slack = bed.box.slack
    bed.policy = for_emergencies(bed.policy) if confirming else bed.policy
    slack.command("alice", "/jit")
    if confirming:
        slack.submit("alice", TYPED)
    view = in_front_of(bed, "alice")
    typed: Json = {name: {name: {"value": text}} for name, text in TYPED.items()}
    typed["entitlement"] = {"entitlement": {"selected_option": {"value": TYPED["entitlement"]}}}
    foreign = msgspec.structs.replace(view, user=slack.state.person("dan").id)

    assert slack.outward.deliver("interactive", slack.payloads.submission(foreign, typed)).status == 200
    assert [each.requester for each in bed.store.open_of("dan@example.com")] == ["dan@example.com"]
    assert list(bed.store.open_of("alice@example.com")) == []

    assert slack.submit("alice", {} if confirming else TYPED).ok
    assert len(bed.store.open_of("alice@example.com")) == 1


# What a form carries is looked up and checked like what a button carries.
CARRIED = {
    "approve with a comment": (waiting, pressed("bob", "remark"), "bob"),
    "deny": (waiting, pressed("bob", "deny"), "bob"),
    "offer less": (waiting, pressed("bob", "offer"), "bob"),
    "extend": (active, by_line("alice", "/jit extend {}"), "alice"),
    "end": (active, by_line("bob", "/jit end {}"), "bob"),
    "find": (emergency, pressed("bob", "justified"), "bob"),
}
FORGED = ["", "r-0000000000", "r-0000000000 justified", "REQUEST excused", "../REQUEST", "[]", "x" * 2900, "\x00"]


@pytest.mark.parametrize("form", CARRIED)
def test_a_form_that_carries_what_no_form_of_ours_did_changes_nothing(bed: Bed, form: str) -> None:
    made, opened, sender = CARRIED[form]
    request = made(bed)
    view = opened(bed, request)
    before, chains = bed.store.request(request.id), list(bed.store.chains())

    answers = [sent(bed, view, by=sender, private_metadata=each.replace("REQUEST", request.id)) for each in FORGED]

    assert all(answers)
    assert bed.store.request(request.id) == before
    assert list(bed.store.chains()) == chains


@pytest.mark.parametrize("carried", ["", "{}", "[]", '["compute-admin-prod", 60, 3]', '["logs", 60, "INC-1"]'])
def test_a_confirmation_of_what_no_form_asked_declares_nothing(bed: Bed, carried: str) -> None:
    bed.policy = for_emergencies(bed.policy)
    bed.box.slack.command("alice", "/jit")
    bed.box.slack.submit("alice", TYPED)

    assert sent(bed, in_front_of(bed, "alice"), by="alice", private_metadata=carried)
    assert list(bed.store.open_of("alice@example.com")) == []


# --- who is frozen


@pytest.mark.parametrize("button", ["justified", "unjustified"])
def test_who_is_frozen_gets_no_form_of_a_finding(bed: Bed, button: str) -> None:
    card = bed.draw(emergency(bed), token="")
    freeze_part(bed.store, "person", "bob@example.com", now=bed.clock())

    bed.press("bob", button, card)

    assert "You are frozen by your administrators" in bed.whispers("bob")[-1]
    assert bed.box.slack.view("bob") is None
    thaw_part(bed.store, "person", "bob@example.com", now=bed.clock())
    assert bed.press("bob", button, card).view
