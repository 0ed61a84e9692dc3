"""Mail beside Slack, through the whole program: to whom the chat does not reach, and the outcome after it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.certificates import certificate, trusted
from tests.support.mails import PASSWORD, USER, MailServer, Received, mail_server
from tests.support.running import POLICY, Running, running

PAGES = "https://countersign.example.com"
LINK = re.compile(rf"{re.escape(PAGES)}/review/\S+")


class Office(Running):
    """A running program with a mail server beside it."""

    box_of_mail: MailServer

    def mails(self, to: str, count: int = 1) -> list[Received]:
        """Wait until so many mails have come for somebody; return them."""
        return self.until(lambda: found if len(found := self._mails(to)) >= count else [])

    def _mails(self, to: str) -> list[Received]:
        return [each for each in self.box_of_mail.received if each.to == (to,)]


@contextmanager
def mailing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, email: str, password: str = PASSWORD
) -> Iterator[Office]:
    pem, public = certificate(folder)
    policy = POLICY.replace("  pending: 1h\n", f"  pending: 72h\n  email: {email}\n")
    with mail_server(pem) as box, trusted(public, monkeypatch):
        environ = {
            "COUNTERSIGN_PAGES_URL": PAGES,
            "COUNTERSIGN_ROUTES": "public",
            "SMTP_SENDER_ADDRESS": "countersign@example.com",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(box.port),
            "SMTP_USERNAME": USER,
            "SMTP_PASSWORD": password,
            "NOTIFICATION_TIMEZONE": "Europe/Berlin",
        }
        with running(folder, policy=policy, environ=environ) as office:
            office.__class__ = Office
            assert isinstance(office, Office)
            office.box_of_mail = box
            yield office


def test_whom_slack_cannot_reach_gets_mail_and_the_outcome_in_its_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mailing(tmp_path, monkeypatch, email="{after: 10m, copy: requester}") as office:
        office.box.slack.faults.add("chat.postMessage", "error", times=10_000)
        outcome = office.box.slack.command("alice", "/jit request narrow for 1h because INC-1 disk full")
        assert outcome.ok
        office.until(lambda: office.service.store.open_of("alice@example.com"))
        asked = office.service.store.open_of("alice@example.com")[0].id
        office.ahead(seconds=61)
        (mail,) = office.mails("carol@example.com")

        assert asked in str(mail.mail["Subject"])
        assert LINK.search(mail.mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]
        assert office.mails("alice@example.com")
        assert office._mails("bob@example.com") == []

        office.box.slack.faults.clear()
        office.ahead(minutes=10)
        office.approve("carol", asked)
        office.granted(asked)
        told = office.mails("carol@example.com", 2)[1].mail
        assert told["In-Reply-To"] == mail.mail["Message-ID"]
        assert str(told["Subject"]) == f"Re: {mail.mail['Subject']}"
        office.settled()
        assert len(office._mails("carol@example.com")) == 2


def test_nobody_gets_mail_who_decides_in_the_chat_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with mailing(tmp_path, monkeypatch, email="{after: 10m}") as office:
        asked = office.ask("alice", "admin")
        office.ahead(minutes=9)
        office.approve("bob", asked)
        office.granted(asked)
        office.ahead(minutes=30)
        office.settled()

        assert office.box_of_mail.received == []


def test_a_day_without_a_mail_server_loses_nothing_and_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with mailing(tmp_path, monkeypatch, email="always", password="changed meanwhile") as office:
        asked = office.ask("alice", "narrow")
        office.until(lambda: "mail does not go out: the log says why" in office.service.complaints())
        office.until(lambda: "sign-in: 535" in caplog.text)
        office.ahead(hours=24)
        assert office.box_of_mail.received == []

        office.box_of_mail.password = "changed meanwhile"
        office.ahead(minutes=6)
        assert office.mails("carol@example.com")
        assert office.request(asked).state == "pending"
        # What came is known a moment later to whoever sent it.
        office.until(lambda: not any("mail" in said for said in office.service.complaints()))


def test_a_sender_that_the_server_refuses_loses_nothing_and_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with mailing(tmp_path, monkeypatch, email="always") as office:
        refused = ["550 5.7.1 Not allowed to send as this address"] * 10_000
        office.box_of_mail.replies["MAIL"] = refused
        office.ask("alice", "narrow")
        office.until(lambda: "mail does not go out: the log says why" in office.service.complaints())
        office.until(lambda: "sender: 550 5.7.1" in caplog.text)

        refused.clear()
        office.ahead(minutes=6)
        assert office.mails("carol@example.com")
        # What came is known a moment later to whoever sent it.
        office.until(lambda: not any("mail" in said for said in office.service.complaints()))


def test_a_mailbox_that_is_full_is_told_to_who_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with mailing(tmp_path, monkeypatch, email="always") as office:
        office.box_of_mail.replies["RCPT"] = ["552 5.2.2 The mailbox is full"]
        office.ask("alice", "narrow")

        said = office.told("alice", "A mail server refused the mail that asks carol@example.com")
        assert "Tell them yourself" in said
        office.ahead(minutes=30)
        office.settled()
        assert office.box_of_mail.received == []


def test_the_token_in_a_mail_points_and_gives_nobody_a_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mailing(tmp_path, monkeypatch, email="always") as office:
        asked = office.ask("alice", "narrow")
        (mail,) = office.mails("carol@example.com")
        body = mail.mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]

        (link,) = LINK.findall(body)
        assert "ey" not in link.rpartition("/")[2][:2]
        assert "." not in link.rpartition("/")[2]
        assert office.request(asked).state == "pending"
