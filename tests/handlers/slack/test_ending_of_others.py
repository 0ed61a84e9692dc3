"""Ending somebody else's access: nobody does it without a reason, by any way, and its holder reads it."""

import msgspec
import pytest

from approvals.ports.messages import ToAccount
from approvals.requests import Request
from tests.handlers.slack.bed import Bed
from tests.support.shown import view_words, words


def granted(bed: Bed) -> Request:
    request = bed.file("alice")
    bed.press("bob", "approve", bed.draw(request))
    return bed.store.request(request.id)


def state(bed: Bed, request: Request) -> str:
    grant = bed.store.request(request.id).grant
    assert grant is not None
    return grant.state


@pytest.mark.parametrize("way", ["button", "command"])
def test_without_a_reason_a_form_asks_for_one_and_nothing_ends(bed: Bed, way: str) -> None:
    request = granted(bed)
    if way == "button":
        assert bed.press("bob", "end", bed.draw(request, token="")).ok
    else:
        assert bed.box.slack.command("bob", f"/jit end {request.id}").ok

    assert "Why do you end this access?" in view_words(bed.box.slack.view("bob"))
    assert state(bed, request) == "activating"
    assert bed.box.slack.submit("bob", {"reason": " \u200b"}).errors["reason"].startswith("Say why")
    assert state(bed, request) == "activating"


def test_whoever_may_not_end_it_is_asked_for_no_reason(bed: Bed) -> None:
    request = granted(bed)
    bed.policy = msgspec.structs.replace(bed.policy, administrators=())
    bed.press("carol", "end", bed.draw(request, token=""))

    assert bed.box.slack.view("carol") is None
    assert "not an approver" in bed.whispers("carol")[0]


@pytest.mark.parametrize("way", ["form", "command"])
def test_the_reason_is_on_the_card_and_in_what_the_holder_reads(bed: Bed, way: str) -> None:
    request = granted(bed)
    if way == "form":
        bed.press("bob", "end", bed.draw(request, token=""))
        assert bed.box.slack.submit("bob", {"reason": "The incident is over."}).ok
    else:
        assert bed.box.slack.command("bob", f"/jit end {request.id} because The incident is over.").ok

    assert state(bed, request) == "revoked"
    stored = bed.store.request(request.id)
    grant = stored.grant
    assert grant is not None
    assert grant.why is not None
    assert grant.why.text == "The incident is over."
    told = words(bed.draw(stored, to=ToAccount(request.account), kind="step", step="revoked"))
    assert "bob@example.com ended it." in told
    assert "The incident is over." in told
    assert "incident" not in repr(bed.store.entries(request.id)[-1])


@pytest.mark.parametrize("way", ["form", "command"])
def test_an_administrator_takes_it_by_card_and_by_command(bed: Bed, way: str) -> None:
    request = granted(bed)
    if way == "form":
        bed.press("carol", "end", bed.draw(request, token=""))
        assert bed.box.slack.submit("carol", {"reason": "INC-9"}).ok
    else:
        assert bed.box.slack.command("carol", f"/jit end {request.id}").ok
        assert state(bed, request) == "activating"
        assert bed.box.slack.command("carol", f"/jit end {request.id} because INC-9").ok

    assert state(bed, request) == "revoked"


def test_the_holder_needs_no_reason(bed: Bed) -> None:
    request = granted(bed)
    bed.press("alice", "end", bed.draw(request, token=""))

    assert bed.box.slack.view("alice") is None
    assert state(bed, request) == "ended"


def test_what_has_ended_says_so_instead_of_asking_why(bed: Bed) -> None:
    request = granted(bed)
    card = bed.draw(request, token="")
    bed.press("alice", "end", card)
    bed.press("bob", "end", card)

    assert bed.box.slack.view("bob") is None
    (said,) = bed.whispers("bob")
    assert said.startswith("This access has ended already. Approved by bob@example.com ")
    assert "Its holder ended it early." in said


def test_withdrawing_what_was_denied_says_once_by_whom(bed: Bed) -> None:
    request = bed.file("alice")
    bed.press("bob", "deny", bed.draw(request))
    bed.box.slack.submit("bob", {"reason": "no"})

    said = bed.box.slack.command("alice", f"/jit withdraw {request.id}").body
    assert "This request is over. Denied by bob@example.com " in said
    assert "UTC. It can be asked for anew." in said
    assert "already" not in said


def test_withdrawing_what_has_ended_says_that_it_has_ended(bed: Bed) -> None:
    request = granted(bed)
    bed.press("alice", "end", bed.draw(request, token=""))

    said = bed.box.slack.command("alice", f"/jit withdraw {request.id}").body
    assert "This request is approved already. Approved by bob@example.com " in said
    assert "Access has ended. Its holder ended it early." in said
