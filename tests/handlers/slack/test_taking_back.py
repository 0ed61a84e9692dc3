"""Taking an approval back by button and by command: what is refused, and what everybody reads."""

from collections.abc import Callable

import pytest

from approvals.requests import Request
from sandbox.slack.records import Message
from tests.handlers.slack.bed import Bed
from tests.support.shown import buttons, words

WAITS_FOR_TWO = {"entitlement": "customer-data", "duration": "30m"}
Way = Callable[[Bed, str, Request, Message], str]


def by_button(bed: Bed, who: str, request: Request, card: Message) -> str:
    bed.press(who, "take_back", card)
    return bed.whispers(who)[-1]


def by_command(bed: Bed, who: str, request: Request, card: Message) -> str:
    return bed.box.slack.command(who, f"/jit unvote {request.id}").body


@pytest.fixture(params=[by_button, by_command])
def way(request: pytest.FixtureRequest) -> Way:
    found: Way = request.param
    return found


def approved_by_bob(bed: Bed) -> Request:
    request = bed.file("alice", **WAITS_FOR_TWO)
    bed.press("bob", "approve", bed.draw(request))
    assert len(bed.store.request(request.id).reviews) == 1
    return bed.store.request(request.id)


@pytest.mark.parametrize("who", ["alice", "carol", "dan"])
def test_who_has_not_approved_is_told_so_kindly(bed: Bed, way: Way, who: str) -> None:
    request = approved_by_bob(bed)

    assert "You have no approval on this request that you could take back." in way(
        bed, who, request, bed.draw(request)
    )
    assert bed.store.request(request.id) == request


def test_what_is_decided_cannot_be_taken_back(bed: Bed, way: Way) -> None:
    request = approved_by_bob(bed)
    card = bed.draw(request)
    bed.press("dan", "approve", card)
    assert bed.store.request(request.id).state == "approved"

    assert "approved" in way(bed, "bob", request, card)
    assert len(bed.store.request(request.id).reviews) == 2


def test_an_approval_is_taken_back_and_the_next_one_does_not_suffice(bed: Bed, way: Way) -> None:
    request = approved_by_bob(bed)
    card = bed.draw(request)

    assert "taken back and counts no more" in way(bed, "bob", request, card)
    bed.press("dan", "approve", card)
    assert bed.store.request(request.id).state == "pending"


def test_the_old_click_that_comes_again_revives_nothing(bed: Bed) -> None:
    request = bed.file("alice", **WAITS_FOR_TWO)
    old = bed.draw(request)
    bed.press("bob", "approve", old)
    by_command(bed, "bob", request, old)

    bed.press("bob", "approve", old)

    assert "older than your last vote" in bed.whispers("bob", count=2)[-1]
    assert len(bed.store.request(request.id).reviews) == 2
    bed.press("bob", "approve", bed.draw(bed.store.request(request.id)))
    assert [vote.number for vote in bed.store.request(request.id).reviews] == [1, 2, 3]


def test_the_button_is_there_while_somebody_stands_for_the_request(bed: Bed) -> None:
    request = bed.file("alice", **WAITS_FOR_TWO)
    assert "take_back" not in buttons(bed.draw(request))
    bed.press("bob", "approve", bed.draw(request))
    card = bed.draw(bed.store.request(request.id))
    assert buttons(card) == {"approve", "remark", "offer", "deny", "take_back"}
    bed.press("bob", "take_back", card)

    drawn = bed.draw(bed.store.request(request.id))
    assert "take_back" not in buttons(drawn)
    assert "took the approval back" in words(drawn)


def test_who_denies_after_approving_denies(bed: Bed) -> None:
    request = approved_by_bob(bed)
    bed.press("bob", "deny", bed.draw(request))
    bed.box.slack.submit("bob", {"reason": "the wrong data"})

    assert bed.store.request(request.id).state == "denied"
