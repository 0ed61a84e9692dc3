"""A mail server that refuses, puts off, is slow, closes, or is not who it should be: none is lost or sent bare."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from approvals.errors import NotSent, Unavailable
from approvals.ports.messages import ChannelError
from bot.outside import outside
from handlers.mail.server import CONNECTIONS, IDLE, MAILS, Server
from handlers.mail.sign_in import SignIn
from handlers.mail.smtp import Trouble
from handlers.seldom import Seldom
from tests.support.certificates import certificate, trusted
from tests.support.mails import MailServer, mail_server, mail_settings

TO = "bob@example.com"
CONTENT = b"Subject: Hello\r\n\r\nHello.\r\n.\r\n..dots\r\n"
LONG = 60.0
"""Seconds that a call may take where it is not about time: machines are slow at times."""


class Ticking:
    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


Serving = Callable[..., Server]


@pytest.fixture
def server() -> Iterator[Serving]:
    """Makes what sends, and ends its connections."""
    made: list[Server] = []

    def make(port: int, *, clock: Callable[[], float] = time.monotonic, **changes: Any) -> Server:
        settings = mail_settings(port, **changes)
        calls = outside(base_url=None)
        seldom = Seldom(logging.getLogger("test"))
        sign_in = SignIn(settings, outside=calls)
        made.append(Server(settings, dial=calls.dial, sign_in=sign_in, seldom=seldom, clock=clock))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    pem, public = certificate(tmp_path)
    with mail_server(pem) as running, trusted(public, monkeypatch):
        yield running


@contextmanager
def raw(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does with each connection whatever it is told."""

    def serve(taken: socket.socket) -> None:
        with taken, suppress(OSError):
            answer(taken)

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            while True:
                try:
                    taken, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(taken,), daemon=True).start()

        threading.Thread(target=run, daemon=True).start()
        yield listener.getsockname()[1]


# --- TLS, and nothing without it


def test_a_certificate_that_nobody_vouches_for_gets_nothing(
    server: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem, _ = certificate(tmp_path)
    with mail_server(pem) as box, trusted(None, monkeypatch):
        with pytest.raises(Trouble, match="certificate"):
            server(box.port).send(TO, CONTENT, timeout=LONG)
        assert (box.received, box.signed_in) == ([], [])


def test_a_certificate_of_another_name_gets_nothing(
    server: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem, public = certificate(tmp_path, name="elsewhere.example.org")
    with mail_server(pem) as box, trusted(public, monkeypatch):
        with pytest.raises(Trouble, match="certificate"):
            server(box.port).send(TO, CONTENT, timeout=LONG)
        assert (box.received, box.signed_in) == ([], [])


def test_a_server_without_tls_gets_neither_a_password_nor_a_mail(server: Serving) -> None:
    with mail_server(None) as box:
        with pytest.raises(Trouble, match="offers no TLS"):
            server(box.port).send(TO, CONTENT, timeout=LONG)
        assert (box.received, box.signed_in) == ([], [])


def test_nobody_signs_in_without_tls_even_where_tls_is_switched_off(server: Serving) -> None:
    with mail_server(None) as box:
        with pytest.raises(Trouble, match="without TLS nobody signs in"):
            server(box.port, starttls=False).send(TO, CONTENT, timeout=LONG)
        assert (box.received, box.signed_in) == ([], [])


def test_where_tls_is_switched_off_by_name_a_relay_takes_mail_from_nobody_in_particular(server: Serving) -> None:
    with mail_server(None) as box:
        server(box.port, starttls=False, username="").send(TO, CONTENT, timeout=LONG)
        assert box.received[0].to == (TO,)


def test_what_is_said_before_tls_begins_is_not_believed(
    server: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sits between answers ahead of the handshake; their words are not read as the server's."""

    def answer(taken: socket.socket) -> None:
        taken.sendall(b"220 hello\r\n")
        taken.recv(1000)
        taken.sendall(b"250-hello\r\n250 STARTTLS\r\n")
        taken.recv(1000)
        taken.sendall(b"220 go on\r\n250-injected\r\n250 AUTH PLAIN\r\n")
        taken.recv(1000)

    with raw(answer) as port, trusted(None, monkeypatch), pytest.raises(Trouble, match="starttls"):
        server(port).send(TO, CONTENT, timeout=LONG)


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


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_what_a_server_refuses_for_good_is_final(server: Serving, box: MailServer, command: str) -> None:
    sending = server(box.port)
    box.replies[command] = ["552 5.2.2 The mailbox is full"]
    with pytest.raises(ChannelError, match="The mailbox is full"):
        sending.send(TO, CONTENT, timeout=LONG)
    assert sending.complaint() == ""

    sending.send(TO, CONTENT, timeout=LONG)
    assert len(box.received) == 1


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
        server(box.port).send(TO, CONTENT, timeout=LONG if reply == "close" else 3.0)

    assert not isinstance(unsure.value, NotSent)
    assert len(box.received) == 1


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
