"""A letter through Debian's exim into a Maildir: what a server that is not ours makes of it."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from approvals.ports.messages import ChannelError, Notice, ToPerson
from approvals.refusals.errors import NotSent
from handlers.mail.messenger import MailMessenger
from handlers.mail.smtp import Trouble
from handlers.settings import Secret
from tests.handlers.mail.letters import card, denied, notice
from tests.handlers.mail.servers import LONG, Serving
from tests.support.builders import NOW
from tests.support.certificates import certificate, trusted
from tests.support.exim import MARKS, Exim, exim
from tests.support.mails import mail_settings

pytestmark = MARKS
FORGED = "INC-1\n.\nFrom eve@example.org\n> Approved\n\u202e\u00fc\r\nBcc: eve@example.org"


@pytest.fixture
def post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Exim]:
    pem, public = certificate(tmp_path)
    with exim(pem) as running, trusted(public, monkeypatch):
        yield running


@pytest.fixture
def messenger(post: Exim, server: Serving) -> MailMessenger:
    settings = mail_settings(post.port)
    return MailMessenger(settings, server(post.port), clock=lambda: NOW)


def to(address: str) -> Notice:
    return msgspec.structs.replace(notice(), to=ToPerson(address))


def test_a_mailbox_that_is_not_there_is_final_and_one_that_is_put_off_is_not(messenger: MailMessenger) -> None:
    with pytest.raises(ChannelError, match="No such mailbox"):
        messenger.post(to("nobody@example.com"), card(), timeout=LONG)
    with pytest.raises(NotSent, match="Greylisted"):
        messenger.post(to("later@example.com"), card(), timeout=LONG)


def test_a_wrong_password_sends_nothing(post: Exim, server: Serving) -> None:
    with pytest.raises(Trouble, match="sign-in: 535"):
        server(post.port, password=Secret("wrong")).send("bob@example.com", b"Subject: x\r\n\r\n", timeout=LONG)


def test_a_mail_that_is_too_large_is_final(post: Exim, server: Serving) -> None:
    with pytest.raises(ChannelError, match="552"):
        server(post.port).send("bob@example.com", b"Subject: x\r\n\r\n" + b"x" * 70_000 + b"\r\n", timeout=LONG)


def test_a_letter_and_its_outcome_arrive_as_they_were_made(post: Exim, messenger: MailMessenger) -> None:
    messenger.post(to("carol@example.com"), card(FORGED), timeout=LONG)
    told = msgspec.structs.replace(notice("outcome", follows=(notice().key,)), to=ToPerson("carol@example.com"))
    messenger.post(told, denied(FORGED), timeout=LONG)
    mails = {str(mail["Subject"])[:3]: mail for mail in post.mails(2)}

    asked, outcome = mails["ali"], mails["Re:"]
    assert outcome["In-Reply-To"] == asked["Message-ID"]
    assert asked["To"] == "carol@example.com"
    assert asked["Envelope-To"] == "carol@example.com"
    assert "Bcc" not in asked
    body = asked.get_body(("plain",)).get_content()
    quoted = [line for line in body.splitlines() if line.startswith(">")]
    assert quoted[0] == "> INC-1"
    assert "> ." in quoted
    assert "\u202e" not in body
    assert "> \u00fc" in quoted
    assert "/review/" in body
