"""Forms filled in with what nobody can read are forms that were not filled in."""

import pytest

from tests.handlers.slack.bed import Bed

UNSEEN = ["\u200b", "\u2060", "\u3164", "\u115f", "\uffa0", "\u2800", "\u17b4"]


@pytest.fixture
def bed(shared_bed: Bed) -> Bed:
    return shared_bed


@pytest.mark.parametrize("text", UNSEEN, ids=ascii)
def test_a_reason_that_nobody_can_read_denies_nothing(bed: Bed, text: str) -> None:
    request = bed.file("alice")
    bed.press("bob", "deny", bed.draw(request))

    outcome = bed.box.slack.submit("bob", {"reason": text * 3})

    assert list(outcome.errors) == ["reason"]
    assert bed.store.request(request.id).state == "pending"


def test_a_justification_that_nobody_can_read_asks_for_nothing(bed: Bed) -> None:
    before = len(bed.requests())
    bed.box.slack.command("alice", "/jit")

    values = {"entitlement": "compute-admin-prod", "duration": "1h", "justification": "".join(UNSEEN)}
    outcome = bed.box.slack.submit("alice", values)

    assert list(outcome.errors) == ["justification"]
    assert len(bed.requests()) == before
