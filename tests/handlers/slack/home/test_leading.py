"""Where the lines of the Home tab lead."""

import json

import msgspec

from approvals.limits import Limits
from approvals.ports.messages import ToAccount, ToPerson
from handlers.slack.home.gathering import WHOLE
from tests.handlers.slack.bed import Bed
from tests.handlers.slack.home.tab import opened
from tests.handlers.slack.test_own_lists import links, posted


def test_a_request_in_a_line_leads_to_its_card_or_to_ones_own_message_and_to_nobody_elses(bed: Bed) -> None:
    bed.policy = msgspec.structs.replace(bed.policy, limits=Limits(pending=60))
    request = [bed.file("alice") for _ in range(WHOLE + 1)][-1]
    messages = {
        "card": bed.draw(request),
        "card:bob@example.com": bed.draw(request, to=ToPerson("bob@example.com")),
        "card:dan@example.com": bed.draw(request, to=ToPerson("dan@example.com")),
        "status": bed.draw(request, to=ToAccount(request.account), kind="status"),
    }
    at = {key: posted(bed, request, key, messages[key]) for key in ("card", "card:dan@example.com", "status")}
    assert links(json.dumps(opened(bed, "bob"))) == [at["card"]]
    assert links(json.dumps(opened(bed, "alice"))) == [at["status"]]

    own = "card:bob@example.com"
    at[own] = posted(bed, request, own, messages[own])
    assert links(json.dumps(opened(bed, "bob"))) == [at[own]]
