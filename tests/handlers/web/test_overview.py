"""What waits for somebody and what is theirs, and ending it from its page."""

import pytest

from tests.handlers.web.conftest import ALICE, BOB, CAROL, EVE
from tests.support.running import Running
from tests.support.visits import Browser, forms


def test_who_is_nobody_here_sees_no_list(office: Running) -> None:
    assert Browser(office).get("/").status == 302
    assert office.fetch("/")[0] == 403


def test_a_list_holds_nothing_of_what_is_somebody_else_s(office: Running) -> None:
    asked = office.ask("alice", "narrow")

    for who in (BOB, EVE):
        page = Browser(office, who).get("/")
        assert page.status == 200
        assert asked not in page.body
        assert Browser(office, who).get(f"/request/{asked}").status == 404
    assert Browser(office, EVE).get("/request/r-0000000000").words.count("not yours to see") == 1


def test_what_waits_is_listed_for_whose_approval_would_count_and_what_is_one_s_own_for_oneself(
    office: Running,
) -> None:
    asked = office.ask("alice", "narrow")

    waits = Browser(office, CAROL).get("/").words
    assert asked in waits.partition("Your requests and access")[0]
    own = Browser(office, ALICE).get("/").words
    assert asked in own.partition("Your requests and access")[2]
    assert "Waiting for approval" in own


def test_a_list_leads_to_the_page_where_it_is_decided(office: Running) -> None:
    asked = office.ask("alice", "narrow")
    carol = Browser(office, CAROL)

    page = carol.get(f"/request/{asked}")

    assert carol.press(page, "approve").status == 303
    office.granted(asked)
    assert asked not in carol.get("/").words.partition("Your requests and access")[0]


def test_one_withdraws_one_s_own_request_and_nobody_else_s(office: Running) -> None:
    asked = office.ask("alice", "narrow")
    alice = Browser(office, ALICE)
    page = alice.get(f"/request/{asked}")
    form = forms(page)["withdraw"]

    for who in (BOB, CAROL, EVE):
        assert Browser(office, who).post(form["action"], form).status in (404, 409)
    assert office.request(asked).state == "pending"

    assert alice.press(page, "withdraw").status == 303
    assert office.request(asked).state == "withdrawn"


def test_one_ends_one_s_own_access(office: Running) -> None:
    asked = office.ask("alice", "logs")
    office.granted(asked)
    alice = Browser(office, ALICE)

    assert alice.press(alice.get(f"/request/{asked}"), "end").status == 303
    assert office.grant(asked) == "ended"
    office.gone(asked)


@pytest.mark.parametrize("reason", ["", " \u200b"])
def test_an_approver_ends_access_of_others_and_says_why(office: Running, reason: str) -> None:
    asked = office.ask("alice", "narrow")
    office.approve("carol", asked)
    office.granted(asked)
    carol = Browser(office, CAROL)
    page = carol.get(f"/request/{asked}")

    refused = carol.press(page, "end", reason=reason)
    assert (refused.status, "Say why" in refused.words) == (409, True)
    assert office.grant(asked) == "active"

    assert carol.press(page, "end", reason="Done with it.").status == 303
    assert office.grant(asked) == "revoked"


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": None, "Origin": "null"}, {"Content-Type": "text/plain"}],
)
def test_nothing_is_ended_from_elsewhere(office: Running, headers: dict[str, str | None]) -> None:
    asked = office.ask("alice", "narrow")
    alice = Browser(office, ALICE)
    form = forms(alice.get(f"/request/{asked}"))["withdraw"]

    assert alice.post(form["action"], form, headers=headers).status == 403
    assert alice.post(form["action"], {**form, "proof": form["proof"] + "A"}).status == 409
    assert alice.get(f"/request/{asked}?kind=withdraw&proof={form['proof']}").status == 200
    assert office.request(asked).state == "pending"
