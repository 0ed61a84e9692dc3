"""A mailbox: an SMTP server on loopback that keeps what it receives."""

import threading
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class _Loopback(Controller):
    """aiosmtpd's controller, which by itself does not learn a port that the system chose."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class Mailbox:
    """Receives mail on 127.0.0.1. Port 0 takes a free one; `port` says which, once it is started."""

    def __init__(self, *, port: int = 0) -> None:
        self._lock = threading.Lock()
        self._messages: list[dict[str, Any]] = []
        self._controller: _Loopback | None = None
        self.port = port

    def start(self) -> None:
        """Listen, in a thread."""
        self._controller = _Loopback(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()
        self.port = self._controller.port

    def stop(self) -> None:
        """Stop listening; what was received stays."""
        if self._controller is not None:
            self._controller.stop()

    def messages(self) -> list[dict[str, Any]]:
        """Return what was received, oldest first: envelope, subject, headers, texts."""
        with self._lock:
            return list(self._messages)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a message (aiosmtpd's hook for DATA)."""
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
            self._messages.append(kept)
        return "250 Kept"
