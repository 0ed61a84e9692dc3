"""Nobody answers in the chat: mail, its link, the page behind the proxy, the decision, the access."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sandbox import links
from sandbox.iap.gate import Gate
from sandbox.mailbox import Mail, Mailbox
from tests.support.running import Running, running
from tests.support.visits import Answer, Browser

BOB = "bob@example.com"
VERDICTS = {"approve", "sign", "deny"}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, iap_port=0, smtp_port=0) as made:
        yield made


def post(office: Running) -> Mailbox:
    assert office.box.mailbox
    return office.box.mailbox


def gate(office: Running) -> Gate:
    assert office.box.iap
    return office.box.iap.gate


def unanswered(office: Running) -> tuple[str, Mail]:
    """A request that nobody answered for ten minutes, and Bob's mail about it."""
    request_id = office.ask("alice", "admin")
    office.ahead(minutes=10)
    return request_id, mails(office, BOB, request_id)[0]


def mails(office: Running, to: str, request_id: str, *, count: int = 1) -> list[Mail]:
    """Wait for mails to somebody about a request."""

    def found() -> list[Mail]:
        return [each for each in post(office).messages() if to in each["to"] and request_id in each["subject"]]

    office.until(lambda: len(found()) >= count)
    return found()


def path_of(mail: Mail) -> str:
    """Where the mail's link leads on the pages."""
    (link,) = links.of_mail(mail)
    return urlsplit(link).path


def kinds(page: Answer) -> set[str]:
    """What the forms of a page are for."""
    return {dict(form.fields).get("kind", "") for form in links.forms(page.body)}


def is_undecided(office: Running, request_id: str) -> None:
    office.settled()
    record = office.request(request_id)
    assert (record.state, record.reviews, office.bindings(request_id)) == ("pending", (), [])


def test_a_scanner_that_opens_every_link_and_sends_every_form_decides_nothing(office: Running) -> None:
    office.box.scanner.on = True
    request_id, mail = unanswered(office)
    office.until(lambda: len(office.box.scanner.visits()) >= len(post(office).messages()))
    assert {(visit.method, visit.status) for visit in office.box.scanner.visits()} == {("GET", 302)}
    is_undecided(office, request_id)

    # Around the proxy, as no scanner gets there.
    past = mail | {part: mail[part].replace(gate(office).url, office.url) for part in ("text", "html")}
    assert all(visit.status in (401, 403) for visit in office.box.scanner.scan([past]))
    is_undecided(office, request_id)


def test_the_forms_that_an_approver_is_shown_decide_nothing_without_a_session(office: Running) -> None:
    request_id, mail = unanswered(office)
    page = Browser(office, BOB).get(path_of(mail))
    found = links.forms(page.body)
    assert kinds(page) >= {"approve", "deny"}
    for place, statuses in ((gate(office).url, {302}), (office.url, {401, 403})):
        sent = [office.box.scanner.send(form, page=f"{place}{path_of(mail)}") for form in found]
        assert {visit.status for visit in sent} <= statuses
    is_undecided(office, request_id)


@pytest.mark.parametrize("who", ["alice@example.com", "carol@example.com", "gwen@partner.example"])
def test_a_forwarded_mail_gives_nobody_a_right(office: Running, who: str) -> None:
    request_id = office.ask("alice", "signed", why="CHG-7 roll out")
    office.ahead(minutes=10)
    path = path_of(mails(office, BOB, request_id)[0])
    page = Browser(office, BOB).get(path)
    other = Browser(office, who)
    # Carol approves later, and may deny at any time: that right is her own.
    assert not kinds(other.get(path)) & {"approve", "sign"}
    # With the very form that Bob was shown.
    assert 400 <= other.press(page, "approve").status < 500
    is_undecided(office, request_id)
    assert Browser(office, BOB).press(page, "approve").status == 303


def test_a_reply_decides_nothing(office: Running) -> None:
    request_id, mail = unanswered(office)
    reply = EmailMessage()
    reply["From"], reply["To"], reply["Subject"] = BOB, mail["from"], f"Re: {mail['subject']}"
    reply.set_content("Approve")
    with smtplib.SMTP("127.0.0.1", post(office).port, timeout=30) as sent:
        sent.send_message(reply)
    is_undecided(office, request_id)


def test_an_approval_on_the_page_grants_and_every_channel_tells_so(office: Running) -> None:
    request_id, mail = unanswered(office)
    bob = Browser(office, BOB)
    page = bob.get(path_of(mail))
    assert "Signed in as bob@example.com" in page.words
    assert bob.press(page, "approve").status == 303

    (binding,) = office.granted(request_id)
    assert "bob@example.com" in binding["condition"]["description"]
    (review,) = office.request(request_id).reviews
    assert (review.person, review.channel, review.verdict) == (BOB, "iap", "approve")
    assert "bob@example.com" in office.sees("Access is active", request_id)
    _, outcome = mails(office, BOB, request_id, count=2)
    assert outcome["subject"] == f"Re: {mail['subject']}"
    assert outcome["headers"]["In-Reply-To"] == mail["headers"]["Message-ID"]
    assert not kinds(bob.get(path_of(mail))) & VERDICTS


def test_an_approval_in_the_chat_closes_the_mails_page(office: Running) -> None:
    request_id, mail = unanswered(office)
    bob = Browser(office, BOB)
    page = bob.get(path_of(mail))
    office.approve("dan", request_id)
    office.granted(request_id)
    assert bob.press(page, "approve").status in (303, 409)
    assert [review.person for review in office.request(request_id).reviews] == ["dan@example.com"]
    assert len(office.bindings(request_id)) == 1
    assert not kinds(bob.get(path_of(mail))) & VERDICTS


def test_nobody_is_mailed_where_somebody_answers_in_time(office: Running) -> None:
    request_id = office.ask("alice", "admin")
    office.approve("bob", request_id)
    office.granted(request_id)
    office.ahead(minutes=20)
    office.settled()
    assert post(office).messages() == []
