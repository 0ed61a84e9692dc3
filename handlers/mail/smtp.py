"""One connection to a mail server (RFC 5321, 3207, 4954), on which all waiting for one mail ends at one moment."""

import re
import smtplib
import ssl
from collections.abc import Callable
from typing import Any

from approvals.ports.messages import ChannelError
from approvals.refusals.errors import CountersignError, NotSent, Unavailable
from countersign_client import outgoing
from handlers.mail.settings import SUBMISSIONS, MailSettings

Dial = Callable[..., Any]
"""Opens a connection: host, port, timeout. See `Equipment.dial`."""

SignIn = Callable[["Connection"], None]
"""Signs in on a connection. Raises `SignInRefused` and what a connection raises."""

READY, GO_ON, SIGNED_IN = 220, 354, 235
_TRANSIENT, _FINAL = 4, 5
_UNAUTHENTICATED, _TOO_BIG = 530, 552
# Exchange Online looks only after the content whether the mailbox may send as the address.
_SEND_AS = (b"5.2.252", b"5.7.60", b"SendAsDenied")
_DOT = re.compile(rb"^\.", re.MULTILINE)


class Trouble(NotSent):
    """The server, or the way to it, is not as it must be: no mail goes out. `step` is where that showed."""

    def __init__(self, step: str, text: str) -> None:
        super().__init__(f"{step}: {text}")
        self.step = step


class SignInRefused(Trouble):
    """The server does not let us in with what we hold."""


class Connection(smtplib.SMTP):
    """Everything that may be refused is refused before the mail's last line is sent, and raised as `NotSent`."""

    def __init__(self, settings: MailSettings, dial: Dial, *, timeout: float) -> None:
        """Connect, and speak TLS where that is demanded. Raises `Trouble`."""
        super().__init__(local_hostname=settings.localhost)
        self.server, self._port = settings.host, settings.port
        self._stream: Any = _trying("connect", lambda: dial(settings.host, settings.port, timeout=timeout))
        self.sock = self._stream
        self.sent = 0
        try:
            self._begin(settings)
        except BaseException:
            self.close()
            raise

    def within(self, timeout: float) -> None:
        """From now on everything together lasts at most so many seconds."""
        self._stream.within(timeout)

    def _begin(self, settings: MailSettings) -> None:
        if settings.port == SUBMISSIONS:
            self._secure("tls")
        self.expect("greeting", self.getreply, READY)
        self._greet()
        if settings.port != SUBMISSIONS and settings.starttls:
            if not self.has_extn("starttls"):
                raise Trouble("starttls", f"{self.server} offers no TLS on this port")
            self.expect("starttls", lambda: self.docmd("STARTTLS"), READY)
            self._secure("starttls")
            # What it said before is not vouched for.
            self.ehlo_resp, self.esmtp_features, self.does_esmtp = None, {}, False
            self._greet()

    def _secure(self, step: str) -> None:
        _trying(step, lambda: self._stream.secure(self.server))
        self.file = None

    def _greet(self) -> None:
        self.expect("ehlo", self.ehlo, 250)

    def expect(self, step: str, ask: Callable[[], tuple[int, bytes]], *codes: int) -> str:
        """Ask and return the server's text. Raises `Trouble` where it answers otherwise, or not at all."""
        code, said = self.answer(step, ask)
        if code not in codes:
            raise Trouble(step, words(code, said))
        return said.decode(errors="replace")

    def answer(self, step: str, ask: Callable[[], tuple[int, bytes]]) -> tuple[int, bytes]:
        """Ask. Raises `Trouble` where no answer comes in time."""
        code, said = _trying(step, ask)
        return code, said

    def submit(self, sender: str, recipient: str, content: bytes) -> None:
        """Hand one mail over.

        Raises `NotSent` where it was surely not taken and may be later (`Trouble` where it is us that the server
        takes nothing from), `ChannelError` where it refuses the recipient or the content for good, and
        `Unavailable` where it may have been taken.
        """
        failed, over = "", outgoing.begun("smtp", "", self.server, self._port)
        try:
            self._submit(sender, recipient, content)
        except Exception as error:
            failed = type(error).__name__
            raise
        finally:
            over(0, failed)

    def _submit(self, sender: str, recipient: str, content: bytes) -> None:
        size = [f"size={len(content)}"] if self.has_extn("size") else []
        self._agreed("sender", lambda: self.mail(sender, size))
        self._agreed("recipient", lambda: self.rcpt(recipient))
        code, said = self.answer("data", lambda: self.docmd("DATA"))
        if code != GO_ON:
            raise _refusal("data", code, said)
        whole = _DOT.sub(b"..", content)
        self.answer("data", lambda: self._rest(whole if whole.endswith(b"\r\n") else whole + b"\r\n"))
        # Whoever does not hear the answer to this line does not know whether the mail was taken.
        try:
            self.send(b".\r\n")
            code, said = self.getreply()
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise Unavailable(f"{self.server} did not say whether it took the mail: {_said(error)}") from error
        self.sent += 1
        if code // 100 in (_TRANSIENT, _FINAL):
            raise _refusal("content", code, said)
        if code // 100 != 2:
            raise Unavailable(f"{self.server} did not say whether it took the mail: {words(code, said)}")

    def _agreed(self, step: str, ask: Callable[[], tuple[int, bytes]]) -> None:
        code, said = self.answer(step, ask)
        if code not in (250, 251):
            raise _refusal(step, code, said)

    def _rest(self, content: bytes) -> tuple[int, bytes]:
        self.send(content)
        return 0, b""

    def afresh(self) -> bool:
        """Forget what an earlier mail left behind; False where the connection is of no use any more."""
        try:
            return self.rset()[0] == 250
        except (OSError, smtplib.SMTPException, ValueError):
            return False

    def leave(self) -> None:
        """Say goodbye, and wait a second at most."""
        try:
            self.within(1.0)
            self.docmd("QUIT")
        except (OSError, smtplib.SMTPException, ValueError):
            pass
        finally:
            self.close()

    def close(self) -> None:
        """Close both, whatever the other side does."""
        if self.file is not None:
            self.file.close()
            self.file = None
        self.sock = None
        self._stream.close()


def _trying(step: str, act: Callable[[], Any]) -> Any:
    try:
        return act()
    except ssl.SSLCertVerificationError as error:
        raise Trouble(step, f"its certificate is not good: {error.verify_message}") from error
    except (OSError, smtplib.SMTPException, ValueError, Unavailable) as error:
        if isinstance(error, Trouble):
            raise
        raise Trouble(step, _said(error)) from error


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__


def _refusal(step: str, code: int, said: bytes) -> CountersignError:
    if code // 100 != _FINAL:
        return NotSent(f"the mail server put it off ({step}): {words(code, said)}")
    if code == _UNAUTHENTICATED:
        return Trouble("sign-in", words(code, said))
    # A server that is told the size may refuse the content at the sender (RFC 1870).
    if (step == "sender" and code != _TOO_BIG) or any(mark in said for mark in _SEND_AS):
        return Trouble("sender", words(code, said))
    return ChannelError(f"the mail server refused it ({step}): {words(code, said)}")


def words(code: int, said: bytes) -> str:
    """What a server answered, on one line that may stand in a log."""
    text = " ".join(said.decode(errors="replace").split())
    return f"{code} {''.join(c if c.isprintable() else '�' for c in text)[:300]}"
