"""What the Home tab offers while its reader decides nothing: what would only be refused has no button there."""

from collections.abc import Callable

import pytest

from tests.handlers.slack.bed import Bed
from tests.handlers.slack.home.tab import is_frozen, offered, opened, text, waits
from tests.handlers.slack.test_emergencies import TYPED, for_emergencies
from tests.support.frozen import freeze_part

VOTES = {"approve", "remark", "sign", "offer", "deny"}
FINDINGS = {"justified", "unjustified"}


def bob_is_frozen(bed: Bed) -> None:
    freeze_part(bed.store, "person", "bob@example.com", now=bed.clock())


def what_is_asked_for_is_frozen(bed: Bed) -> None:
    freeze_part(bed.store, "entitlement", "compute-admin-prod", now=bed.clock())


@pytest.mark.parametrize("freeze", [bob_is_frozen, what_is_asked_for_is_frozen, is_frozen])
def test_what_waits_is_shown_without_the_buttons_that_are_refused(bed: Bed, freeze: Callable[[Bed], None]) -> None:
    request = waits(bed)
    assert offered(opened(bed, "bob")) >= VOTES - {"sign"}

    freeze(bed)

    home = opened(bed, "bob")
    assert offered(home) & VOTES == set()
    assert request.id in text(home)
    assert "(frozen)" in text(home)


def declared(bed: Bed) -> None:
    """An emergency of alice's, which bob reviews."""
    bed.policy = for_emergencies(bed.policy)
    bed.box.slack.command("alice", "/jit")
    bed.box.slack.submit("alice", TYPED)
    bed.box.slack.submit("alice", {})


def test_whoever_is_frozen_is_offered_no_review_of_an_emergency_and_can_end_it(bed: Bed) -> None:
    declared(bed)
    assert offered(opened(bed, "bob")) >= {"end", *FINDINGS}

    bob_is_frozen(bed)

    home = opened(bed, "bob")
    assert offered(home) & {"end", *FINDINGS} == {"end"}
    assert "You are frozen by your administrators" in text(home)


def test_a_freeze_of_everything_stops_no_review(bed: Bed) -> None:
    declared(bed)
    is_frozen(bed)

    assert offered(opened(bed, "bob")) >= FINDINGS
