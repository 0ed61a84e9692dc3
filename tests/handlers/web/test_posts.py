"""Forms that must not vote: sent from elsewhere, made for something else, too late, or once more."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.handlers.web.conftest import ALICE, BOB, CAROL, EVE
from tests.support.running import Running
from tests.support.visits import Answer, Browser, forms, link


@pytest.fixture
def on_time(office: Running) -> Iterator[None]:
    """A test that moves the clock moves it back."""
    ahead = office.clock.ahead
    yield
    office.clock.ahead = ahead


def opened(office: Running, who: str = BOB, what: str = "admin") -> tuple[str, Browser, Answer]:
    """A request of alice's, and its page in somebody's browser."""
    asked = office.ask("alice", what)
    browser = Browser(office, who)
    return asked, browser, browser.get(link(office, asked))


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": ""},
        {"Sec-Fetch-Site": "same-origin, cross-site"},
        {"Sec-Fetch-Site": "Same-Origin"},
        {"Sec-Fetch-Site": None, "Origin": "null"},
        {"Sec-Fetch-Site": None, "Origin": None},
        {"Sec-Fetch-Site": None, "Origin": ""},
        {"Sec-Fetch-Site": None, "Origin": "https://example.com"},
        {"Sec-Fetch-Site": None, "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "ours"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": None},
    ],
)
def test_a_form_from_elsewhere_votes_nothing(office: Running, headers: dict[str, str | None]) -> None:
    asked, bob, page = opened(office)
    form = forms(page)["approve"]
    given = {name: bob.origin if value == "ours" else value for name, value in headers.items()}

    answer = bob.post(form["action"], form, headers=given)

    assert answer.status == 403
    assert "nothing was changed" in answer.words
    assert office.request(asked).reviews == ()


def test_where_a_browser_does_not_say_from_where_our_own_origin_will_do(office: Running) -> None:
    asked, bob, page = opened(office)
    form = forms(page)["approve"]

    answer = bob.post(form["action"], form, headers={"Sec-Fetch-Site": None, "Origin": bob.origin})

    assert answer.status == 303
    assert office.request(asked).state == "approved"


Change = Callable[[Running, dict[str, str]], dict[str, str]]


def proof_of(who: str, kind: str, what: str = "") -> Change:
    """The proof that stands in somebody's form, maybe of another request."""

    def change(office: Running, form: dict[str, str]) -> dict[str, str]:
        path = form["action"] if not what else link(office, office.ask("dan", what))
        return {**form, "proof": forms(Browser(office, who).get(path))[kind]["proof"]}

    return change


def with_proof(alter: Callable[[str], str]) -> Change:
    return lambda _, form: {**form, "proof": alter(form["proof"])}


@pytest.mark.parametrize(
    "change",
    [
        with_proof(lambda _: ""),
        with_proof(lambda _: ".."),
        with_proof(lambda proof: proof[:-1]),
        with_proof(lambda proof: proof + "A"),
        with_proof(lambda proof: proof.partition(".")[0]),
        with_proof(lambda proof: "x" + proof),
        with_proof(lambda proof: proof.replace(".1", ".2", 1)),
        with_proof(lambda proof: proof.replace(".", ".９", 1)),
        with_proof(lambda proof: "A" * 10_000 + proof),
        proof_of(CAROL, "approve"),
        proof_of(BOB, "deny"),
        proof_of(BOB, "approve", "admin"),
        lambda _, form: {**form, "kind": "deny", "reason": "no"},
        lambda _, form: {**form, "kind": "sign", "printed_name": "Bob", "meaning": "yes"},
        lambda _, form: {**form, "kind": "take_back"},
        lambda _, form: {**form, "kind": "withdraw"},
        lambda _, form: {**form, "kind": ""},
        lambda _, form: {name: value for name, value in form.items() if name != "kind"},
        lambda _, form: {name: value for name, value in form.items() if name != "proof"},
    ],
)
def test_a_proof_counts_for_one_person_request_and_verdict(office: Running, change: Change) -> None:
    asked, bob, page = opened(office)
    form = forms(page)["approve"]

    answer = bob.post(form["action"], change(office, dict(form)))

    assert answer.status in (403, 409)
    assert office.request(asked).reviews == ()


def test_a_token_of_another_request_takes_no_vote_by_this_one_s_proof(office: Running) -> None:
    asked, bob, page = opened(office)
    other = office.ask("dan", "admin")

    answer = bob.post(link(office, other), forms(page)["approve"])

    assert answer.status == 409
    assert office.request(asked).reviews == office.request(other).reviews == ()


@pytest.mark.parametrize("path", ["/review/", "/review/x", "/review/x~~y~z", "/review/" + "A" * 4000])
def test_what_is_no_link_is_a_page_that_says_so(office: Running, path: str) -> None:
    for answer in (Browser(office, BOB).get(path), Browser(office, BOB).post(path, {"kind": "approve"})):
        assert answer.status == 403
        assert "does not come from this service" in answer.words


@pytest.mark.usefixtures("on_time")
def test_a_form_that_was_open_for_an_hour_votes_nothing_more(office: Running) -> None:
    office.policy_file.write_text(office.policy_file.read_text().replace("pending: 1h", "pending: 4h"))
    office.service.background.wake()
    office.until(lambda: office.service.policy.current().pending == timedelta(hours=4))
    asked, bob, page = opened(office)
    office.clock.ahead += timedelta(hours=1)

    answer = bob.press(page, "approve")

    assert answer.status == 409
    assert "open for too long" in answer.words
    assert office.request(asked).reviews == ()


def test_a_form_that_is_sent_twice_votes_once(office: Running) -> None:
    asked, bob, page = opened(office, what="pair")

    first, second = bob.press(page, "approve"), bob.press(page, "approve")

    assert (first.status, second.status) == (303, 409)
    assert f"You approved request {asked} already" in second.words
    assert len(office.request(asked).reviews) == 1


def test_a_form_that_voted_votes_nothing_more_after_the_vote_was_taken_back(office: Running) -> None:
    asked, bob, page = opened(office, what="pair")
    bob.press(page, "approve")
    bob.press(bob.get(link(office, asked)), "take_back")

    again = bob.press(page, "approve")

    assert again.status == 409
    assert [vote.verdict for vote in office.request(asked).reviews] == ["approve", "take_back"]


def test_of_two_tabs_the_second_is_told_what_stands(office: Running) -> None:
    asked, bob, first = opened(office, what="pair")
    second = bob.get(link(office, asked))
    bob.press(first, "approve")

    answer = bob.press(second, "deny", reason="No.")

    assert answer.status == 409
    assert "older than what this page shows now" in answer.words
    assert "card" not in answer.words
    assert [vote.verdict for vote in office.request(asked).reviews] == ["approve"]


@pytest.mark.parametrize(
    ("what", "kind", "typed", "said"),
    [
        ("admin", "deny", {}, "Say why"),
        ("admin", "deny", {"reason": " \u200b\n"}, "Say why"),
        ("admin", "deny", {"reason": "x" * 1001}, "at most 1,000"),
        ("narrow-signed", "sign", {"printed_name": "", "meaning": "yes"}, "Type your name"),
        ("narrow-signed", "sign", {"printed_name": "Carol Chen", "meaning": "\u2800"}, "Say what your signature"),
        ("narrow-signed", "sign", {"printed_name": "C" * 1001, "meaning": "yes"}, "at most 1,000"),
    ],
)
def test_what_must_be_typed_must_be_typed(
    office: Running, what: str, kind: str, typed: dict[str, str], said: str
) -> None:
    if what == "narrow-signed":
        asked = office.ask("alice", "signed", why="CHG-1 roll out")
        office.approve("bob", asked)
        browser = Browser(office, CAROL)
        page = browser.get(link(office, asked))
    else:
        asked, browser, page = opened(office)
    votes = len(office.request(asked).reviews)

    answer = browser.press(page, kind, **typed)

    assert answer.status == 409
    assert said in answer.words
    assert len(office.request(asked).reviews) == votes


def test_a_plain_approval_does_for_no_signature(office: Running) -> None:
    asked = office.ask("alice", "signed", why="CHG-1 roll out")
    office.approve("bob", asked)

    page = Browser(office, CAROL).get(link(office, asked))

    assert set(forms(page)) == {"sign", "offer", "deny"}


@pytest.mark.parametrize(
    ("who", "status", "said"),
    [
        (ALICE, 200, "This is your own request, so somebody else decides on it."),
        (EVE, 404, "not yours to see"),
    ],
)
def test_who_may_not_decide_has_nothing_to_press(office: Running, who: str, status: int, said: str) -> None:
    asked = office.ask("alice", "admin")

    page = Browser(office, who).get(link(office, asked))

    assert page.status == status
    assert set(forms(page)) <= {"withdraw"}
    assert said in page.words


def test_who_may_not_decide_is_refused_by_the_form_of_who_may(office: Running) -> None:
    asked, _, page = opened(office)
    form = forms(page)["approve"]

    for who, status in ((ALICE, 409), (EVE, 404)):
        assert Browser(office, who).post(form["action"], form).status == status
    assert office.request(asked).reviews == ()


def test_a_form_larger_than_any_of_ours_is_not_read(office: Running) -> None:
    asked, bob, page = opened(office)

    answer = bob.press(page, "deny", reason="x" * 40_000)

    assert answer.status == 403
    assert office.request(asked).reviews == ()


def test_of_forms_that_are_sent_at_the_same_instant_one_votes(office: Running) -> None:
    asked, bob, page = opened(office, what="pair")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: bob.press(page, "approve").status, range(8)))

    assert answers.count(303) == 1
    assert len(office.request(asked).reviews) == 1


def test_card_and_page_at_the_same_instant_count_one_person_once(office: Running) -> None:
    asked, bob, page = opened(office, what="pair")
    office.card(asked, having="approve", by="bob")

    with ThreadPoolExecutor(2) as pool:
        by_page = pool.submit(bob.press, page, "approve")
        pool.submit(office.press, "bob", "approve", asked).result()
        by_page.result()

    assert office.request(asked).state == "pending"
    assert len(office.request(asked).reviews) == 1
