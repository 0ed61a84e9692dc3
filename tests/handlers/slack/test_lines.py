"""A line that lacks something, or has something wrong, opens the form with what was typed."""

from itertools import pairwise
from typing import Any

import pytest

from tests.handlers.slack.bed import Bed

INCOMPLETE: list[tuple[str, dict[str, Any]]] = [
    ("/jit", {"entitlement": None, "duration": None, "justification": None}),
    ("/jit request customer-data", {"entitlement": "customer-data", "duration": None, "justification": None}),
    ("/jit request for 2h because CHG-1", {"entitlement": None, "duration": "2h", "justification": "CHG-1"}),
    (
        "/jit request customer-data for soon because CHG-1",
        {"entitlement": "customer-data", "duration": "soon", "justification": "CHG-1"},
    ),
    (
        "/jit request root on shop-prod for 2h because CHG-1 disk full",
        {"entitlement": None, "duration": "2h", "justification": "CHG-1 disk full"},
    ),
    (
        "/jit request compute.instanceAdmin.v1 for soon because CHG-1",
        {"entitlement": None, "duration": "soon", "justification": "CHG-1"},
    ),
]


@pytest.mark.parametrize(("line", "filled"), INCOMPLETE)
def test_an_incomplete_line_opens_the_form_with_what_was_typed(
    bed: Bed, line: str, filled: dict[str, Any]
) -> None:
    outcome = bed.box.slack.command("alice", line)

    assert outcome.view is not None
    assert _filled(outcome.view) == filled
    assert outcome.body == ""


WRONG = [
    (
        "/jit request INC-1 on Shop-Prod for soon because CHG-1",
        "You cannot ask for anything called “INC-1 on Shop-Prod”. Type below to see what you can ask for.",
        "entitlement",
    ),
    (
        "/jit request compte-admin-prd because CHG-1",
        "You cannot ask for anything called “compte-admin-prd”. Did you mean compute-admin-prod?",
        "entitlement",
    ),
    (
        "/jit request customer-data on shop-prod because CHG-1",
        "“customer-data” is offered on project shop-data, not on “shop-prod”.",
        "entitlement",
    ),
    (
        "/jit request compute.instanceAdmin.v1 because CHG-1",
        "“compute.instanceAdmin.v1” fits several: compute-admin-prod, web-servers-restart. Name one of them.",
        "entitlement",
    ),
    (
        "/jit request customer-data for 99h because CHG-1",
        "Too long: Read customer data is for at most 2 hours.",
        "duration",
    ),
    ("/jit request customer-data for 99h", "Too long: Read customer data is for at most 2 hours.", "duration"),
    (
        "/jit request customer-data for 999d because CHG-1",
        "“999d” does not fit: a duration is longer than zero, at most 366 days.",
        "duration",
    ),
    (
        "/jit request for soon because CHG-1",
        "“soon” is no duration: write for example 90m, 1h30m or 2 hours.",
        "duration",
    ),
    (
        "/jit request deploy-prod-signed for 1h because it broke",
        "The justification does not fit: Start with the incident or change number, like CHG-42",
        "justification",
    ),
]


@pytest.mark.parametrize(("line", "said", "field"), WRONG)
def test_a_line_with_something_wrong_opens_the_form_and_says_it_above_the_field(
    bed: Bed, line: str, said: str, field: str
) -> None:
    outcome = bed.box.slack.command("alice", line)

    assert outcome.view is not None
    blocks = outcome.view["blocks"]
    above = [block["text"] for block, next_ in pairwise(blocks) if next_.get("block_id") == field]
    assert above[0]["text"] == said
    assert above[0]["type"] == "plain_text"
    assert len(above) == 1
    assert bed.requests() == []


def test_what_was_wrong_in_a_line_is_kept_to_be_mended(bed: Bed) -> None:
    outcome = bed.box.slack.command("alice", "/jit request customer-data for 99h because CHG-1 export")
    assert outcome.view is not None
    assert _filled(outcome.view) == {
        "entitlement": "customer-data",
        "duration": "99h",
        "justification": "CHG-1 export",
    }

    bed.box.slack.submit(
        "alice", {"entitlement": "customer-data", "duration": "1h", "justification": "CHG-1 export"}
    )

    assert bed.requests()[0].terms.duration.total_seconds() == 3600


def test_a_line_without_a_reason_opens_the_form_without_complaint(bed: Bed) -> None:
    outcome = bed.box.slack.command("alice", "/jit request deploy-prod-signed for 2h")

    assert outcome.view is not None
    assert "section" not in [block["type"] for block in outcome.view["blocks"]]


def test_the_form_says_the_rules_of_what_was_chosen(bed: Bed) -> None:
    outcome = bed.box.slack.command("alice", "/jit request deploy-prod-signed")
    assert outcome.view is not None
    inputs = {block["block_id"]: block for block in outcome.view["blocks"] if block["type"] == "input"}

    assert inputs["duration"]["hint"]["text"] == "Left empty, it is 1 hour. At most 4 hours."
    assert inputs["justification"]["hint"]["text"] == "Start with the incident or change number, like CHG-42"


def _filled(view: dict[str, Any]) -> dict[str, Any]:
    elements = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
    chosen = elements["entitlement"].get("initial_option")
    return {
        "entitlement": chosen["value"] if chosen else None,
        "duration": elements["duration"].get("initial_value"),
        "justification": elements["justification"].get("initial_value"),
    }


def test_a_form_opened_half_filled_can_be_sent(bed: Bed) -> None:
    bed.box.slack.command("alice", "/jit request customer-data for 30m because CHG-1")
    bed.box.slack.command("alice", "/jit request customer-data")

    outcome = bed.box.slack.submit(
        "alice", {"entitlement": "customer-data", "duration": "", "justification": "CHG-2"}
    )

    assert outcome.ok, outcome.errors
    assert [r.terms.justification.text for r in bed.requests()] == ["CHG-1", "CHG-2"]
