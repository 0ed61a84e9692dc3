"""Posting and redrawing: where messages go, and what is said when Slack does not take them."""

from datetime import timedelta
from typing import Any, Literal

import msgspec
import pytest

from approvals.ports.messages import (
    ChannelError,
    MessageGone,
    Notice,
    Posted,
    Recipient,
    ToAccount,
    ToPerson,
    ToRoom,
)
from approvals.refusals.errors import NotSent, Unavailable
from handlers.slack.client import RateLimited
from tests.handlers.slack.bed import Bed
from tests.support.shown import words

CARD = Notice(key="card", kind="card", to=ToRoom("#access"))
WAIT = 30.0


@pytest.mark.parametrize(
    ("to", "said"),
    [
        (ToRoom("#nowhere"), "the app is in no Slack channel #nowhere: invite it there"),
        (ToRoom("C0NOWHERE"), "C0NOWHERE"),
        (ToPerson("nobody@example.com"), "nobody@example.com"),
        (ToPerson("gwen@partner.example"), "no member"),
        (ToAccount("slack:T0SANDBOX1/U0NOBODY"), "U0NOBODY"),
        (ToAccount("mail:alice@example.com"), "no Slack account"),
        (None, "without a recipient"),
    ],
)
def test_a_place_that_is_none_is_named(bed: Bed, to: Recipient | None, said: str) -> None:
    card = bed.card(bed.file("alice"))

    with pytest.raises(ChannelError, match=said):
        bed.messenger.post(Notice(key="card", kind="card", to=to), card, timeout=WAIT)


ALICE = ToAccount("slack:T0SANDBOX1/U0ALICE")
UNFOUND = {
    "to an account": ("conversations.open", Notice(key="step:expires", kind="step", step="expires", to=ALICE)),
    "to a person": ("users.lookupByEmail", Notice(key="card", kind="card", to=ToPerson("bob@example.com"))),
    "to a room": ("conversations.info", CARD),
}


@pytest.mark.parametrize("fault", ["error", "ratelimit"])
@pytest.mark.parametrize("to", UNFOUND)
def test_what_has_no_place_yet_was_certainly_not_sent(
    bed: Bed, to: str, fault: Literal["error", "ratelimit"]
) -> None:
    """Fails where nobody is told that a request expires because Slack did not say where they are."""
    method, notice = UNFOUND[to]
    card = bed.card(bed.file("alice"), token="")
    bed.box.slack.faults.add(method, fault, times=9)

    with pytest.raises(NotSent):
        bed.messenger.post(notice, card, timeout=WAIT)


@pytest.mark.parametrize("change", ["is_ext_shared", "is_pending_ext_shared"])
def test_no_card_goes_to_a_channel_shared_with_others(bed: Bed, change: str) -> None:
    bed.box.slack.change_channel("#access", **{change: True})
    card = bed.card(bed.file("alice"))

    with pytest.raises(ChannelError, match="#access is shared with another organisation"):
        bed.messenger.post(CARD, card, timeout=WAIT)


def test_a_channel_shared_after_the_post_loses_its_buttons(bed: Bed) -> None:
    card = bed.card(bed.file("alice"))
    posted = bed.messenger.post(CARD, card, timeout=WAIT)
    bed.box.slack.change_channel("#access", is_ext_shared=True)
    bed.clock.ahead += timedelta(minutes=6).total_seconds()

    bed.messenger.redraw(posted, CARD, card, timeout=WAIT)

    assert bed.message(posted).elements() == []


@pytest.mark.parametrize("change", [{"is_archived": True}, {"members": ("U0ALICE",)}])
@pytest.mark.parametrize("to", [ToRoom("#access"), ToRoom("C0ACCESS")])
def test_a_channel_that_takes_no_message_is_an_error_for_good(
    bed: Bed, change: dict[str, Any], to: Recipient
) -> None:
    card = bed.card(bed.file("alice"))
    bed.channels.find(to, timeout=WAIT)
    bed.box.slack.change_channel("#access", **change)

    with pytest.raises(ChannelError, match=r"invite|out of the archive"):
        bed.messenger.post(Notice(key="card", kind="card", to=to), card, timeout=WAIT)


# Everything that `chat.update` may answer and that leaves the message where it is (docs.slack.dev, chat.update).
STANDS = (
    "cant_update_message",
    "channel_not_found",
    "edit_window_closed",
    "ekm_access_denied",
    "external_channel_migrating",
    "invalid_auth",
    "is_inactive",
    "missing_scope",
    "msg_blocks_too_long",
    "not_in_channel",
    "no_permission",
    "streaming_state_conflict",
    "team_not_found",
    "token_revoked",
    "update_failed",
)


@pytest.mark.parametrize("code", STANDS)
def test_a_message_that_cannot_be_redrawn_is_not_taken_for_gone(bed: Bed, code: str) -> None:
    card = bed.card(bed.file("alice"))
    posted = bed.messenger.post(CARD, card, timeout=WAIT)
    bed.box.slack.faults.add("chat.update", "refuse", code=code)

    with pytest.raises(ChannelError, match=code) as caught:
        bed.messenger.redraw(posted, CARD, card, timeout=WAIT)
    assert not isinstance(caught.value, MessageGone)


def test_a_message_that_was_deleted_is_gone(bed: Bed) -> None:
    card = bed.card(bed.file("alice"))
    posted = bed.messenger.post(CARD, card, timeout=WAIT)
    bed.box.slack.state.drop(bed.message(posted))

    with pytest.raises(MessageGone, match="message_not_found"):
        bed.messenger.redraw(posted, CARD, card, timeout=WAIT)


def test_a_rate_limit_is_passed_on_and_not_waited_for(bed: Bed) -> None:
    card = bed.card(bed.file("alice"))
    bed.box.slack.faults.add("chat.postMessage", "ratelimit", seconds=7)

    with pytest.raises(RateLimited) as caught:
        bed.messenger.post(CARD, card, timeout=WAIT)

    assert caught.value.retry_after == 7


@pytest.mark.parametrize("kind", ["error", "lost", "drop"])
def test_an_answer_that_does_not_come_is_not_repeated(bed: Bed, kind: Any) -> None:
    card = bed.card(bed.file("alice"))
    bed.box.slack.faults.add("chat.postMessage", kind)

    with pytest.raises(Unavailable):
        bed.messenger.post(CARD, card, timeout=WAIT)

    assert bed.box.slack.faults.calls["chat.postMessage"] == 1


def test_a_post_that_could_not_be_waited_for_is_not_begun_and_the_next_one_has_its_time(bed: Bed) -> None:
    card = bed.card(bed.file("alice"))
    bed.box.slack.faults.add("users.conversations", "delay", seconds=1.2)

    with pytest.raises(Unavailable) as caught:
        bed.messenger.post(CARD, card, timeout=2.0)

    assert caught.value.retry_after > 0
    assert "chat.postMessage" not in bed.box.slack.faults.calls
    assert bed.messenger.post(CARD, card, timeout=WAIT).place == "C0ACCESS"


def test_a_channel_that_is_named_by_its_id_and_archived_says_so(bed: Bed) -> None:
    card = bed.card(bed.file("alice"))
    bed.box.slack.change_channel("#access", is_archived=True)

    with pytest.raises(ChannelError, match="#access is archived"):
        bed.messenger.post(Notice(key="card", kind="card", to=ToRoom("C0ACCESS")), card, timeout=WAIT)


def test_a_slow_answer_is_given_up_in_time(bed: Bed) -> None:
    card = bed.card(bed.file("alice"))
    bed.channels.resolve(CARD.to, timeout=WAIT)
    bed.channels.refuse_shared("C0ACCESS", timeout=WAIT)
    bed.box.slack.faults.add("chat.postMessage", "delay", seconds=1)

    with pytest.raises(Unavailable):
        bed.messenger.post(CARD, card, timeout=0.2)


def test_a_post_tells_the_facts_and_the_redraw_adds_the_buttons(bed: Bed) -> None:
    request = bed.file("alice")
    card = bed.card(request)

    posted = bed.messenger.post(CARD, card, timeout=WAIT)
    bare = bed.message(posted)
    bed.messenger.redraw(posted, CARD, card, timeout=WAIT)

    assert posted.place == "C0ACCESS"
    assert bare.elements() == []
    assert request.id in words(bare)
    shown = {element["action_id"] for _, element in bed.message(posted).elements()}
    assert shown == {"approve", "remark", "offer", "deny"}


@pytest.mark.parametrize("to", [ToAccount("slack:T0SANDBOX1/U0ALICE"), ToPerson("alice@example.com")])
def test_a_step_reaches_the_requester_directly(bed: Bed, to: Recipient) -> None:
    request = bed.file("alice", "customer-data", duration="30m")
    bed.press("bob", "approve", bed.draw(request))
    notice = Notice(key="step:progress:1", kind="step", to=to, step="progress:1")

    bed.messenger.post(notice, bed.card(bed.store.request(request.id)), timeout=WAIT)

    said = words(bed.box.slack.messages("alice")[-1])
    assert "bob@example.com approved your request" in said
    assert request.id in said
    assert "still needs 1 more approval by sre or security" in said
    assert "expires unless decided by" in said


def test_a_denial_is_told_with_its_reason(bed: Bed) -> None:
    request = bed.file("alice")
    bed.press("bob", "deny", bed.draw(request))
    bed.box.slack.submit("bob", {"reason": "Use the <@U0DAN> runbook"})
    notice = Notice(key="denied", kind="step", to=ToAccount("slack:T0SANDBOX1/U0ALICE"), step="denied")

    bed.messenger.post(notice, bed.card(bed.store.request(request.id), token=""), timeout=WAIT)

    said = words(bed.box.slack.messages("alice")[-1])
    assert said.endswith(" was denied by bob@example.com.\nReason\nUse the <@U0DAN> runbook")


def test_a_redraw_of_what_never_stood_touches_nothing(bed: Bed) -> None:
    card = bed.card(bed.file("alice"))

    with pytest.raises(MessageGone):
        bed.messenger.redraw(Posted(place="C0ACCESS", ts="1.000001"), CARD, card, timeout=WAIT)


def test_the_text_of_a_notification_is_escaped(bed: Bed) -> None:
    request = bed.file("alice")
    card = bed.card(request)
    forged = msgspec.structs.replace(card, request=msgspec.structs.replace(request, requester="Root & <!channel>"))

    posted = bed.messenger.post(CARD, forged, timeout=WAIT)

    assert "Root &amp; &lt;!channel&gt;" in bed.message(posted).text
