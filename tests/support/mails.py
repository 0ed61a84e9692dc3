"""A mail server on loopback for tests: aiosmtpd with TLS and signing in, which fails as it is told."""

import asyncio
import base64
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from handlers.mail.mapping import Mapping
from handlers.mail.settings import MailSettings
from handlers.settings import Secret

USER, PASSWORD, TOKEN = "countersign@example.com", "app password", "t0ken"


class Received(msgspec.Struct, frozen=True):
    """One mail: whom the envelope names, and what came."""

    sender: str
    to: tuple[str, ...]
    mail: EmailMessage
    raw: bytes


class MailServer(Controller):
    """Keeps what it takes. `replies` holds, by command, what the coming ones are answered instead of being obeyed:
    a reply, `close` (the connection ends), or `silence` (none comes).

    After DATA the mail is kept first where the reply is `close` or `silence`.
    """

    def __init__(self, *, tls: ssl.SSLContext | None, password: str = PASSWORD, implicit: bool = False) -> None:
        self.received: list[Received] = []
        self.replies: dict[str, list[str]] = {}
        self.password = password
        self.token = TOKEN
        self.signed_in: list[str] = []
        self.answered: list[str] = []
        self._sessions: list[SMTP] = []
        self._implicit = implicit
        self._tls = tls
        super().__init__(
            self, hostname="127.0.0.1", port=0, ssl_context=tls if implicit else None, ready_timeout=60
        )

    def factory(self) -> SMTP:
        explicit = self._tls is not None and not self._implicit
        made = SMTP(
            self,
            tls_context=self._tls if explicit else None,
            require_starttls=explicit,
            # aiosmtpd takes for TLS only what it began itself.
            auth_required=explicit,
            auth_require_tls=explicit,
            authenticator=self._authenticate,
        )
        self._sessions.append(made)
        return made

    def hang_up(self) -> None:
        """End every connection."""

        async def abort() -> None:
            for each in self._sessions:
                transport: Any = each.transport
                if transport is not None:
                    transport.abort()
            for _ in range(5):
                await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(abort(), self.loop).result(60)

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]

    def _authenticate(self, _: Any, __: Any, ___: Any, ____: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.signed_in.append(data.login.decode())
        good = (data.login.decode(), data.password.decode()) == (USER, self.password)
        return AuthResult(success=good, handled=False)

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        """Take a token as Microsoft and Google do: an error comes as a challenge, and waits for an empty line."""
        user, bearer, *_ = base64.b64decode(args[1]).decode().split("\x01")
        self.signed_in.append(user.removeprefix("user="))
        if bearer == f"auth=Bearer {self.token}":
            return AuthResult(success=True)
        await server.push("334 " + base64.b64encode(b'{"status":"400"}').decode())
        line = await server._reader.readline()
        self.answered.append(line.decode())
        await server.push("535 5.7.3 Authentication unsuccessful")
        return AuthResult(success=False, handled=True)

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return await self._reply("MAIL", server) or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = await self._reply("RCPT", server)
        if not said:
            envelope.rcpt_tos.append(address)
        return said or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        coming = (self.replies.get("DATA") or [""])[0]
        if not coming or coming in {"close", "silence"}:
            self._keep(envelope)
        return await self._reply("DATA", server) or "250 Kept"

    def _keep(self, envelope: Envelope) -> None:
        raw = bytes(envelope.original_content or b"")
        parsed: Any = message_from_bytes(raw, policy=default)
        self.received.append(Received(str(envelope.mail_from), tuple(envelope.rcpt_tos), parsed, raw))

    async def _reply(self, command: str, server: SMTP) -> str:
        waiting = self.replies.get(command)
        said = waiting.pop(0) if waiting else ""
        if said == "close":
            transport: Any = server.transport
            transport.abort()
        if said in {"close", "silence"}:
            await asyncio.sleep(3600)
        return said


@contextmanager
def mail_server(pem: Path | None, *, implicit: bool = False, password: str = PASSWORD) -> Iterator[MailServer]:
    """Run one; with a key and certificate it demands TLS and signing in."""
    context = None
    if pem is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pem)
    server = MailServer(tls=context, implicit=implicit, password=password)
    server.start()
    try:
        yield server
    finally:
        server.hang_up()
        server.stop(no_assert=True)


def mail_settings(port: int = 587, **changes: Any) -> MailSettings:
    """Settings that fit such a server."""
    good = MailSettings(
        host="127.0.0.1",
        port=port,
        starttls=True,
        sender="countersign@example.com",
        sender_name="Countersign",
        username=USER,
        password=Secret(PASSWORD),
        secret="",
        oauth=None,
        mapping=Mapping(),
        timezone=ZoneInfo("UTC"),
        localhost="example.com",
        pages_url="https://countersign.example.com",
    )
    return msgspec.structs.replace(good, **changes)
