"""Asking because of a message: what is refused, what nothing in the message can do, and what approvers read."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from approvals.reviews import TYPED_LENGTH
from sandbox.slack.records import Message, Outcome
from tests.handlers.slack.bed import Bed
from tests.handlers.slack.home.tab import is_frozen
from tests.support.shown import words


def said(bed: Bed, who: str, text: str) -> Message:
    bed.box.slack.say(who, text)
    return bed.box.slack.messages("#access")[-1]


def chosen(bed: Bed, who: str, message: Message) -> Outcome:
    return bed.box.slack.shortcut(who, "ask_because", message=message)


def reason(outcome: Outcome) -> str:
    """What stands in the field of the form."""
    assert outcome.view is not None
    (field,) = (block for block in outcome.view["blocks"] if block["block_id"] == "justification")
    return str(field["element"]["initial_value"])


def nothing(_: Bed) -> None:
    pass


def comes_from_elsewhere(bed: Bed) -> None:
    bed.box.slack.change_person("dan", team_id="T0OTHER")


REFUSED = {
    "a guest": ("gwen", nothing, "Guests cannot ask"),
    "a stranger from another team": ("dan", comes_from_elsewhere, "workspace"),
    "while all is frozen": ("alice", is_frozen, "frozen"),
}


@pytest.mark.parametrize(("who", "meanwhile", "why"), REFUSED.values(), ids=list(REFUSED))
def test_it_opens_no_form_for(bed: Bed, who: str, meanwhile: Callable[[Bed], None], why: str) -> None:
    message = said(bed, "bob", "db-1 is full")
    meanwhile(bed)

    outcome = chosen(bed, who, message)

    assert outcome.view is None
    assert why in bed.whispers(who)[0]


def test_the_apps_own_card_is_no_reason(bed: Bed) -> None:
    card = bed.draw(bed.file("alice"))

    assert chosen(bed, "bob", card).view is None
    assert "the app's own" in bed.whispers("bob")[0]


@pytest.mark.parametrize(
    "changes",
    [{"message": None}, {"message": {"text": "x"}}, {"channel": None}, {"callback_id": 5}, {"message": 5}],
)
def test_what_slack_never_sends_is_no_shortcut(bed: Bed, changes: dict[str, Any]) -> None:
    state = bed.box.slack.state
    whole = bed.box.slack.payloads.shortcut("U0ALICE", said(bed, "bob", "db-1 is full"), "ask_because")
    body = {name: value for name, value in (whole | changes).items() if value is not None}

    answer = bed.box.slack.post(urlencode({"payload": json.dumps(body)}).encode())

    assert answer.status == 400
    assert state.top("alice") is None


def test_approvers_read_what_the_message_said_and_where_it_stands(bed: Bed) -> None:
    message = said(bed, "bob", "db-1 is full, see INC-7")
    outcome = chosen(bed, "alice", message)
    link = f"https://example-shop.slack.com/archives/C0ACCESS/p{message.ts.replace('.', '')}"
    assert reason(outcome) == f"db-1 is full, see INC-7\n{link}"

    typed = {"entitlement": "compute-admin-prod", "duration": "1h", "justification": "CHG-42 " + reason(outcome)}
    assert bed.box.slack.submit("alice", typed).ok

    (request,) = bed.requests()
    assert link in request.terms.justification.text
    assert link in words(bed.draw(request))


def test_nothing_in_the_message_is_more_than_text(bed: Bed) -> None:
    message = said(bed, "bob", "plain")
    forged = "<!channel> <https://evil.example|https://good.example> *bold* &lt;@U0BOB&gt; <@U0BOB> \u202egnp.exe"
    state = bed.box.slack.state
    payload = bed.box.slack.payloads.shortcut("U0ALICE", message, "ask_because")
    payload["message"]["text"] = forged
    bed.box.slack.post(urlencode({"payload": json.dumps(payload)}).encode())

    view = bed.box.slack.view("alice")
    shown = reason(Outcome(ok=True, view=view))
    assert shown.startswith("!channel https://evil.example *bold* <@U0BOB> @U0BOB ")
    assert "\u202e" not in shown
    assert shown.splitlines()[-1].startswith("https://example-shop.slack.com/archives/C0ACCESS/p")
    assert state.top("alice") is not None


def test_a_long_message_leaves_room_for_its_address(bed: Bed) -> None:
    shown = reason(chosen(bed, "alice", said(bed, "bob", "& very long " * 400)))

    assert len(shown) <= TYPED_LENGTH
    assert "https://example-shop.slack.com/archives/C0ACCESS/p" in shown


def test_an_answer_in_a_thread_is_named_by_its_thread(bed: Bed) -> None:
    first = said(bed, "bob", "db-1 is full")
    payload = bed.box.slack.payloads.shortcut("U0ALICE", first, "ask_because")
    payload["message"] |= {"text": "", "thread_ts": "1.000001"}
    bed.box.slack.post(urlencode({"payload": json.dumps(payload)}).encode())

    shown = reason(Outcome(ok=True, view=bed.box.slack.view("alice")))
    assert shown.endswith(f"/p{first.ts.replace('.', '')}?thread_ts=1.000001&cid=C0ACCESS")
