"""A mail server that refuses, puts off, is slow, closes, or is not who it should be: none is lost or sent bare."""

import socket
import threading
import time
from pathlib import Path

import pytest

from approvals.ports.messages import ChannelError
from approvals.refusals.errors import NotSent, Unavailable
from handlers.mail.server import CONNECTIONS, IDLE, MAILS
from handlers.mail.smtp import Trouble
from tests.handlers.mail.servers import CONTENT, LONG, TO, Serving, Ticking, raw
from tests.support.certificates import certificate, trusted
from tests.support.mails import MailServer, mail_server

# --- what is taken


def test_a_mail_arrives_whole_by_starttls_and_a_password(server: Serving, box: MailServer) -> None:
    server(box.port).send(TO, CONTENT, timeout=LONG)

    (received,) = box.received
    assert (received.sender, received.to) == ("countersign@example.com", (TO,))
    assert received.raw == CONTENT


def test_on_465_tls_begins_at_once(server: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem, public = certificate(tmp_path)
    monkeypatch.setattr("handlers.mail.smtp.SUBMISSIONS", 0)
    with mail_server(pem, implicit=True) as box, trusted(public, monkeypatch):
        monkeypatch.setattr("handlers.mail.smtp.SUBMISSIONS", box.port)
        monkeypatch.setattr("handlers.mail.settings.SUBMISSIONS", box.port)
        server(box.port).send(TO, CONTENT, timeout=LONG)
        assert box.received[0].to == (TO,)


def test_many_mails_go_over_one_connection_and_then_over_another(server: Serving, box: MailServer) -> None:
    sending = server(box.port)
    for _ in range(MAILS + 1):
        sending.send(TO, CONTENT, timeout=LONG)

    assert len(box.received) == MAILS + 1
    assert len(box.signed_in) == 2
    sending.close()


def test_a_connection_that_was_not_used_for_long_is_not_trusted(server: Serving, box: MailServer) -> None:
    clock = Ticking()
    sending = server(box.port, clock=clock)
    sending.send(TO, CONTENT, timeout=LONG)
    clock.ahead = IDLE + 1
    sending.send(TO, CONTENT, timeout=LONG)

    assert len(box.signed_in) == 2


def test_a_connection_that_the_server_has_closed_is_made_anew(server: Serving, box: MailServer) -> None:
    sending = server(box.port)
    sending.send(TO, CONTENT, timeout=LONG)
    box.replies["MAIL"] = ["close"]
    with pytest.raises(NotSent):
        sending.send(TO, CONTENT, timeout=LONG)
    sending.send(TO, CONTENT, timeout=LONG)

    assert len(box.received) == 2


def test_only_a_few_connections_are_open_at_once(server: Serving, box: MailServer) -> None:
    sending = server(box.port)
    threads = [
        threading.Thread(target=sending.send, args=(TO, CONTENT), kwargs={"timeout": LONG}) for _ in range(12)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len(box.received) == 12
    assert len(box.signed_in) <= CONNECTIONS


# --- what is refused, put off, or not heard of


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("MAIL", "552 5.3.4 The mail is too big"),
        ("RCPT", "550 5.1.1 No such user"),
        ("RCPT", "552 5.2.2 The mailbox is full"),
        ("DATA", "554 5.7.1 It looks like spam"),
    ],
)
def test_what_a_server_refuses_of_one_mail_is_final(
    server: Serving, box: MailServer, command: str, reply: str
) -> None:
    sending = server(box.port)
    box.replies[command] = [reply]
    with pytest.raises(ChannelError, match=reply):
        sending.send(TO, CONTENT, timeout=LONG)
    assert sending.complaint() == ""

    sending.send(TO, CONTENT, timeout=LONG)
    assert len(box.received) == 1


@pytest.mark.parametrize(
    ("step", "refusal"),
    [
        ("sign-in", ("MAIL", "530 5.7.0 Authentication required")),
        ("sender", ("MAIL", "550 5.7.1 Not allowed to send as this address")),
        ("sender", ("MAIL", "553 5.7.1 Sender address rejected: not owned by user")),
        ("sign-in", ("RCPT", "530 5.7.57 Client was not authenticated")),
        ("sender", ("DATA", "554 5.2.252 SendAsDenied; service@example.com not allowed to send as it")),
        ("sender", ("DATA", "550 5.7.60 Client does not have permissions to send as this sender")),
    ],
)
def test_what_a_server_refuses_of_us_is_trouble_and_ends_no_mail(
    server: Serving, box: MailServer, caplog: pytest.LogCaptureFixture, step: str, refusal: tuple[str, str]
) -> None:
    command, reply = refusal
    sending = server(box.port)
    box.replies[command] = [reply]
    with pytest.raises(Trouble, match=reply) as trouble:
        sending.send(TO, CONTENT, timeout=LONG)
    assert trouble.value.step == step
    assert f"{step}: {reply}" in sending.complaint()
    assert f"no mail goes out: 127.0.0.1: {step}: {reply}" in caplog.text

    # Once the operator has mended it, the same mail goes.
    sending.send(TO, CONTENT, timeout=LONG)
    assert [each.to for each in box.received if each.raw == CONTENT][-1] == (TO,)
    assert sending.complaint() == ""


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_what_a_server_puts_off_was_surely_not_sent(server: Serving, box: MailServer, command: str) -> None:
    box.replies[command] = ["450 4.2.0 Greylisted, come again"]
    with pytest.raises(NotSent, match="Greylisted"):
        server(box.port).send(TO, CONTENT, timeout=LONG)
    assert box.received == []


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
def test_a_server_that_closes_in_the_middle_was_surely_not_told_all(
    server: Serving, box: MailServer, command: str
) -> None:
    box.replies[command] = ["close"]
    with pytest.raises(NotSent):
        server(box.port).send(TO, CONTENT, timeout=LONG)


@pytest.mark.parametrize("reply", ["close", "silence"])
def test_a_server_that_took_the_mail_and_says_nothing_may_have_it(
    server: Serving, box: MailServer, reply: str
) -> None:
    box.replies["DATA"] = [reply]
    with pytest.raises(Unavailable) as unsure:
        server(box.port).send(TO, CONTENT, timeout=LONG if reply == "close" else 10.0)

    assert not isinstance(unsure.value, NotSent)
    assert len(box.received) == 1


@pytest.mark.parametrize("reply", ["354 Go on", "what mail?", "100 Wait"])
def test_a_server_that_took_the_mail_and_says_something_else_may_have_it(
    server: Serving, box: MailServer, reply: str
) -> None:
    box.replies["DATA"] = [reply]
    with pytest.raises(Unavailable) as unsure:
        server(box.port).send(TO, CONTENT, timeout=LONG)

    assert not isinstance(unsure.value, NotSent)


def test_a_server_that_is_not_there_is_trouble_and_is_said(
    server: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    sending = server(port)
    with pytest.raises(Trouble, match="connect"):
        sending.send(TO, CONTENT, timeout=LONG)

    assert "the mail server 127.0.0.1: connect: " in sending.complaint()
    assert "no mail goes out: 127.0.0.1" in caplog.text


def test_a_server_that_answers_in_drops_holds_nobody_longer_than_the_whole_time(server: Serving) -> None:
    stop = threading.Event()

    def answer(taken: socket.socket) -> None:
        while not stop.wait(0.05):
            taken.sendall(b"2")

    with raw(answer) as port:
        began = time.monotonic()
        with pytest.raises(NotSent):
            server(port).send(TO, CONTENT, timeout=1.0)
        stop.set()
    assert time.monotonic() - began < LONG


def test_a_server_that_talks_without_end_is_left(server: Serving) -> None:
    def answer(taken: socket.socket) -> None:
        while True:
            taken.sendall(b"220-" + b"x" * 500 + b"\r\n")

    with raw(answer) as port, pytest.raises(Trouble, match="says too much"):
        server(port).send(TO, CONTENT, timeout=LONG)


def test_a_mail_out_ends_the_complaint(server: Serving, box: MailServer) -> None:
    sending = server(box.port)
    box.password = "another"
    with pytest.raises(Trouble):
        sending.send(TO, CONTENT, timeout=LONG)
    assert "sign-in: 535" in sending.complaint()

    box.password = "app password"
    sending.send(TO, CONTENT, timeout=LONG)
    assert sending.complaint() == ""
