"""What an application asks for, on every way to decide it: one table of who may approve what, and where."""

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

import pytest

from sandbox import links
from sandbox.slack.records import Message
from tests.support.callers import Caller
from tests.support.counter import ENVIRON, Counter
from tests.support.desk import Desk
from tests.support.running import Running, running
from tests.support.shown import buttons, words
from tests.support.visits import Answer, Browser

ALICE, BOB, CAROL, DAN, EVE = (f"{name}@example.com" for name in ("alice", "bob", "carol", "dan", "eve"))
COUNTER = Counter()
LONG = {"note": "line " * 700}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("counter")
    with running(folder, policy=COUNTER.policy, environ=ENVIRON, iap_port=0, smtp_port=0) as office:
        yield office


@pytest.fixture(scope="module")
def desk(office: Running, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    made = Desk(office, tmp_path_factory.mktemp("bob"), "bob")
    assert made.login().exit_code == 0
    return made


def confirmed(office: Running, **asked: object) -> str:
    """What the application asks for alice, who has confirmed it on its page."""
    request_id = COUNTER.ask(office, **asked)
    alice = Browser(office, ALICE)
    assert alice.press(alice.get(f"/request/{request_id}"), "confirm").status == 303
    office.card(request_id, having="deny", by="bob")
    return request_id


def state(office: Running, request_id: str) -> str:
    return office.request(request_id).state


# --- one table: each way to approve, and whether it approves what only the page shows whole


def by_card(office: Running, request_id: str, _: Desk) -> str:
    """A press of Approve, which a card of this kind does not have: what a forged one comes to."""
    card = office.card(request_id, having="deny", by="bob")
    offered = "approve" in buttons(card)
    before = len(office.whispers("bob"))
    _pressed_as(card, "approve")
    office.box.slack.press("bob", "approve", message=card)
    if offered:
        return ""
    return office.until(lambda: office.whispers("bob")[before:])[-1]


def by_sign_form(office: Running, request_id: str, _: Desk) -> str:
    card = office.card(request_id, having="deny", by="bob")
    before = len(office.whispers("bob"))
    _pressed_as(card, "sign")
    office.box.slack.press("bob", "sign", message=card)
    if office.box.slack.view("bob") is None:
        return office.until(lambda: office.whispers("bob")[before:])[-1]
    assert office.box.slack.submit("bob", {"printed_name": "Bob Baker", "meaning": "I read it."}).ok
    return ""


def _pressed_as(card: Message, kind: str) -> None:
    """Put another button into the place of Deny or Approve, as somebody does who forges one: it has the token."""
    (element,) = [each for _, each in card.elements() if each["action_id"] == "deny"]
    if kind not in buttons(card):
        element["action_id"] = kind


def by_mail_link(office: Running, request_id: str, _: Desk) -> str:
    office.ahead(minutes=10)
    mailbox = office.box.mailbox
    assert mailbox is not None
    mine = office.until(lambda: [m for m in mailbox.messages() if BOB in m["to"] and request_id in m["subject"]])
    (link,) = links.of_mail(mine[0])
    bob = Browser(office, BOB)
    return _sent(bob, bob.get(urlsplit(link).path))


def by_page(office: Running, request_id: str, _: Desk) -> str:
    bob = Browser(office, BOB)
    return _sent(bob, bob.get(f"/request/{request_id}"))


def _sent(bob: Browser, page: Answer) -> str:
    assert "250.00 EUR" in page.words
    done = bob.press(page, "approve")
    return "" if done.status == 303 else done.words


def by_api(office: Running, request_id: str, _: Desk) -> str:
    said = Caller(office, BOB).decide(request_id, "approve")
    if said.status == 200:
        return ""
    assert (said.status, said.code) == (403, "page_only")
    assert said.json["page"].endswith(f"/request/{request_id}")
    return str(said.json["detail"])


def by_command_line(office: Running, request_id: str, desk: Desk) -> str:
    done = desk.run("approve", request_id, "--yes")
    return "" if done.exit_code == 0 else done.stderr


Way = Callable[[Running, str, Desk], str]
WAYS: Mapping[str, tuple[Way, bool]] = {
    "card button": (by_card, False),
    "sign form": (by_sign_form, False),
    "mail link": (by_mail_link, True),
    "page": (by_page, True),
    "API": (by_api, False),
    "command line": (by_command_line, False),
}
"""How somebody approves, and whether that is a page, which shows all of it however long it is."""


@pytest.mark.parametrize("way", WAYS)
def test_what_only_its_page_shows_whole_is_approved_there_alone(office: Running, desk: Desk, way: str) -> None:
    approve, is_page = WAYS[way]
    request_id = confirmed(office, data=LONG)

    said = approve(office, request_id, desk)

    if is_page:
        assert (said, state(office, request_id)) == ("", "approved")
        return
    assert "nobody approves what they have not seen whole" in " ".join(said.split())
    assert office.request(request_id).reviews == ()


@pytest.mark.parametrize("way", WAYS)
def test_what_fits_is_approved_anywhere(office: Running, desk: Desk, way: str) -> None:
    approve, _ = WAYS[way]
    request_id = confirmed(office)

    assert approve(office, request_id, desk) == ""
    assert state(office, request_id) == "approved"


def test_a_card_that_does_not_show_all_of_it_leads_to_the_page_that_does(office: Running) -> None:
    request_id = confirmed(office, data=LONG)
    card = office.card(request_id, having="page", by="bob")

    assert "do not fit here" in words(card)
    (leads,) = [each["url"] for _, each in card.elements() if each["action_id"] == "page"]
    page = Browser(office, BOB).get(urlsplit(leads).path)
    assert "line line line" in page.words
    assert "Back to the card" not in page.words


# --- from asking to its end


def test_it_is_confirmed_approved_and_used_once_and_everybody_sees_that(office: Running) -> None:
    request_id = COUNTER.ask(office)
    told = office.told("alice", "Waits for you to confirm it")
    assert "asserted by `payments`, and by nobody else" in told
    assert office.press("alice", "confirm", request_id).ok
    office.approve("bob", request_id)
    office.sees("Approved, not used yet", request_id)

    receipt = COUNTER.consume(office, request_id)

    assert receipt["request"]["state"] == "used"
    assert "`payments` used it" in office.sees("Used", request_id)
    page = Browser(office, ALICE).get(f"/request/{request_id}").words
    assert "The application payments used the approval." in page
    assert "4111111111111111" not in page
    with pytest.raises(AssertionError, match="used"):
        COUNTER.consume(office, request_id)


def test_an_approver_revokes_it_on_its_page_and_it_cannot_be_used(office: Running) -> None:
    request_id = confirmed(office)
    office.approve("bob", request_id)
    dan = Browser(office, DAN)
    page = dan.get(f"/request/{request_id}")
    assert Browser(office, EVE).get(f"/request/{request_id}").status == 404
    assert "Say why" in dan.press(page, "end", reason=" ").words

    assert dan.press(page, "end", reason="Wrong order.").status == 303

    with pytest.raises(AssertionError, match="lapsed"):
        COUNTER.consume(office, request_id)
    assert "dan@example.com took that back" in office.sees("Revoked before it was used", request_id)
    assert "Wrong order." in office.told("alice", "It was revoked before it was used")


def test_what_a_rule_allows_says_that_nobody_else_approved_it(office: Running) -> None:
    small = {"amount": {"amount": "9.00", "currency": "EUR"}, "order": "A-18"}
    request_id = COUNTER.ask(office, parameters=small)
    assert state(office, request_id) == "pending"
    alice = Browser(office, ALICE)
    alice.press(alice.get(f"/request/{request_id}"), "confirm")

    assert state(office, request_id) == "approved"
    said = "Nobody else approved this: a rule of the policy allowed it."
    assert said in office.sees("Approved, not used yet", request_id)
    assert said in alice.get(f"/request/{request_id}").words


def test_what_nobody_uses_in_time_lapses(office: Running) -> None:
    request_id = confirmed(office)
    office.approve("bob", request_id)

    office.ahead(minutes=11)

    office.until(lambda: state(office, request_id) == "lapsed")
    assert "`payments` did not use it" in office.sees("Lapsed, not used in time", request_id)


@pytest.mark.parametrize("who", [BOB, CAROL])
def test_nobody_confirms_for_somebody_else(office: Running, who: str) -> None:
    request_id = COUNTER.ask(office)
    page = Browser(office, ALICE).get(f"/request/{request_id}")
    other = Browser(office, who)

    assert other.press(page, "confirm").status in (403, 404, 409)
    assert office.request(request_id).confirmed is None


def test_what_was_not_shown_is_not_confirmed(office: Running) -> None:
    alice, (one, other) = Browser(office, ALICE), (COUNTER.ask(office), COUNTER.ask(office))
    page, its_digest = alice.get(f"/request/{one}"), office.request(other).digest

    for changed in ({"digest": its_digest}, {"revision": "2"}, {"revision": "x"}, {"proof": "x.1.y"}):
        assert alice.press(page, "confirm", **changed).status == 409
    assert office.request(one).confirmed is None
