"""A mailbox: an SMTP server on loopback that keeps what it receives."""

import asyncio
import hmac
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sandbox.certificates import Certificate
from sandbox.mail_faults import Faults

Mail = dict[str, Any]
_REFUSED = "535 5.7.8 Username and Password not accepted."
"""What Google answers (support.google.com/a/answer/3726730)."""


class _Loopback(Controller):
    """aiosmtpd's controller, which by itself does not learn a port that the system chose."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class Mailbox:
    """Receives mail on 127.0.0.1. Port 0 takes a free one; `port` says which, once it is started.

    With a `login` (user, password) it takes mail as providers do: after STARTTLS, and from that user alone.
    """

    def __init__(self, *, port: int = 0, login: tuple[str, str] | None = None) -> None:
        self._lock = threading.Lock()
        self._messages: list[Mail] = []
        self._controller: _Loopback | None = None
        self._login = login
        self.certificate = Certificate("localhost", "127.0.0.1") if login else None
        self.port = port
        self.faults = Faults()
        self.arrived: Callable[[Mail], None] = lambda _: None
        """Told of each mail, in the server's own thread: it may not take long."""

    def start(self) -> None:
        """Listen, in a thread."""
        guarded: dict[str, Any] = {}
        if self.certificate:
            # Who signs in is written down by the library in a way that it warns of itself.
            logging.getLogger("mail.log").setLevel(logging.ERROR)
            guarded = {
                "tls_context": self.certificate.context(),
                "require_starttls": True,
                "auth_required": True,
                "authenticator": self._authenticated,
            }
        self._controller = _Loopback(self, hostname="127.0.0.1", port=self.port, **guarded)
        self._controller.start()
        self.port = self._controller.port

    def stop(self) -> None:
        """Stop listening; what was received stays."""
        if self._controller is not None:
            self._controller.stop()

    def messages(self) -> list[Mail]:
        """Return what was received, oldest first: number, envelope, subject, headers, texts."""
        with self._lock:
            return list(self._messages)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, unless a fault says otherwise (aiosmtpd's hook for RCPT)."""
        if fault := self.faults.take("refuse"):
            return fault.reply
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a message, unless a fault says otherwise (aiosmtpd's hook for DATA)."""
        fault = self.faults.take("delay", "cut", "lost")
        if fault is None or fault.kind != "cut":
            self._keep(envelope)
        if fault is not None:
            await asyncio.sleep(fault.seconds)
            if fault.kind != "delay":
                transport: Any = server.transport
                transport.abort()
        return "250 Kept"

    def _keep(self, envelope: Envelope) -> None:
        parsed = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        plain, html = parsed.get_body(("plain",)), parsed.get_body(("html",))
        kept = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "from": envelope.mail_from,
            "to": list(envelope.rcpt_tos),
            "subject": str(parsed["subject"] or ""),
            "headers": {name: str(value) for name, value in parsed.items()},
            "text": plain.get_content() if plain else "",
            "html": html.get_content() if html else "",
        }
        with self._lock:
            kept["number"] = len(self._messages)
            self._messages.append(kept)
        self.arrived(kept)

    def _authenticated(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any
    ) -> AuthResult:
        wanted = tuple(text.encode() for text in self._login or ())
        said = (given.login, given.password) if isinstance(given, LoginPassword) else ()
        fits = len(said) == len(wanted) and all(map(hmac.compare_digest, said, wanted))
        return AuthResult(success=fits, handled=False, message=None if fits else _REFUSED)
