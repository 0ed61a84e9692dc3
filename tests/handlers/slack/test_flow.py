"""A request's way through Slack, as people see it."""

from tests.handlers.slack.bed import Bed


def test_a_request_is_filed_by_the_form_and_approved_on_the_card(bed: Bed) -> None:
    request = bed.file("alice", "compute-admin-prod", duration="90m", justification="CHG-42 disk full")
    card = bed.draw(request)

    outcome = bed.press("bob", "approve", card)

    assert outcome.ok, outcome.error
    approved = bed.store.request(request.id)
    assert (approved.state, approved.requester) == ("approved", "alice@example.com")
    assert approved.decision is not None
    assert approved.decision.by == ("bob@example.com",)
