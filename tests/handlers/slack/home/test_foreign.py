"""What another person's Home tab, or one that nobody drew, leads to: what its presser may see, and no more."""

from typing import Any

import msgspec
import pytest

from approvals.ports.store import UNREVIEWED
from approvals.requests import Request
from tests.handlers.slack.bed import Bed
from tests.handlers.slack.home.tab import (
    Json,
    at_home,
    below,
    of_another,
    offered,
    opened,
    seen,
    text,
    told,
    waits,
)
from tests.handlers.slack.home.test_frozen import declared
from tests.support.frozen import freeze_part

FORGED = {
    "words": "older",
    "a request's id alone": "REQUEST",
    "markup": "<!channel>",
    "long": "x" * 1900,
    "behind all times": "9999999999999999.REQUEST",
    "before all times": "0.REQUEST",
    "other digits": "\N{FULLWIDTH DIGIT ONE}.REQUEST",
}


def withdrawn(bed: Bed, who: str = "alice") -> Request:
    request = bed.file(who)
    bed.box.slack.command(who, f"/jit withdraw {request.id}")
    return request


def pressed(bed: Bed, who: str, action: str, *, metadata: str | None = None, **button: Any) -> Json:
    """Press a button that nobody drew, on one's own tab, and wait until the tab is drawn for it."""
    view, before = seen(bed, who), bed.box.slack.home(who)
    assert before is not None
    made = {"type": "button", "action_id": action, "text": {"type": "plain_text", "text": "x"}, **button}
    blocks = [*view.sent["blocks"], {"type": "actions", "block_id": "forged", "elements": [made]}]
    sent = {**view.sent, "blocks": blocks}
    if metadata is not None:
        sent["private_metadata"] = metadata
    assert bed.box.slack.press_at_home(who, action, home=msgspec.structs.replace(view, sent=sent)).ok

    def drawn() -> Json | None:
        found = bed.box.slack.home(who)
        return found if found is not None and found["hash"] != before["hash"] else None

    found = bed.box.slack.wait(drawn)
    assert found is not None
    return found


@pytest.mark.parametrize("token", FORGED.values(), ids=list(FORGED))
def test_a_page_that_nobody_made_shows_carol_nothing_of_others(bed: Bed, token: str) -> None:
    bed.policy = msgspec.structs.replace(bed.policy, administrators=())
    request = withdrawn(bed)
    opened(bed, "carol")

    shown = pressed(bed, "carol", "home_older", value=token.replace("REQUEST", request.id))

    assert request.id not in text(shown)
    assert "approve" not in offered(shown)


@pytest.mark.parametrize(
    "metadata", ["", "{", "[]", '{"who": 1}', '{"before": ["x"]}', '{"who": "alice@example.com"}']
)
def test_a_tab_that_says_another_place_shows_carol_nothing_of_others(bed: Bed, metadata: str) -> None:
    bed.policy = msgspec.structs.replace(bed.policy, administrators=())
    request = withdrawn(bed)
    opened(bed, "carol")

    assert request.id not in text(pressed(bed, "carol", "home_refresh", metadata=metadata))


def test_a_search_from_anothers_tab_finds_what_its_sender_may_see(bed: Bed) -> None:
    bed.policy = msgspec.structs.replace(bed.policy, administrators=())
    theirs = withdrawn(bed)
    opened(bed, "alice")
    before = opened(bed, "carol")

    bed.box.slack.press_at_home("carol", "home_search", home=of_another(bed, "alice", presses="carol"))
    assert bed.box.slack.submit("carol", {"who": "alice@example.com", "what": theirs.id}).ok

    shown = at_home(bed, "carol", until=lambda found: found["hash"] != before["hash"])
    assert "who" in shown["private_metadata"]
    assert theirs.id not in below(shown, "History")


@pytest.mark.parametrize("kind", ["justified", "unjustified"])
def test_a_finding_at_home_is_nobody_elses_and_no_frozen_persons(bed: Bed, kind: str) -> None:
    declared(bed)
    opened(bed, "bob")
    (before,) = bed.store.on(UNREVIEWED).requests

    assert bed.box.slack.press_at_home("carol", kind, home=of_another(bed, "bob", presses="carol")).ok
    assert "Only bob@example.com can review this." in told(bed, "carol")
    freeze_part(bed.store, "person", "bob@example.com", now=bed.clock())
    assert bed.box.slack.press_at_home("bob", kind, home=seen(bed, "bob")).ok
    told(bed, "bob")
    bed.box.slack.submit("bob", {"reason": "It was over at noon"})

    assert "You are frozen" in told(bed, "bob")
    assert list(bed.store.on(UNREVIEWED).requests) == [before]


@pytest.mark.parametrize("presser", ["alice", "carol"])
def test_less_is_offered_from_home_by_who_decides_alone(bed: Bed, presser: str) -> None:
    bed.policy = msgspec.structs.replace(bed.policy, administrators=())
    request = waits(bed)

    assert bed.box.slack.press_at_home(presser, "offer", home=of_another(bed, "bob", presses=presser)).ok

    assert "Offer" not in told(bed, presser)
    assert bed.store.request(request.id) == request
