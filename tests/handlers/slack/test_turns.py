"""The message that tells people of their turn: whom it mentions, where it stands, what it leads to."""

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from approvals.ports.messages import Notice, Posted, ToPerson, ToRoom
from approvals.refusals.errors import NotSent, Unavailable
from approvals.requests import Request
from sandbox.slack.records import Message
from tests.handlers.slack.bed import WAIT, Bed

BOB, DAN = "bob@example.com", "dan@example.com"


def about(card: Message, *people: str, threaded: bool = True, whole: bool = True) -> Notice:
    """The call to these people about a card."""
    to = ToRoom("#access") if threaded else ToPerson(people[0])
    place = Posted(place=card.channel, ts=card.ts)
    return Notice(key="turn", kind="turn", to=to, people=people, whole=whole, about=place, threaded=threaded)


def call(bed: Bed, request: Request, *people: str, threaded: bool = True, whole: bool = True) -> Message:
    """Post a card and, about it, the call to these people."""
    notice = about(bed.draw(request), *people, threaded=threaded, whole=whole)
    return bed.message(bed.messenger.post(notice, bed.card(request, token=""), timeout=WAIT))


def elements(message: Message, kind: str) -> list[dict[str, Any]]:
    (block,) = message.blocks
    return [each for each in block["elements"][0]["elements"] if each["type"] == kind]


def mentioned(message: Message) -> list[str]:
    return [each["user_id"] for each in elements(message, "user")]


def test_nothing_typed_becomes_a_mention_or_a_link(bed: Bed) -> None:
    request = bed.file(
        "alice", justification="<@U0CAROL> <!channel> https://evil.example <https://evil.example|x>"
    )
    message = call(bed, request, BOB)

    assert mentioned(message) == ["U0BOB"]
    assert "evil" not in json.dumps(message.blocks)
    assert "<" not in message.text


def test_a_person_whom_the_workspace_does_not_know_is_named_and_not_mentioned(bed: Bed) -> None:
    message = call(bed, bed.file("alice"), "zoe@example.com", BOB)

    assert mentioned(message) == ["U0BOB"]
    assert "zoe@example.com" in json.dumps(message.blocks)


def test_a_guest_with_a_right_address_is_not_mentioned(bed: Bed) -> None:
    bed.box.slack.change_person("dan", is_restricted=True)

    assert mentioned(call(bed, bed.file("alice"), DAN, BOB)) == ["U0BOB"]


def test_it_stands_in_the_thread_of_its_card_and_leads_there(bed: Bed) -> None:
    message = call(bed, bed.file("alice"), BOB, DAN)

    (link,) = elements(message, "link")
    assert message.thread_ts
    assert link["url"] == f"https://example-shop.slack.com/archives/C0ACCESS/p{message.thread_ts.replace('.', '')}"
    assert mentioned(message) == ["U0BOB", "U0DAN"]


def test_a_direct_one_goes_to_its_person_and_leads_to_the_card(bed: Bed) -> None:
    message = call(bed, bed.file("alice"), BOB, threaded=False)

    assert not message.thread_ts
    assert message in bed.box.slack.messages("bob")
    assert "C0ACCESS" in elements(message, "link")[0]["url"]


def test_where_not_everybody_could_be_named_it_says_whom_to_tell(bed: Bed) -> None:
    message = call(bed, bed.file("alice"), whole=False)

    assert "Needs sre's approval, 0 of 1 done: alice@example.com" in message.text
    assert message.text.endswith("Please tell whoever can: sre.")


def test_somebody_whose_account_was_made_anew_is_mentioned_again_after_some_weeks(bed: Bed) -> None:
    request = bed.file("alice")
    assert mentioned(call(bed, request, BOB)) == ["U0BOB"]
    bed.box.slack.change_person("bob", email="bob.before@example.com", deleted=True)
    bed.box.slack.change_person("dan", email=BOB)

    bed.clock.ahead += timedelta(days=29).total_seconds()
    assert mentioned(call(bed, request, BOB)) == ["U0BOB"]
    bed.clock.ahead += timedelta(days=2).total_seconds()
    assert mentioned(call(bed, request, BOB)) == ["U0DAN"]


def test_an_address_is_looked_up_once_for_a_month(bed: Bed) -> None:
    request = bed.file("alice")
    call(bed, request, BOB)
    before = bed.box.slack.faults.calls["users.lookupByEmail"]
    bed.box.slack.faults.add("users.lookupByEmail", "error", times=100)

    assert mentioned(call(bed, request, BOB)) == ["U0BOB"]
    assert bed.box.slack.faults.calls["users.lookupByEmail"] == before


@pytest.mark.parametrize(
    "fault", ["users.lookupByEmail error", "users.lookupByEmail ratelimit", "chat.postMessage ratelimit"]
)
def test_what_was_certainly_not_sent_says_so(bed: Bed, fault: str) -> None:
    request = bed.file("alice")
    card = bed.draw(request)
    bed.box.slack.faults.add(fault.split(maxsplit=1)[0], "error" if fault.endswith("error") else "ratelimit")

    with pytest.raises(NotSent):
        bed.messenger.post(about(card, BOB), bed.card(request, token=""), timeout=WAIT)
    assert bed.box.slack.messages("#access")[-1].ts == card.ts


def test_a_post_without_an_answer_is_unsure(bed: Bed) -> None:
    request = bed.file("alice")
    card = bed.draw(request)
    bed.box.slack.faults.add("chat.postMessage", "lost")

    with pytest.raises(Unavailable) as raised:
        bed.messenger.post(about(card, BOB), bed.card(request, token=""), timeout=WAIT)
    assert not isinstance(raised.value, NotSent)


@pytest.mark.parametrize(
    ("step", "says", "tells"),
    [
        ("remind", "Reminder: your approval is still needed", False),
        ("escalated", "Nobody has decided this yet: ", True),
        ("escalated:able", "your approval would count", False),
    ],
)
def test_it_says_why_it_comes(bed: Bed, step: str, says: str, tells: bool) -> None:
    request = bed.file("alice")
    notice = msgspec.structs.replace(about(bed.draw(request), BOB), step=step)
    message = bed.message(bed.messenger.post(notice, bed.card(request, token=""), timeout=WAIT))

    assert says in message.text
    assert ("Please tell whoever can" in message.text) == tells


def test_access_that_ends_soon_has_its_buttons_until_it_has_ended(bed: Bed) -> None:
    request = bed.file("alice")
    bed.press("bob", "approve", bed.draw(request))
    request = bed.store.request(request.id)
    notice = Notice(key="step:ends", kind="step", step="ends", to=ToPerson("alice@example.com"))
    posted = bed.messenger.post(notice, bed.card(request, token=""), timeout=WAIT)
    assert "action_id" not in json.dumps(bed.message(posted).blocks)

    bed.messenger.redraw(posted, notice, bed.card(request, token=""), timeout=WAIT)
    for what in ("extend", "end"):
        assert f'"action_id": "{what}"' in json.dumps(bed.message(posted).blocks)
    assert "Your access ends" in bed.message(posted).text


def test_people_live_where_they_have_told_slack(bed: Bed) -> None:
    assert bed.messenger.zone(BOB, timeout=WAIT) == "Europe/Berlin"
    assert bed.messenger.zone("zoe@example.com", timeout=WAIT) == ""
