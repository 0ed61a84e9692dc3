"""The slash command: one line asks, and everything is answered to the person alone."""

import json
import re

import msgspec
import pytest

from approvals import transitions
from approvals.policy.reading.parse import parse
from approvals.requests import Request
from handlers.wording.reading import commands
from handlers.wording.reading.choosing import choose
from tests.handlers.slack.bed import POLICY, Bed


def say(bed: Bed, who: str, line: str) -> str:
    outcome = bed.box.slack.command(who, line)
    assert outcome.ok, outcome.error
    return json.dumps(json.loads(outcome.body), ensure_ascii=False)


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


@pytest.mark.parametrize("blank", ["\u00a0", "\t", "\n", "\u3000"], ids=ascii)
def test_a_pasted_line_ends_access_whatever_its_blanks_are(bed: Bed, blank: str) -> None:
    held = _with_logs(bed)

    said = say(bed, "carol", f"/jit end{blank}{held.id}")

    assert "Its holder ended it early." in said


def test_two_titles_that_differ_in_a_dash_alone_are_not_guessed_between() -> None:
    parsed = parse(POLICY.read_bytes(), source="policy.yaml")
    logs, customers = (parsed.entitlements[each] for each in ("logs", "customer-data"))
    offered = [
        msgspec.structs.replace(logs, title="Logs – all"),
        msgspec.structs.replace(customers, title="Logs - all"),
    ]

    both = choose(offered, what="Logs - all", where="")
    assert (both.entitlement, both.problem) == (
        None,
        "“Logs - all” fits several: logs, customer-data. Name one of them.",
    )
    assert choose(offered[:1], what="Logs - all", where="").entitlement == offered[0]


def test_a_role_is_enough_where_it_is_the_only_one(bed: Bed) -> None:
    say(bed, "alice", "/jit request roles/bigquery.jobUser on projects/shop-data because CHG-1")

    assert bed.requests()[0].terms.entitlement == "customer-data"


def test_access_that_needs_nobody_else_says_so(bed: Bed) -> None:
    said = say(bed, "carol", "/jit request logs because CHG-1")

    assert "Approved, being set up. Access ends " in said
    assert "End it early: `/jit end r-" in said
    assert bed.requests() == []


def test_who_asks_for_what_they_have_is_told_until_when_and_the_request_is_filed(bed: Bed) -> None:
    first = _with_logs(bed)
    assert first.grant is not None
    until = int(first.grant.window.end.timestamp())

    again = say(bed, "carol", "/jit request logs for 2h because CHG-2")
    other = say(bed, "carol", "/jit request quick-look because CHG-3")

    assert f"You have this already until <!date^{until}^" in again
    assert "Filed as `r-" in again
    assert "already" not in other


def test_who_asks_again_for_what_waits_is_told_so_and_the_request_is_filed(bed: Bed) -> None:
    first = bed.file("alice")

    said = say(bed, "alice", "/jit request compute-admin-prod because CHG-43")

    before = f"You asked for this before, and it still waits: `{first.id}`."
    assert f"{before} Take the older one back: `/jit withdraw {first.id}`" in said
    assert len(bed.requests()) == 2


def test_access_that_is_over_is_not_said_to_be_held(bed: Bed) -> None:
    held = _with_logs(bed)
    say(bed, "carol", f"/jit end {held.id}")

    assert "already" not in say(bed, "carol", "/jit request logs because CHG-2")


def _with_logs(bed: Bed) -> Request:
    """Carol's access to the logs, active as after its binding was read back."""
    filed = re.search(r"r-[0-9a-z]{10}", say(bed, "carol", "/jit request logs for 1h because CHG-1"))
    assert filed
    change = transitions.activated(bed.store.request(filed[0]), now=bed.clock())
    bed.store.commit(change)
    return change.request


def test_mine_and_pending_list_what_each_person_can_do(bed: Bed) -> None:
    request = bed.file("alice", justification="CHG-42 <!channel> secret words")

    mine, waiting = say(bed, "alice", "/jit mine"), say(bed, "bob", "/jit pending")

    assert '"action_id": "withdraw"' in mine
    assert f"/jit withdraw {request.id}" not in mine
    assert request.id in waiting
    assert "alice@example.com" in waiting
    assert "Nothing is granted yet. Expires unless decided by <!date^" in mine
    assert "secret words" not in mine + waiting
    assert "Nothing waits" in say(bed, "alice", "/jit pending")
    assert "no open request" in say(bed, "bob", "/jit mine")


def test_a_list_that_leaves_requests_out_says_so(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("approvals.uses.looking.LISTED", 1)
    bed.file("alice")
    assert "more wait" not in say(bed, "bob", "/jit pending")
    bed.file("alice")

    assert "more wait: see the cards" in say(bed, "bob", "/jit pending")
    assert "Nothing waits for your approval. Only the oldest" in say(bed, "alice", "/jit pending")


def test_a_list_that_is_cut_says_that_more_wait(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.slack.replies.SHOWN", 1)
    first = bed.file("alice")
    assert "More wait" not in say(bed, "bob", "/jit pending")
    second = bed.file("alice")

    said = say(bed, "bob", "/jit pending")
    assert "More wait for you, which were asked for later: see the cards." in said
    assert first.id in said
    assert second.id not in said


def test_withdraw_and_end_by_id(bed: Bed) -> None:
    first, second = bed.file("alice"), bed.file("alice")
    bed.press("bob", "approve", bed.draw(second))

    withdrawn = json.loads(say(bed, "alice", f"/jit withdraw {first.id}"))
    ended = json.loads(say(bed, "alice", f"/jit end {second.id}"))

    what = "Compute admin on production on project shop-prod for 1 hour. "
    assert withdrawn["text"].startswith(f"{first.id}: {what}Withdrawn by alice@example.com ")
    assert withdrawn["text"].lower().count("withdrawn") == 1
    assert ended["text"].startswith(f"{second.id}: {what}Its holder ended it early.")
    assert ended["text"].lower().count("ended") == 1

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


@pytest.mark.parametrize("order", ["end", "withdraw", "unvote"])
def test_an_order_without_an_id_says_how_to_write_it_and_where_ids_are_and_nothing_else(
    bed: Bed, order: str
) -> None:
    said = say(bed, "alice", f"/jit {order}")
    assert f"Say which request by its id, as in /jit {order} r-7k2m9qd4xw. Each card shows its id" in said
    assert ("/jit mine those of yours" in said) == (order != "unvote"), "nobody approves their own"
    assert "opens the request form" not in said
    assert "“42” is no request's id. Say which" in say(bed, "alice", f"/jit {order} 42")


def test_why_of_a_name_that_was_mistyped_names_the_one_that_was_meant(bed: Bed) -> None:
    assert "Did you mean /jit why quick-look? /jit why lists" in say(bed, "carol", "/jit why quik-look")
    assert "Did you mean" not in say(bed, "carol", "/jit why compute-admin-prod")


def test_why_alone_lists_what_one_can_ask_for(bed: Bed) -> None:
    said = say(bed, "carol", "/jit why")

    assert "`logs` Read production logs\\n`quick-look` A quick look at production (30 seconds)" in said
    assert "compute-admin-prod" not in said


def test_help_names_every_order(bed: Bed) -> None:
    said = say(bed, "alice", "/jit help")

    for verb in commands._VERBS:
        assert re.search(rf"`/jit {verb}[` ]", said), verb
    for order in ("mine", "pending", "withdraw ID", "why", "why ENTITLEMENT-or-ROLE", "help"):
        assert f"`/jit {order}`" in said
    assert "`/jit end ID because TEXT`" in said
    assert "`/jit request ENTITLEMENT-or-ROLE on RESOURCE for 1h because TEXT`" in said


def test_every_answer_is_for_the_person_alone(bed: Bed) -> None:
    bed.file("alice")
    for line in ("/jit help", "/jit mine", "/jit pending", "/jit why logs", "/jit nonsense <!channel>"):
        body = json.loads(say(bed, "alice", line))
        assert body.get("response_type", "ephemeral") == "ephemeral"

    assert all(message.to for message in bed.box.slack.messages("#access"))


def test_a_word_of_nobody_is_repeated_without_markup(bed: Bed) -> None:
    blocks = json.loads(say(bed, "alice", "/jit *bold*<!channel> x"))["blocks"]

    assert blocks[0]["text"]["type"] == "plain_text"
    assert blocks[0]["text"]["text"] == "/jit has no “*bold*<!channel>”. It has:"
    assert "/jit mine" in blocks[1]["text"]["text"]
