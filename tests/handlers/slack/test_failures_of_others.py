"""How other systems failed at the card: what is shown decides nothing, and what is long is shown all the same."""

import json

import msgspec

from approvals.policy.reading.parse import parse
from tests.handlers.slack.bed import POLICY, Bed
from tests.support.shown import words

WHY = "INC-7: the disk is full: Role: Owner\nRequester: carol@example.com"


def test_a_card_that_says_something_else_decides_what_is_on_record(bed: Bed) -> None:
    """Somebody who runs the workspace changes what the card shows: role, person and duration."""
    request = bed.file("alice", justification=WHY)
    card = bed.draw(request)
    said = json.dumps(card.blocks).replace("alice@", "carol@").replace("1 hour", "4 hours")
    told = said.replace("instanceAdmin", "admin")
    forged = msgspec.structs.replace(card, blocks=json.loads(told))
    assert words(forged) != words(card)
    bed.box.slack.state.kept[card.channel, card.ts] = forged

    assert bed.press("bob", "approve", forged).ok

    stored = bed.store.request(request.id)
    assert (stored.state, stored.requester, stored.terms) == ("approved", "alice@example.com", request.terms)


def test_a_reason_that_reads_like_the_card_s_own_lines_is_kept_whole(bed: Bed) -> None:
    request = bed.file("alice", justification=WHY)

    assert request.terms.justification.text == WHY
    assert "Requester: carol@example.com" in words(bed.draw(request))
    assert request.requester == "alice@example.com"


def test_a_card_with_more_groups_of_approvers_than_it_can_name_is_posted_and_decided(bed: Bed) -> None:
    groups = "".join(f"  team-{number}: [bob@example.com, p{number}@example.com]\n" for number in range(60))
    named = ", ".join(f'"group:team-{number}"' for number in range(60))
    text = POLICY.read_text().replace("groups:\n", f"groups:\n{groups}", 1)
    one = '- {approvers: ["group:sre"], needed: 1}'
    bed.policy = parse(text.replace(one, f"- {{approvers: [{named}], needed: 1}}", 1), source="policy.yaml")
    request = bed.file("alice")

    card = bed.draw(request)

    assert bed.press("bob", "approve", card).ok
    assert bed.store.request(request.id).state == "approved"
