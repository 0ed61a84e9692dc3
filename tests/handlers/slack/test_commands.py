"""The slash command: one line asks, and everything is answered to the person alone."""

import json
from itertools import pairwise
from typing import Any

import pytest

from tests.handlers.slack.bed import Bed


def say(bed: Bed, who: str, line: str) -> str:
    outcome = bed.box.slack.command(who, line)
    assert outcome.ok, outcome.error
    return json.dumps(json.loads(outcome.body), ensure_ascii=False)


def test_what_fits_nothing_is_refused(bed: Bed) -> None:
    assert "cannot ask for anything called “root”" in say(bed, "alice", "/jit request root because CHG-1")
    assert bed.requests() == []


def test_what_was_typed_is_repeated_as_it_was_typed(bed: Bed) -> None:
    said = say(bed, "alice", "/jit request INC-1 on Shop-Prod")

    assert "You cannot ask for anything called “INC-1 on Shop-Prod”. The form lists what you can." in said


def test_what_fits_several_is_refused_with_their_ids(bed: Bed) -> None:
    said = say(bed, "alice", "/jit request compute.instanceAdmin.v1 on shop-prod because CHG-1")

    assert "compute-admin-prod, web-servers-restart" in said
    assert bed.requests() == []


@pytest.mark.parametrize("verb", ["end", "withdraw"])
def test_nobody_touches_the_requests_of_others(bed: Bed, verb: str) -> None:
    request = bed.file("alice")

    say(bed, "carol", f"/jit {verb} {request.id}")

    assert bed.store.request(request.id).state == "pending"


def test_an_unknown_id_is_answered(bed: Bed) -> None:
    assert "no such request" in say(bed, "alice", "/jit end r-zzzzzzzzzz")


@pytest.mark.parametrize(
    "line",
    [
        "/jit request compute-admin-prod on shop-prod for 2h because CHG-42 disk full",
        "/jit request Compute admin on production for 2 hours because CHG-42 disk full",
        "/jit REQUEST “Compute admin on production” for 120m BECAUSE “CHG-42 disk full”",
    ],
)
def test_one_line_files_a_request(bed: Bed, line: str) -> None:
    said = say(bed, "alice", line)

    request = bed.requests()[0]
    assert f"Take it back: `/jit withdraw {request.id}`" in said
    assert (request.terms.entitlement, request.terms.justification.text) == (
        "compute-admin-prod",
        "CHG-42 disk full",
    )
    assert request.terms.duration.total_seconds() == 7200


def test_a_role_is_enough_where_it_is_the_only_one(bed: Bed) -> None:
    say(bed, "alice", "/jit request roles/bigquery.jobUser on projects/shop-data because CHG-1")

    assert bed.requests()[0].terms.entitlement == "customer-data"


def test_access_that_needs_nobody_else_says_so(bed: Bed) -> None:
    said = say(bed, "carol", "/jit request logs because CHG-1")

    assert "Approved, being set up. Access is being set up; it ends " in said
    assert "End it early: `/jit end r-" in said
    assert bed.requests() == []


INCOMPLETE: list[tuple[str, dict[str, Any]]] = [
    ("/jit", {"entitlement": None, "duration": None, "justification": None}),
    ("/jit request customer-data", {"entitlement": "customer-data", "duration": None, "justification": None}),
    ("/jit request for 2h because CHG-1", {"entitlement": None, "duration": "2h", "justification": "CHG-1"}),
    (
        "/jit request customer-data for soon because CHG-1",
        {"entitlement": "customer-data", "duration": "soon", "justification": "CHG-1"},
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
    assert [block["type"] for block in blocks].count("section") == 1
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


def test_mine_and_pending_list_what_each_person_can_do(bed: Bed) -> None:
    request = bed.file("alice", justification="CHG-42 <!channel> secret words")

    mine, waiting = say(bed, "alice", "/jit mine"), say(bed, "bob", "/jit pending")

    assert f"/jit withdraw {request.id}" in mine
    assert request.id in waiting
    assert "alice@example.com" in waiting
    assert "secret words" not in mine + waiting
    assert "Nothing waits" in say(bed, "alice", "/jit pending")
    assert "no open request" in say(bed, "bob", "/jit mine")


def test_withdraw_and_end_by_id(bed: Bed) -> None:
    first, second = bed.file("alice"), bed.file("alice")
    bed.press("bob", "approve", bed.draw(second))

    assert "Withdrawn" in say(bed, "alice", f"/jit withdraw {first.id}")
    assert "ended it early" in say(bed, "alice", f"/jit end {second.id}")

    grant = bed.store.request(second.id).grant
    assert bed.store.request(first.id).state == "withdrawn"
    assert grant is not None
    assert grant.state == "ended"


def test_why_explains_by_id_and_by_title(bed: Bed) -> None:
    for name in ("customer-data", "Read customer data"):
        said = say(bed, "alice", f"/jit why {name}")
        assert "bigquery.dataViewer" in said
        assert "2 of sre or security" in said


@pytest.mark.parametrize(
    "name", ["logs", "read production logs", "roles/logging.viewer", "logging.Viewer on shop-prod"]
)
def test_why_finds_what_a_request_finds(bed: Bed, name: str) -> None:
    assert "Read production logs (logs)" in say(bed, "alice", f"/jit why {name}")


def test_why_names_what_fits_several(bed: Bed) -> None:
    said = say(bed, "alice", "/jit why compute.instanceAdmin.v1")

    assert "“compute.instanceAdmin.v1” fits several: compute-admin-prod, web-servers-restart. " in said


def test_why_explains_what_one_may_not_ask_for_and_how_to_find_what_one_may(bed: Bed) -> None:
    said = say(bed, "carol", "/jit why compute-admin-prod")

    assert "carol@example.com is not among the people who may ask for Compute admin on production." in said
    assert "/jit why lists what you can ask for." in said


def test_why_of_a_name_that_there_is_not_says_how_to_find_those_there_are(bed: Bed) -> None:
    assert "There is no such entitlement.\\n/jit why lists what you can ask for." in say(
        bed, "carol", "/jit why root"
    )


def test_why_alone_lists_what_one_can_ask_for(bed: Bed) -> None:
    said = say(bed, "carol", "/jit why")

    assert "`logs` Read production logs\\n`quick-look` A quick look at production (30 seconds)" in said
    assert "compute-admin-prod" not in said


def test_help_names_every_order(bed: Bed) -> None:
    said = say(bed, "alice", "/jit help")

    for order in ("request", "mine", "pending", "end ID", "withdraw ID", "why"):
        assert f"/jit {order}" in said
    assert "not in this version" in say(bed, "alice", "/jit extend r-0123456789 1h")


def test_every_answer_is_for_the_person_alone(bed: Bed) -> None:
    bed.file("alice")
    for line in ("/jit help", "/jit mine", "/jit pending", "/jit why logs", "/jit nonsense <!channel>"):
        body = json.loads(say(bed, "alice", line))
        assert body.get("response_type", "ephemeral") == "ephemeral"

    assert all(message.to for message in bed.box.slack.messages("#access"))


def test_a_word_of_nobody_is_repeated_without_markup(bed: Bed) -> None:
    blocks = json.loads(say(bed, "alice", "/jit *bold*<!channel> x"))["blocks"]

    assert blocks[0]["text"]["type"] == "plain_text"
    assert "*bold*<!channel>" in blocks[0]["text"]["text"]
    assert "/jit mine" in blocks[1]["text"]["text"]
