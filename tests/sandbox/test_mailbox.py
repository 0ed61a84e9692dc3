"""The sandbox's mailbox keeps what it receives, and takes it as providers do."""

import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path
from typing import Literal

import pytest

from sandbox.mail_faults import Fault
from sandbox.mailbox import Mail, Mailbox

LOGIN = ("jit@example.com", "abcd efgh ijkl mnop")


def message() -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "jit@example.com", "Bob <bob@example.com>", "Größe"
    made["Message-ID"] = "<r-1@example.com>"
    made.set_content("plain words")
    made.add_alternative("<p>rich words</p>", subtype="html")
    return made


@pytest.fixture
def guarded() -> Iterator[Mailbox]:
    mailbox = Mailbox(login=LOGIN)
    mailbox.start()
    yield mailbox
    mailbox.stop()


def client(mailbox: Mailbox) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", mailbox.port, timeout=30)


def trusting(mailbox: Mailbox, folder: Path) -> ssl.SSLContext:
    """What a program knows that was told of the mailbox's authority by a file."""
    assert mailbox.certificate
    mailbox.certificate.publish(folder / "authority.pem")
    context = ssl.create_default_context(cafile=str(folder / "authority.pem"))
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # as Python 3.13 does by itself
    return context


def test_nothing_is_taken_before_tls(guarded: Mailbox) -> None:
    with client(guarded) as post:
        with pytest.raises(smtplib.SMTPNotSupportedError):
            post.login(*LOGIN)
        with pytest.raises(smtplib.SMTPResponseException, match="STARTTLS"):
            post.send_message(message())
        assert post.docmd("AUTH", "PLAIN AGE=")[0] in (530, 538)
    assert guarded.messages() == []


def test_nothing_is_taken_from_somebody_who_did_not_log_in(guarded: Mailbox, tmp_path: Path) -> None:
    with client(guarded) as post:
        post.starttls(context=trusting(guarded, tmp_path))
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            post.send_message(message())
    assert refused.value.smtp_code == 530
    assert guarded.messages() == []


@pytest.mark.parametrize("login", [("jit@example.com", "wrong"), ("eve@example.com", LOGIN[1]), ("x", "")])
def test_a_wrong_login_is_refused(guarded: Mailbox, tmp_path: Path, login: tuple[str, str]) -> None:
    with client(guarded) as post:
        post.starttls(context=trusting(guarded, tmp_path))
        with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
            post.login(*login)
    assert (refused.value.smtp_code, refused.value.smtp_error) == (
        535,
        b"5.7.8 Username and Password not accepted.",
    )


def test_a_program_that_trusts_the_worlds_authorities_trusts_this_one_not(guarded: Mailbox) -> None:
    with client(guarded) as post, pytest.raises(ssl.SSLCertVerificationError):
        post.starttls(context=ssl.create_default_context())


def test_the_certificate_is_for_this_machine_alone(guarded: Mailbox, tmp_path: Path) -> None:
    context = trusting(guarded, tmp_path)
    with closing(client(guarded)) as post:
        post._host = "smtp.example.com"  # type: ignore[attr-defined]  # the name that is checked
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            post.starttls(context=context)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_mail_is_taken_after_tls_and_login(
    guarded: Mailbox, tmp_path: Path, mechanism: str, caplog: pytest.LogCaptureFixture
) -> None:
    with client(guarded) as post:
        post.starttls(context=trusting(guarded, tmp_path))
        post.ehlo()
        post.user, post.password = LOGIN  # as `login` sets them
        post.auth(mechanism, getattr(post, f"auth_{mechanism.lower()}"))
        post.send_message(message())
    assert [mail["subject"] for mail in guarded.messages()] == ["Größe"]
    # Whoever runs the demo reads what the mail server has to say, which is nothing.
    assert "deprecated" not in caplog.text


def test_a_message_is_kept_with_its_envelope_headers_and_texts() -> None:
    mailbox, told = Mailbox(), list[Mail]()
    mailbox.arrived = told.append
    mailbox.start()
    try:
        with client(mailbox) as post:
            post.send_message(message(), to_addrs=["bob@example.com", "carol@example.com"])
            post.send_message(message())
    finally:
        mailbox.stop()
    kept, second = mailbox.messages()
    assert (kept["from"], kept["to"]) == ("jit@example.com", ["bob@example.com", "carol@example.com"])
    assert (kept["subject"], kept["headers"]["Message-ID"]) == ("Größe", "<r-1@example.com>")
    assert (kept["text"].strip(), kept["html"].strip()) == ("plain words", "<p>rich words</p>")
    assert (kept["number"], second["number"]) == (0, 1)
    assert told == [kept, second]


def test_an_empty_mailbox_has_no_messages() -> None:
    assert Mailbox().messages() == []


@pytest.fixture
def plain() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    mailbox.start()
    yield mailbox
    mailbox.stop()


@pytest.mark.parametrize("reply", ["451 4.7.1 Greylisted", "550 5.1.1 No such user here"])
def test_a_recipient_is_refused_as_often_as_one_asks_for_it(plain: Mailbox, reply: str) -> None:
    plain.faults.add(Fault(kind="refuse", times=2, reply=reply))
    with client(plain) as post:
        for _ in range(2):
            with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
                post.send_message(message())
            assert refused.value.recipients["bob@example.com"][0] == int(reply[:3])
        assert plain.messages() == []
        post.send_message(message())
    assert [mail["to"] for mail in plain.messages()] == [["bob@example.com"]]


@pytest.mark.parametrize(("kind", "kept"), [("cut", 0), ("lost", 1)])
def test_a_connection_that_ends_in_the_middle_has_kept_the_mail_or_not(
    plain: Mailbox, kind: Literal["cut", "lost"], kept: int
) -> None:
    plain.faults.add(Fault(kind=kind))
    with client(plain) as post, pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        post.send_message(message())
    assert len(plain.messages()) == kept
    with client(plain) as post:
        post.send_message(message())
    assert len(plain.messages()) == kept + 1


def test_a_mail_is_taken_late_and_faults_that_have_not_struck_can_be_forgotten(plain: Mailbox) -> None:
    plain.faults.add(Fault(kind="delay", seconds=0.2))
    begun = time.monotonic()
    with client(plain) as post:
        post.send_message(message())
        assert time.monotonic() - begun >= 0.2
        plain.faults.add(Fault(kind="refuse"))
        plain.faults.clear()
        post.send_message(message())
    assert len(plain.messages()) == 2
