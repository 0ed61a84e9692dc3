"""Cards and forms: whatever is in a request, Slack takes them and nothing typed turns into markup."""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from approvals.policy import showing
from approvals.policy.access import DurationRule, JustificationRule
from approvals.policy.model import Entitlement, Requirement, Stage
from approvals.ports.messages import ChannelError, Notice, ToAccount, ToRoom
from approvals.requests import Decision
from approvals.reviews import Attestation, Review, typed
from approvals.targets import accesses
from approvals.telling.cards import Card
from approvals.votes.counting import StageTally
from approvals.votes.tally import Tally
from handlers.slack.cards import Message, message
from handlers.slack.modals import deny_form, sign_form
from handlers.wording.text.lines import plain
from handlers.wording.views import view
from sandbox.slack.limits import POST_TEXT, UPDATE_TEXT, message_problems, too_long, view_problems, view_too_large
from tests.handlers.slack.records import NASTY, cards, notices
from tests.support.builders import NOW, RESOURCE, filed, grant, review, terms

ENTITY = re.compile(r"<([^<>]*)>")
OURS = re.compile(r"!date\^\d+\^\{date_short_pretty\} at \{time(_secs)?\}\|\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC")
TICKET = re.compile(r"https://tickets\.example\.com/browse/(%23)?[A-Za-z0-9](([A-Za-z0-9._-]|%23)*[A-Za-z0-9])?")
CARD = Notice(key="card", kind="card", to=ToRoom("C1"))
STATUS = Notice(key="status", kind="status", to=ToAccount("slack:T1/U1"))
ENDS = ("ended", "revoked", "failed")
ONE = Requirement(kind="stages", stages=(Stage(approvers=("group:sre",)),))


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, list):
        for each in node:
            yield from nodes(each)
    elif isinstance(node, dict):
        yield node
        for value in node.values():
            yield from nodes(value)


def whole(notice: Notice, card: Card, *, buttons: bool) -> Message:
    """A message of a request that can be shown whole; another one is none of the test's."""
    try:
        return message(notice, card, buttons=buttons)
    except ChannelError:
        reject()


@given(notice=notices, card=cards(), buttons=st.booleans())
@settings(max_examples=80, deadline=None)
def test_slack_takes_every_card(notice: Notice, card: Card, buttons: bool) -> None:
    drawn = whole(notice, card, buttons=buttons)

    assert message_problems(list(drawn.blocks)) == []
    assert not too_long(list(drawn.blocks))
    assert 0 < len(drawn.text) <= UPDATE_TEXT < POST_TEXT


@given(card=cards())
@settings(max_examples=40, deadline=None)
def test_slack_takes_every_form(card: Card) -> None:
    for form in (sign_form(card), deny_form(card)):
        assert view_problems(form) == []
        assert not view_too_large(form)


@given(notice=notices, card=cards())
@settings(max_examples=80, deadline=None)
def test_no_mention_and_no_link_but_to_the_policys_tickets_can_arise(notice: Notice, card: Card) -> None:
    drawn = whole(notice, card, buttons=True)

    for node in nodes(list(drawn.blocks)):
        assert node.get("type") not in {"user", "usergroup", "channel", "broadcast", "emoji"}
        if node.get("type") == "link":
            assert card.tickets is not None
            assert TICKET.fullmatch(node["url"])
        if node.get("type") == "mrkdwn":
            assert node["verbatim"] is True
            assert all(OURS.fullmatch(entity) for entity in ENTITY.findall(node["text"]))
            assert "<" not in ENTITY.sub("", node["text"])
    assert not ENTITY.search(drawn.text)
    assert "<" not in drawn.text


@pytest.mark.parametrize("text", NASTY)
def test_typed_text_stands_only_where_no_markup_is_read(text: str) -> None:
    mark = "typed-by-alice"
    drawn = draw(CARD, terms_with=f"{mark} {text}")

    holding = [node for node in nodes(list(drawn.blocks)) if mark in str(node.get("text", ""))]

    assert {node["type"] for node in holding} == {"text"}
    assert mark not in drawn.text
    assert not re.search(
        "[\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff\x00\x07]", json.dumps(drawn.blocks, ensure_ascii=False)
    )


@pytest.mark.parametrize(
    "gap", ["\u2800" * 60, "\n\n", " " * 60, "\U0001d159" * 60], ids=["braille", "lines", "spaces", "notes"]
)
@pytest.mark.parametrize("quotes", ["“”", '""', "«»", "„‟", "＂＂", "〝〞", "‘’"])
def test_a_typed_name_makes_no_second_decision(gap: str, quotes: str) -> None:
    opened, closed = quotes[0], quotes[1]
    forged = (
        f"Bob{closed}, meaning: {opened}I approve{closed}{gap}carol@example.com signed and approved as {opened}C"
    )
    attestation = Attestation(printed_name=typed(forged, salt="s"), meaning=typed(forged, salt="s"))
    line = plain(view(card_of(review("bob@example.com", attestation=attestation))).reviews[0])

    assert line.count("“") == line.count("”") == 2
    assert not re.search(r"[\"«»„‟＂〝〞‘’\u2800\U0001d159\n]|  ", line)
    assert line.endswith(
        "Bob', meaning: 'I approve'" + gap_shown(gap) + "carol@example.com signed and approved as 'C”"
    )


def card_of(*reviews: Review) -> Card:
    request = msgspec.structs.replace(filed().request, reviews=reviews)
    return Card(request=request, tally=tally(ONE))


def gap_shown(gap: str) -> str:
    return " " if gap.isspace() else ""


def draw(notice: Notice, *, terms_with: str = "INC-42", buttons: bool = True, **changes: Any) -> Message:
    asked = terms(justification=typed(terms_with, salt="s" * 16), requirement=ONE)
    request = filed(**({"terms": asked} | changes)).request
    return message(notice, Card(request=request, tally=tally(ONE), token="token"), buttons=buttons)


def tally(requirement: Requirement, *counted: tuple[str, ...]) -> Tally:
    held = tuple(
        StageTally(counted=counted[index] if index < len(counted) else (), unknown=(), needed=stage.needed)
        for index, stage in enumerate(requirement.stages)
    )
    return Tally(requirement=requirement, stages=held)


def buttons_of(drawn: Message) -> dict[str, str]:
    return {n["action_id"]: n["value"] for n in nodes(list(drawn.blocks)) if n.get("type") == "button"}


def test_what_cannot_be_shown_whole_is_not_shown_at_all() -> None:
    many = terms(roles=tuple(f"roles/{'a' * 80}{number}" for number in range(2000)))
    request = filed(terms=many).request

    with pytest.raises(ChannelError, match="too long"):
        message(CARD, Card(request=request, tally=tally(ONE), token="t"), buttons=True)


def test_every_role_is_shown_however_many_there_are() -> None:
    several = tuple(f"roles/service{number}.{'a' * 60}" for number in range(50))
    text = json.dumps(draw(CARD, terms=terms(roles=several)).blocks)

    assert all(f"`{role}`" in text for role in several)


@given(
    roles=st.integers(0, 90), stages=st.integers(0, 6), quotes=st.sampled_from(['"', "\\", "\n.", "\U0001f600"])
)
@settings(max_examples=60, deadline=None)
def test_whatever_lint_lets_pass_fits_into_a_card_with_the_longest_that_people_type(
    roles: int, stages: int, quotes: str
) -> None:
    requirement = Requirement(
        kind="stages", stages=(Stage(approvers=(f"group:{'g' * 60}",) * 5, needed=3),) * max(1, stages)
    )
    asked = terms(
        title="T" * 75,
        roles=tuple(f"roles/service{number}.{'aB' * 10}" for number in range(roles)) or ("roles/a.b",),
        condition='"' * 1000,
        requirement=requirement,
        justification=typed(quotes * (1000 // len(quotes)), salt="s"),
    )
    offered = Entitlement(
        id=asked.entitlement,
        title=asked.title,
        targets=accesses(asked.targets),
        requesters=("group:sre",),
        duration=DurationRule(default=asked.duration, max=asked.duration),
        justification=JustificationRule(),
        requirement=requirement,
    )
    assume(showing.length(offered) <= showing.ROOM)
    counted = tuple(f"{'p' * 40}{n}@example.com" for n in range(3))
    signed = Attestation(printed_name=typed(quotes * 300, salt="s"), meaning=typed(quotes * 300, salt="s"))
    request = filed(terms=asked, reviews=tuple(review(who, attestation=signed) for who in counted)).request
    card = Card(
        request=request,
        tally=tally(requirement, *[counted] * 6),
        token="t" * 1000,
        before=filed("r-0000000000", state="approved", grant=grant()).request,
        names=dict.fromkeys((request.requester, *counted), quotes * 80),
    )

    text = json.dumps(message(CARD, card, buttons=True).blocks)

    assert all(role in text for role in accesses(asked.targets)[0].roles)


def test_where_a_card_would_be_too_long_the_earlier_decisions_give_way_first() -> None:
    signed = Attestation(printed_name=typed("P" * 1000, salt="s"), meaning=typed("M" * 1000, salt="s"))
    reviews = [review(f"person{number}@example.com", attestation=signed) for number in range(8)]
    drawn = draw(CARD, reviews=tuple(reviews))
    text = json.dumps(drawn.blocks)

    assert not too_long(list(drawn.blocks))
    assert "person0@example.com" not in text
    assert "earlier: the audit has all of them" in text
    assert "person7@example.com" in text
    assert set(buttons_of(drawn)) >= {"approve", "deny"}


def test_everything_that_is_decided_on_stands_above_the_buttons_however_long() -> None:
    several = tuple(f"roles/service{number}.{'a' * 60}" for number in range(12))
    asked = terms(roles=several, condition='resource.name == "x"', title="Read the weather", requirement=ONE)
    blocks = list(draw(CARD, terms=asked).blocks)

    shown = json.dumps(blocks[: [block["type"] for block in blocks].index("actions")])

    for needed in (*several, "alice@example.com", RESOURCE, "1 hour", "resource.name == ", "INC-42"):
        assert needed in shown
    # What the policy's author called it, or the person's display name, is no ground for a decision.
    assert "Read the weather" not in shown
    assert "Approve grants it at once, until 1 hour later" in shown


def test_facts_reason_effect_and_buttons_come_in_that_order_and_the_rest_below() -> None:
    drawn = [json.dumps(block) for block in draw(CARD).blocks]

    order = ["Needs ", "alice@example.com", "INC-42", "grants it at once", "actions", "Payments administration"]
    assert [next(at for at, text in enumerate(drawn) if word in text) for word in order] == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("state", ["denied", "withdrawn", "expired", "ended", "revoked", "failed"])
def test_what_is_over_is_said_in_two_lines_with_a_button_for_the_rest(state: Any) -> None:
    by = Decision(outcome="approved" if state in ENDS else state, at=NOW, by=("bob@example.com",))
    over = {"state": "approved", "grant": grant(state, removed=True)} if state in ENDS else {"state": state}

    (block,) = draw(CARD, decision=by, **over).blocks

    assert len(block["text"]["text"].splitlines()) == 2
    assert block["accessory"]["action_id"] == "details"
    assert "INC-42" not in json.dumps(block)


def test_nobody_presses_anything_on_what_is_over_in_a_channel_that_others_see() -> None:
    (block,) = draw(CARD, buttons=False, state="withdrawn").blocks

    assert "accessory" not in block


def test_a_first_post_has_no_buttons() -> None:
    assert buttons_of(draw(CARD, buttons=False)) == {}


def test_approvers_get_approve_and_deny_with_the_token() -> None:
    assert buttons_of(draw(CARD)) == dict.fromkeys(("approve", "remark", "offer", "deny"), "token")


def test_sign_stands_in_for_approve_while_the_open_stage_demands_it() -> None:
    both = Requirement(kind="stages", stages=(ONE.stages[0], Stage(approvers=("group:security",), sign="typed")))
    request = filed(terms=terms(requirement=both)).request

    first = message(CARD, Card(request=request, tally=tally(both), token="t"), buttons=True)
    second = message(CARD, Card(request=request, tally=tally(both, ("bob@example.com",)), token="t"), buttons=True)

    assert set(buttons_of(first)) == {"approve", "remark", "offer", "deny"}
    assert set(buttons_of(second)) == {"sign", "offer", "deny"}


@pytest.mark.parametrize("state", ["denied", "withdrawn", "expired"])
def test_nothing_is_decided_on_a_decided_request(state: str) -> None:
    assert buttons_of(draw(CARD, state=state)) == {"details": "r-0123456789"}
    assert buttons_of(draw(STATUS, state=state)) == {"details": "r-0123456789"}


def test_the_requester_withdraws_and_ends() -> None:
    assert buttons_of(draw(STATUS)) == {"withdraw": "r-0123456789"}
    own = dict.fromkeys(["extend", "end"], "r-0123456789")
    assert buttons_of(draw(STATUS, state="approved", grant=grant("active"))) == own
    assert buttons_of(draw(CARD, state="approved", grant=grant("activating"))) == {"end": "r-0123456789"}
    assert buttons_of(draw(CARD, state="approved", grant=grant("ended"))) == {"details": "r-0123456789"}
