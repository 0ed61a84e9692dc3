"""Tickets on cards and forms: links of rich text to the policy's address, never anything that was typed."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from approvals.backends import calls
from approvals.backends.calls import Response
from approvals.policy.model import Requirement, Stage
from approvals.policy.tickets import Tickets
from approvals.ports.messages import Notice, ToAccount, ToRoom
from approvals.requests import Decision
from approvals.reviews import typed
from approvals.telling.cards import Card
from approvals.votes.counting import StageTally
from approvals.votes.tally import Tally
from handlers.slack.cards import WHOLE, message
from handlers.slack.client import SlackApi
from handlers.slack.markup import marked
from handlers.slack.messenger import SlackMessenger
from handlers.slack.modals import deny_form, details_view, sign_form
from handlers.wording.text.lines import Ticket
from sandbox.slack.limits import message_problems, view_problems
from tests.handlers.slack.bed import Bed
from tests.support.builders import NOW, filed, grant, terms
from tests.support.shown import words

RULE = Tickets(pattern=r"(INC|CHG)-\d+", url="https://tickets.example.com/browse/{ticket}")
LONG = Tickets(pattern=r"(INC|CHG)-\d+", url="https://tickets.example.com/" + "b" * 160 + "/{ticket}")
CARD = Notice(key="card", kind="card", to=ToRoom("#access"))
STATUS = Notice(key="status", kind="status", to=ToAccount("slack:T1/U1"))
DENIED = Notice(key="step:denied", kind="step", to=ToAccount("slack:T1/U1"), step="denied")
ONE = Requirement(kind="stages", stages=(Stage(approvers=("group:sre",), sign="typed"),))
OPENED = [("INC-1234", "https://tickets.example.com/browse/INC-1234")]


def links(node: Any) -> list[tuple[str, str]]:
    """Every link in blocks, as what is read and what is opened."""
    if isinstance(node, list | tuple):
        return [found for each in node for found in links(each)]
    if not isinstance(node, dict):
        return []
    here = [(node["text"], node["url"])] if node.get("type") == "link" else []
    return here + [found for value in node.values() for found in links(value)]


def card(why: str = "disk (INC-1234) is full", *, tickets: Tickets | None = RULE, **changes: Any) -> Card:
    asked = terms(justification=typed(why, salt="s" * 16), requirement=ONE, **changes.pop("terms", {}))
    request = filed(terms=asked, **changes).request
    held = (StageTally(counted=(), unknown=(), needed=1),)
    return Card(request=request, tally=Tally(requirement=ONE, stages=held), token="t", tickets=tickets)


def denied(comment: str) -> Card:
    by = ("bob@example.com",)
    decision = Decision(outcome="denied", at=NOW, by=by, comment=typed(comment, salt="s" * 16))
    return card("disk is full", state="denied", decision=decision)


def test_a_typed_link_stays_text_beside_a_ticket() -> None:
    why = "<https://evil.example|INC-1> https://evil.example/INC-1 javascript:INC-1 @here/INC-1 (INC-1234)"
    blocks = list(message(CARD, card(why), buttons=True).blocks)

    assert links(blocks) == OPENED
    assert message_problems(blocks) == []
    assert "evil.example|INC-1" in json.dumps(blocks)


def test_a_ticket_cannot_stand_where_slack_reads_markup() -> None:
    with pytest.raises(TypeError):
        marked((Ticket("INC-1", "https://tickets.example.com/browse/INC-1"),))


def test_without_the_key_there_is_no_link() -> None:
    shown = card(tickets=None)

    assert links([message(CARD, shown, buttons=True).blocks, sign_form(shown), details_view(shown)]) == []


@pytest.mark.parametrize("notice", [CARD, STATUS], ids=["card", "status"])
def test_the_reason_on_a_card_links_to_its_ticket(notice: Notice) -> None:
    drawn = message(notice, card(), buttons=True)

    assert links(list(drawn.blocks)) == OPENED
    assert message_problems(list(drawn.blocks)) == []
    assert "tickets.example.com" not in drawn.text


@pytest.mark.parametrize("form", [sign_form, deny_form, details_view])
def test_so_does_the_reason_on_every_form(form: Any) -> None:
    view = form(card())

    assert links(view["blocks"]) == OPENED
    assert view_problems(view) == []


def test_the_reason_of_a_denial_links_as_well() -> None:
    shown = denied("Use INC-1234.")

    assert links(list(message(DENIED, shown, buttons=True).blocks)) == OPENED
    assert links(details_view(shown)["blocks"]) == OPENED


def test_lines_of_a_reason_stay_lines() -> None:
    (quote,) = [
        block["elements"][-1]
        for block in message(CARD, card("INC-1234\nCHG-7: disk\nfull"), buttons=True).blocks
        if block["type"] == "rich_text" and block["elements"][-1]["type"] == "rich_text_quote"
    ]

    assert "".join(part["text"] for part in quote["elements"]) == "INC-1234\nCHG-7: disk\nfull"


def test_where_links_do_not_fit_beside_what_is_decided_on_the_words_stay_without_them() -> None:
    why = " ".join(f"INC-{number}" for number in range(10))
    few, many = (
        {"roles": tuple(f"roles/service{number}.{'a' * 60}" for number in range(count))} for count in (3, 100)
    )
    short = message(CARD, card(why, tickets=LONG, terms=few), buttons=True)
    full = message(CARD, card(why, tickets=LONG, terms=many), buttons=True)

    assert len(links(list(short.blocks))) == 10
    assert links(list(full.blocks)) == []
    assert why in json.dumps(full.blocks)
    assert len(msgspec.json.encode(full.blocks)) <= WHOLE


def test_the_policy_in_force_decides_and_not_the_one_of_the_filing(bed: Bed) -> None:
    without = bed.policy
    bed.policy = msgspec.structs.replace(without, tickets=RULE)
    request = bed.file(justification="INC-1234 disk is full")
    drawn = bed.cases.of(request, now=bed.clock()).card(token="")
    posted = bed.messenger.post(CARD, drawn, timeout=5)
    before = bed.message(posted)

    bed.policy = without
    bed.messenger.redraw(posted, CARD, bed.cases.of(request, now=bed.clock()).card(token=""), timeout=5)

    assert links(list(before.blocks)) == OPENED
    assert links(list(bed.message(posted).blocks)) == []
    assert "INC-1234 disk is full" in words(bed.message(posted))


def test_details_of_what_is_over_link_by_the_policy_in_force(bed: Bed) -> None:
    request = bed.file(justification="INC-1234 disk is full")
    bed.press("alice", "withdraw", bed.draw(request, kind="status", to=ToAccount("slack:T0SANDBOX1/U0ALICE")))
    over = bed.draw(bed.store.request(request.id), token="")
    bed.policy = msgspec.structs.replace(bed.policy, tickets=RULE)

    assert bed.press("carol", "details", over).ok

    assert links((bed.box.slack.view("carol") or {})["blocks"]) == OPENED


def test_slack_is_asked_for_no_preview_of_what_a_link_leads_to(bed: Bed) -> None:
    sent: list[dict[str, Any]] = []

    def recording(method: str, url: str, *, timeout: float, headers: Mapping[str, str], body: bytes) -> Response:
        sent.extend([json.loads(body)] if url.endswith("chat.postMessage") else [])
        return calls.send(method, url, timeout=timeout, headers=headers, body=body)

    api = SlackApi(token=bed.box.bot_token, send=recording, base_url=bed.box.slack_api_url)
    shown = msgspec.structs.replace(bed.card(bed.file(justification="INC-1234 disk full")), tickets=RULE)

    SlackMessenger(api, bed.channels, bed.roster).post(CARD, shown, timeout=5)

    (said,) = sent
    assert links(said["blocks"]) == OPENED
    assert (said["unfurl_links"], said["unfurl_media"]) == (False, False)


def test_a_finished_card_shows_no_reason_and_no_link() -> None:
    over = card(state="approved", grant=grant("ended", closed_at=NOW + timedelta(minutes=5)))

    assert links(list(message(CARD, over, buttons=True).blocks)) == []
