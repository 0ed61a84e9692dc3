"""The card of an action: every line that its digest covers, as it is and in order, or none and no Approve."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from approvals import showing
from approvals.ports.messages import Notice, ToRoom
from approvals.requests import Request
from approvals.reviews import typed
from approvals.showing import fits, shown
from approvals.targets import Given
from approvals.telling.cards import Card
from handlers.slack.cards import BLOCKS, WHOLE, Message, message
from handlers.slack.modals import details_view
from handlers.wording.views import view
from sandbox.slack.limits import message_problems, too_long
from tests.handlers.slack.records import NASTY, action_requests
from tests.handlers.slack.test_cards import ONE, buttons_of, nodes, tally
from tests.support.builders import PERSON, REFUND, action_terms, filed
from tests.support.shown import view_words

CARD = Notice(key="card", kind="card", to=ToRoom("C1"))
PAGES = "https://countersign.example.com"


def asked(**changes: Any) -> Request:
    return filed(terms=action_terms(**({"requirement": ONE} | changes))).request


def with_text(text: str) -> Request:
    """A refund whose order, key, data and metadata all say this."""
    given = (Given(name="order", label="Order", type="string", value=text), *REFUND.parameters)
    data = msgspec.json.encode({text: text}).decode()
    call = msgspec.structs.replace(REFUND, parameters=given, key=text, data=data, metadata={text: text})
    return asked(targets=(call,))


def lines_long(count: int, each: int) -> Request:
    given = tuple(
        Given(name=f"p{number}", label=f"Line {number}", type="string", value="x" * each)
        for number in range(count)
    )
    return asked(targets=(msgspec.structs.replace(REFUND, parameters=given),))


TOO_LONG = {"many lines": lines_long(60, 50), "one long line": lines_long(1, 2_901), "both": lines_long(7, 1_000)}


def draw(request: Request, **changes: Any) -> Message:
    card = Card(
        request=request, tally=tally(ONE), token="eyJhbGciOi.e30.c2ln", too_long=not fits(request), **changes
    )
    return message(CARD, card, buttons=True, pages_url=PAGES)


def said_on(blocks: Any) -> str:
    return view_words({"blocks": list(blocks)}).replace("`", "")


def lines_of(drawn: Message) -> list[str]:
    """What stands in the first rich text, line by line."""
    block = next(each for each in drawn.blocks if each["type"] == "rich_text")
    (section,) = block["elements"]
    return "".join(each["text"] for each in section["elements"]).split("\n")


@pytest.mark.parametrize("how", TOO_LONG)
def test_what_does_not_fit_whole_cannot_be_approved_on_a_card(how: str) -> None:
    drawn = draw(TOO_LONG[how])

    assert set(buttons_of(drawn)) == {"page", "deny"}
    (link,) = [each for each in nodes(list(drawn.blocks)) if each.get("action_id") == "page"]
    assert link["url"].startswith(f"{PAGES}/review/")
    assert "xxx" not in str(drawn.blocks)
    said = said_on(drawn.blocks)
    assert f"Its {len(shown(TOO_LONG[how]))} lines do not fit here." in said
    assert "lets shop do it" not in said


@pytest.mark.parametrize("how", TOO_LONG)
def test_nor_are_some_of_its_lines_shown_once_it_is_over(how: str) -> None:
    request = msgspec.structs.replace(TOO_LONG[how], state="withdrawn")
    details = details_view(Card(request=request, tally=tally(ONE), too_long=True))

    assert "xxx" not in str(details)
    assert "do not fit here: its page shows them all." in said_on(details["blocks"])


def test_every_line_stands_on_the_card_exactly_as_it_was_digested_and_in_its_order() -> None:
    request = asked()
    covered = msgspec.json.decode(request.covered)

    assert lines_of(draw(request)) == [f"{label}: {text}" for label, text in covered["shown"]]
    assert lines_of(draw(request))[2:5] == ["Amount: 250.00 EUR", "Order: A-17", "Card: •••• (not shown)"]


def test_neither_a_secret_nor_what_stands_for_it_is_on_a_card() -> None:
    drawn = str(draw(asked()).blocks)

    for secret in ("No. 4111", "c" * 16, REFUND.parameters[2].value):
        assert secret not in drawn


@pytest.mark.parametrize("text", ["\u0915" + "\u0947" * 6, "a\U0001d159b", "x" + "\u0301" * 6])
def test_no_sign_of_what_was_digested_is_left_out(text: str) -> None:
    """Also of marks that pile up, which typed text is shown without."""
    request = with_text(text)

    assert lines_of(draw(request)) == [f"{label}: {line}" for label, line in shown(request)]


@pytest.mark.parametrize("text", NASTY)
def test_what_a_program_brings_forges_no_line_and_no_markup(text: str) -> None:
    request = with_text(text)
    drawn = draw(request)
    if not fits(request):
        assert set(buttons_of(drawn)) == {"page", "deny"}
        return

    assert lines_of(drawn) == [f"{label}: {line}" for label, line in shown(request)]
    for node in nodes(list(drawn.blocks)):
        assert node.get("type") not in {"user", "usergroup", "channel", "broadcast", "emoji", "link"}
        if node.get("type") == "mrkdwn":
            assert "evil" not in node["text"]
            assert "@here" not in node["text"]
    assert "evil" not in drawn.text


@given(request=action_requests())
@settings(max_examples=60, deadline=None)
def test_slack_takes_every_card_of_an_action_whatever_was_brought(request: Request) -> None:
    """What is said to fit does: nothing of it is refused as too long, and none of its lines is left out."""
    drawn = draw(request)

    assert message_problems(list(drawn.blocks)) == []
    assert not too_long(list(drawn.blocks))
    if fits(request) and not view(Card(request=request, tally=tally(ONE))).over:
        assert lines_of(drawn) == [f"{label}: {text}" for label, text in shown(request)]


def test_the_fullest_card_is_one_message() -> None:
    """Just what fits, beside the longest reason there is."""
    most = max(each for each in range(1, showing.LONGEST) if fits(lines_long(2, each)))
    full = msgspec.structs.replace(
        lines_long(2, most),
        terms=action_terms(
            targets=lines_long(2, most).terms.targets,
            requirement=ONE,
            justification=typed('"' * 1_000, salt="s" * 16),
        ),
    )
    drawn = draw(full, names={"alice@example.com": '"' * 200})

    assert len(drawn.blocks) <= BLOCKS
    assert len(msgspec.json.encode(drawn.blocks).decode()) <= WHOLE
    assert not too_long(list(drawn.blocks))


@pytest.mark.parametrize(("proven", "said"), [("token", False), ("iap", False), ("asserted", True)])
def test_that_only_the_application_says_for_whom_it_is_stands_in_plain_words(proven: Any, said: bool) -> None:
    person = msgspec.structs.replace(PERSON, proven=proven)
    words = said_on(draw(asked(person=person)).blocks)

    assert ("That this is for alice@example.com is asserted by shop, and by nobody else." in words) == said


def test_a_card_says_what_an_approval_lets_the_application_do() -> None:
    assert "Approve lets shop do it: once, within 10 minutes from then." in said_on(draw(asked()).blocks)
