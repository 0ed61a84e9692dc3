"""What people type has one greatest length, in every form."""

from collections.abc import Callable

import pytest

from approvals.reviews import TYPED_LENGTH
from tests.handlers.slack.bed import Bed
from tests.handlers.slack.test_forms import GOOD


def request_form(bed: Bed) -> tuple[str, str]:
    bed.box.slack.command("alice", "/jit")
    return "alice", "justification"


def denial_form(bed: Bed) -> tuple[str, str]:
    bed.press("bob", "deny", bed.draw(bed.file("alice")))
    return "bob", "reason"


@pytest.mark.parametrize("opened", [request_form, denial_form])
def test_a_text_that_is_too_long_is_refused_also_by_a_client_that_does_not_hold_to_the_form(
    bed: Bed, opened: Callable[[Bed], tuple[str, str]]
) -> None:
    who, field = opened(bed)
    before, long = bed.requests(), GOOD | {field: "x" * (TYPED_LENGTH + 1)}
    held = bed.box.slack.state.top(who)
    assert held is not None
    (element,) = [each["element"] for each in held.sent["blocks"] if each.get("block_id") == field]

    assert element.pop("max_length") == TYPED_LENGTH
    outcome = bed.box.slack.submit(who, long if who == "alice" else {field: long[field]})

    assert outcome.errors == {field: f"Write at most {TYPED_LENGTH:,} characters."}
    assert bed.requests() == before
