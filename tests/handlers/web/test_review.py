"""The page of a request: what it says, to whom, and what comes of its forms."""

from datetime import timedelta

import pytest

from approvals.uses import facing
from handlers.links import obfuscated
from handlers.web.forms import LIFE
from tests.handlers.web.conftest import ALICE, BOB, CAROL
from tests.support.running import Running
from tests.support.visits import Answer, Browser, forms, link


def test_it_says_all_that_the_card_says(office: Running) -> None:
    asked = office.ask("alice", "signed", why="CHG-1 roll out", time="2h")

    said = Browser(office, BOB).get(link(office, asked)).words

    for words in (
        "Needs sre's approval, 0 of 2 done",
        "alice@example.com",
        "roles/run.developer",
        "roles/artifactregistry.writer",
        "projects/shop-prod",
        "2 hours",
        "CHG-1 roll out",
        "then",
        asked,
        "expires unless decided by",
        "Signed in as bob@example.com",
    ):
        assert words in said


@pytest.mark.parametrize(
    "typed",
    [
        "<b>bold</b>",
        "<script>alert(1)</script>",
        "{{ 1234567*7 }}",
        "&lt;i&gt;",
        '"><img src=x>',
        "' on='x",
    ],
)
def test_typed_text_is_shown_as_it_was_typed_and_marks_nothing_up(office: Running, typed: str) -> None:
    asked = office.ask("alice", "admin", why=f"INC-1 {typed}")

    page = Browser(office, BOB).get(link(office, asked))

    assert f"INC-1 {typed}" in page.words
    for mark in ("<b>", "<script", "8641969", "<img", " on='x"):
        assert mark not in page.body


def test_signs_that_turn_or_hide_text_are_taken_out(office: Running) -> None:
    asked = office.ask("alice", "admin", why="INC-1 abc\u202edef\u200b")

    page = Browser(office, BOB).get(link(office, asked))

    assert "\u202e" not in page.body
    assert "\u200b" not in page.body


def look_again(office: Running) -> None:
    for served in office.service.served:
        for look in served.later:
            look()


def test_how_long_ago_a_voter_had_signed_in_is_said_where_the_proxy_asks_for_it(office: Running) -> None:
    assert office.box.iap
    gate, asked = office.box.iap.gate, office.ask("alice", "pair")
    bob, carol = Browser(office, BOB), Browser(office, CAROL)
    bob.press(bob.get(link(office, asked)), "approve")

    gate.reauthentication = {"method": "LOGIN", "maxAge": "600s"}
    look_again(office)
    carol.press(carol.get(link(office, asked)), "approve")
    gate.reauthentication = {}
    look_again(office)

    assert [review.how.auth_within for review in office.request(asked).reviews] == [0, 600]
    said = bob.get(link(office, asked)).words
    assert "carol@example.com approved" in said
    assert said.count("(signed in within 10 minutes before)") == 1
    assert said.index("bob@example.com approved") < said.index("(signed in within")
    votes = [each for each in office.service.store.entries(asked) if each.action == "review.approve"]
    assert [vote.detail["how"].get("auth_within") for vote in votes] == [None, 600]


def test_an_approval_is_an_approval(office: Running) -> None:
    asked = office.ask("alice", "admin")
    bob = Browser(office, BOB)

    moved = bob.press(bob.get(link(office, asked)), "approve")

    assert moved.status == 303
    assert "Approved, being set up" in bob.get(moved.headers["location"]).words or office.grant(asked) == "active"
    office.granted(asked)
    vote = office.request(asked).reviews[0]
    assert (vote.person, vote.channel) == (BOB, "iap")
    assert vote.how.organisation == "example.com"


def test_a_signature_is_kept_with_name_and_meaning(office: Running) -> None:
    asked = office.ask("alice", "signed", why="CHG-1 roll out")
    office.approve("bob", asked)
    carol = Browser(office, CAROL)

    carol.press(carol.get(link(office, asked)), "sign", printed_name="Carol Chen", meaning="I answer for it")

    signed = office.request(asked).reviews[1].attestation
    assert signed is not None
    assert (signed.printed_name.text, signed.meaning.text) == ("Carol Chen", "I answer for it")
    office.granted(asked)


def test_a_denial_says_why_to_the_requester(office: Running) -> None:
    asked = office.ask("alice", "admin")
    bob = Browser(office, BOB)

    bob.press(bob.get(link(office, asked)), "deny", reason="Not today.")

    assert office.request(asked).state == "denied"
    assert "Not today." in office.told("alice", "Not today.")


def test_card_and_page_tell_one_state_and_either_closes_the_other(office: Running) -> None:
    asked = office.ask("alice", "pair")
    bob = Browser(office, BOB)
    page = bob.get(link(office, asked))
    office.approve("carol", asked)

    bob.press(page, "approve")

    assert office.request(asked).state == "approved"
    office.sees("Access is active", asked)
    assert "Access is active" in bob.get(link_before(office, asked)).words


def link_before(office: Running, asked: str) -> str:
    """A link that was made while the request waited."""
    waits = office.request(asked)
    token = office.service.tokens.mint(waits, act="review", now=office.clock())
    return f"/review/{obfuscated(token)}"


def test_an_old_link_opens_the_page_and_the_page_has_a_fresh_token(office: Running) -> None:
    asked = office.ask("alice", "admin")
    request = office.request(asked)
    old = office.service.tokens.mint(request, act="review", now=office.clock() - timedelta(hours=12))
    bob = Browser(office, BOB)

    page = bob.get(f"/review/{obfuscated(old)}")

    assert page.status == 200
    assert forms(page)["approve"]["action"] != f"/review/{obfuscated(old)}"
    assert bob.press(page, "approve").status == 303


def action(page: Answer, kind: str = "approve") -> str:
    return forms(page)[kind]["action"]


def test_a_link_that_outlasts_the_page_is_carried_by_its_forms_and_votes(office: Running) -> None:
    """Nothing is signed, which elsewhere is a call to Google, for a token that says the same."""
    asked, bob = office.ask("alice", "pair"), Browser(office, BOB)
    path = link(office, asked)
    page = bob.get(path)

    assert action(page) == action(bob.get(path), "deny") == path
    assert bob.press(page, "approve").status == 303
    assert [vote.person for vote in office.request(asked).reviews] == [BOB]


def test_a_link_that_is_not_as_good_as_a_new_one_is_not_carried_on(office: Running) -> None:
    asked, bob, carol = office.ask("alice", "pair"), Browser(office, BOB), Browser(office, CAROL)
    tokens, request = office.service.tokens, office.request(asked)
    late = tokens.mint(request, act="review", now=office.clock() - timedelta(hours=10, minutes=30))
    before = link(office, asked)

    assert action(bob.get(f"/review/{obfuscated(late)}")) != f"/review/{obfuscated(late)}"
    bob.press(bob.get(before), "approve")
    page = carol.get(before)
    assert action(page) != before, "it has not seen the vote"
    assert carol.press(page, "approve").status == 303
    assert office.request(asked).state == "approved"


def test_a_page_is_open_for_no_longer_than_its_token_holds() -> None:
    assert facing.OPEN >= LIFE


def test_an_old_link_itself_takes_no_vote(office: Running) -> None:
    asked = office.ask("alice", "admin")
    request = office.request(asked)
    old = obfuscated(office.service.tokens.mint(request, act="review", now=office.clock() - timedelta(hours=12)))
    bob = Browser(office, BOB)
    form = forms(bob.get(f"/review/{old}"))["approve"]

    answer = bob.post(f"/review/{old}", form)

    assert answer.status == 409
    assert "older than what this page shows now" in answer.words
    assert "approve" in forms(answer)
    assert office.request(asked).reviews == ()


def test_a_form_that_outlived_its_request_says_what_became_of_it(office: Running) -> None:
    asked = office.ask("alice", "admin")
    request = office.request(asked)
    old = obfuscated(office.service.tokens.mint(request, act="review", now=office.clock() - timedelta(hours=12)))
    bob = Browser(office, BOB)
    form = forms(bob.get(f"/review/{old}"))["approve"]
    office.press("alice", "withdraw", asked)

    answer = bob.post(f"/review/{old}", form)

    assert answer.status == 409
    assert "You came too late. Withdrawn by alice@example.com" in answer.words
    assert "press again" not in answer.words


def test_taking_back_is_offered_to_whom_it_concerns(office: Running) -> None:
    asked = office.ask("alice", "pair")
    bob, carol = Browser(office, BOB), Browser(office, CAROL)
    bob.press(bob.get(link(office, asked)), "approve")

    assert set(forms(carol.get(link(office, asked)))) == {"approve", "offer", "deny"}
    mine = bob.get(link(office, asked))
    assert set(forms(mine)) == {"deny", "take_back"}
    assert "You approved this." in mine.words
    assert "Back to the card" not in mine.words
    bob.press(mine, "take_back")
    assert [vote.verdict for vote in office.request(asked).reviews] == ["approve", "take_back"]


def test_of_what_is_decided_only_the_outcome_is_shown(office: Running) -> None:
    asked = office.ask("alice", "admin")
    office.press("alice", "withdraw", asked)

    for who in (ALICE, BOB):
        page = Browser(office, who).get(link(office, asked))
        assert "Withdrawn" in page.words
        assert forms(page) == {}


def test_who_must_wait_is_told_who_comes_first(office: Running) -> None:
    asked = office.ask("alice", "signed", why="CHG-1 roll out")

    page = Browser(office, CAROL).get(link(office, asked))

    assert "It is not your turn yet" in page.words
    assert set(forms(page)) == {"offer", "deny"}


def test_what_an_approval_does_is_said_only_to_who_can_give_one(office: Running) -> None:
    asked = office.ask("alice", "signed", why="CHG-1 roll out")
    office.approve("bob", asked)

    assert "Sign and approve grants it" in Browser(office, CAROL).get(link(office, asked)).words
    page = Browser(office, BOB).get(link(office, asked))
    assert "You approved this." in page.words
    assert "grants it" not in page.words
