"""TLS is demanded and verified before anything is said that others may not hear."""

import socket
from pathlib import Path

import pytest

from handlers.mail.smtp import Trouble
from tests.handlers.mail.servers import CONTENT, LONG, TO, Serving, raw
from tests.support.certificates import certificate, trusted
from tests.support.mails import mail_server


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
