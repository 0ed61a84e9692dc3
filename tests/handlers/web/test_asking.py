"""Asking on a page: what is found, what is refused, and that a form files once."""

from datetime import timedelta

import pytest

from tests.handlers.web.conftest import ALICE, BOB, DAN, EVE
from tests.support.running import Running
from tests.support.starts import STARTS
from tests.support.visits import Browser, forms

GOOD = {"duration": "30m", "justification": "INC-1 disk full"}


@pytest.mark.parametrize(
    ("what", "typed", "said"),
    [
        ("admin", {"justification": ""}, "Say why it is needed"),
        ("admin", {"justification": " \u200b"}, "Say why it is needed"),
        ("admin", {"duration": "soon"}, "duration"),
        ("admin", {"duration": "9h"}, "Too long"),
        ("admin", {"justification": "x" * 1001}, "too long: at most 1,000"),
        ("signed", {"justification": "because"}, "CHG-42"),
    ],
)
def test_what_the_policy_refuses_is_said_above_the_form_which_keeps_what_was_typed(
    office: Running, what: str, typed: dict[str, str], said: str
) -> None:
    alice = Browser(office, ALICE)
    before = len(office.service.store.open_of(ALICE))

    answer = alice.press(alice.get(f"/ask/{what}"), "ask", **{**GOOD, **typed})

    assert answer.status == 409
    assert said in answer.words
    assert typed.get("duration", GOOD["duration"]) in answer.body
    assert len(office.service.store.open_of(ALICE)) == before


@pytest.mark.parametrize(("typed", "said"), STARTS)
def test_a_start_that_cannot_be_is_said_above_the_form(office: Running, typed: str, said: str) -> None:
    alice = Browser(office, ALICE)

    answer = alice.press(alice.get("/ask/admin"), "ask", **GOOD, start=typed)

    assert (answer.status, said in answer.words) == (409, True)
    assert f'value="{typed}"' in answer.body


def test_a_start_and_an_end_are_read_by_the_policy_s_clocks(office: Running) -> None:
    alice = Browser(office, ALICE)
    typed = GOOD | {"start": "tomorrow 9:00", "duration": "until 10:00"}

    filed = alice.press(alice.get("/ask/admin"), "ask", **typed)

    terms = office.request(filed.headers["location"].rpartition("/")[2]).terms
    assert terms.start is not None
    assert (f"{terms.start:%H:%M}", terms.duration) == ("09:00", timedelta(hours=1))
    assert "1 hour from" in alice.get(filed.headers["location"]).words


def test_all_that_does_not_fit_is_said_at_once(office: Running) -> None:
    alice = Browser(office, ALICE)

    answer = alice.press(alice.get("/ask/signed"), "ask", duration="soon", justification="because")

    assert "“soon” is no duration" in answer.words
    assert "CHG-42" in answer.words.partition("Ask for")[0]


def test_the_form_names_the_roles_that_it_asks_for(office: Running) -> None:
    page = Browser(office, ALICE).get("/ask/admin")
    assert "roles/compute.instanceAdmin.v1 (can outlast its window)" in page.words


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": None, "Origin": "null"}, {"Content-Type": "text/plain"}],
)
def test_nothing_is_asked_from_elsewhere(office: Running, headers: dict[str, str | None]) -> None:
    alice = Browser(office, ALICE)
    form = forms(alice.get("/ask/logs"))["ask"] | GOOD
    before = len(office.service.store.open_of(ALICE))

    assert alice.post(form["action"], form, headers=headers).status == 403
    assert alice.post("/ask/admin", form).status == 409
    assert Browser(office, EVE).post(form["action"], form).status == 409
    assert alice.get("/ask/logs?justification=INC-1&proof=" + form["proof"]).status == 200
    assert len(office.service.store.open_of(ALICE)) == before


def test_a_form_is_filled_in_from_one_s_own_request_and_nobody_else_s(office: Running) -> None:
    asked = office.ask("dan", "admin", why='INC-9 "quoted" & so on', time="90m")
    office.press("dan", "withdraw", asked)
    dan, alice = Browser(office, DAN), Browser(office, ALICE)

    for other in (
        alice.get(f"/ask/admin?again={asked}"),
        dan.get(f"/ask/pair?again={asked}"),
        dan.get("/ask/admin?again=a/b"),
    ):
        assert other.status == 200
        assert "INC-9" not in other.body
        assert "1 hour, 30 minutes" not in other.body

    page = dan.get(f"/request/{asked}")
    assert f'<a href="/ask/admin?again={asked}">Ask for it again</a>' in page.body
    assert "Ask for it again" not in Browser(office, BOB).get(f"/request/{asked}").words
    form = dan.get(f"/ask/admin?again={asked}")
    assert 'value="1 hour, 30 minutes"' in form.body
    filed = dan.press(form, "ask", duration="1 hour, 30 minutes", justification='INC-9 "quoted" & so on')
    assert filed.status == 303
    again = office.request(filed.headers["location"].rpartition("/")[2])
    before = office.request(asked)
    assert (again.terms.duration, again.terms.justification.text) == (
        before.terms.duration,
        before.terms.justification.text,
    )
    assert "Ask for it again" not in dan.get(f"/request/{again.id}").words


@pytest.mark.parametrize("path", ["/ask/none", "/ask/pair", "/ask/admin/x", "/ask/ADMIN"])
def test_what_somebody_may_not_ask_for_is_not_there(office: Running, path: str) -> None:
    assert Browser(office, EVE).get(path).status == 404


def test_the_search_finds_by_words_of_titles_roles_and_places_what_somebody_may_ask_for(office: Running) -> None:
    alice, eve = Browser(office, ALICE), Browser(office, EVE)

    assert "Customer data" in alice.get("/ask/?q=shop-data").words
    assert "Customer data" not in alice.get("/ask/?q=compute").words
    assert "Nothing that you may ask for has all of these words." in alice.get("/ask/?q=nonsense").words
    assert "Customer data" not in eve.get("/ask/").words
    assert "<script>" not in alice.get("/ask/?q=%22%3E%3Cscript%3E").body


def test_a_form_files_one_request_however_often_it_is_sent(office: Running) -> None:
    alice = Browser(office, ALICE)
    page = alice.get("/ask/admin")

    first, second = (alice.press(page, "ask", **GOOD) for _ in range(2))

    assert first.status == second.status == 303
    assert first.headers["location"] == second.headers["location"]
    asked = first.headers["location"].removeprefix("/request/")
    request = office.request(asked)
    assert request.account.startswith("iap:")
    assert request.terms.justification.text == GOOD["justification"]
    assert asked in alice.get("/").words


def test_who_asked_on_a_page_is_told_in_the_chat_and_it_is_decided_there(office: Running) -> None:
    alice = Browser(office, ALICE)
    asked = alice.press(alice.get("/ask/narrow"), "ask", **GOOD).headers["location"].removeprefix("/request/")

    assert "Waiting for approval" in office.told("alice", asked) or "Needs" in office.told("alice", asked)
    office.approve("carol", asked)

    office.granted(asked)
    office.told("alice", "Access is active")


def test_what_nobody_approves_is_given_at_once(office: Running) -> None:
    alice = Browser(office, ALICE)

    asked = alice.press(alice.get("/ask/logs"), "ask", **GOOD).headers["location"].removeprefix("/request/")

    office.granted(asked)


def test_the_form_leads_to_what_waits_already_and_the_policy_s_hint_stands_alone(office: Running) -> None:
    asked = office.ask("alice", "signed", why="CHG-1 roll out")

    page = Browser(office, ALICE).get("/ask/signed")

    assert f'<a href="/request/{asked}">its page</a>' in page.body
    assert "CHG-42</bdi><br>" in page.body


def test_the_address_of_asking_does_without_its_last_stroke(office: Running) -> None:
    assert "Ask for access" in Browser(office, ALICE).get("/ask").words
    assert Browser(office).get("/ask").status != 200
