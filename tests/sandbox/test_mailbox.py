"""The sandbox's mailbox keeps what it receives."""

import smtplib
from email.message import EmailMessage

from sandbox.mailbox import Mailbox


def test_a_message_is_kept_with_its_envelope_headers_and_texts() -> None:
    mailbox = Mailbox()
    mailbox.start()
    try:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "jit@example.com", "Bob <bob@example.com>", "Größe"
        message["Message-ID"] = "<r-1@example.com>"
        message.set_content("plain words")
        message.add_alternative("<p>rich words</p>", subtype="html")
        with smtplib.SMTP("127.0.0.1", mailbox.port, timeout=10) as client:
            client.send_message(message, to_addrs=["bob@example.com", "carol@example.com"])
    finally:
        mailbox.stop()
    (kept,) = mailbox.messages()
    assert (kept["from"], kept["to"]) == ("jit@example.com", ["bob@example.com", "carol@example.com"])
    assert (kept["subject"], kept["headers"]["Message-ID"]) == ("Größe", "<r-1@example.com>")
    assert (kept["text"].strip(), kept["html"].strip()) == ("plain words", "<p>rich words</p>")


def test_an_empty_mailbox_has_no_messages() -> None:
    assert Mailbox().messages() == []
