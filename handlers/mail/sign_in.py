"""Signing in at a mail server: by password, by a password in Secret Manager, or by XOAUTH2. Never without TLS."""

import base64
import time
from collections.abc import Callable
from threading import Lock
from urllib.parse import urlencode

import msgspec

from approvals.refusals.errors import Unavailable
from countersign_client import shapes
from handlers.channel import Outside
from handlers.mail.settings import MailSettings, OAuth
from handlers.mail.smtp import SIGNED_IN, Connection, SignInRefused, Trouble, words

SCOPE = "https://outlook.office365.com/.default"
"""What a token of client credentials is for (Microsoft Learn, "Authenticate an IMAP, POP or SMTP connection")."""

CHALLENGE = 334
_EARLY = 300.0
_CALL = 5.0
_REFUSED = (530, 534, 535, 538, 550, 554)


class SignInProof:
    """What the server is shown, kept until it is refused. `read` gets it from wherever it is kept."""

    def __init__(self, read: Callable[[], tuple[str, float]]) -> None:
        self._read = read
        self._lock = Lock()
        self._held: tuple[str, float] | None = None

    def get(self) -> str:
        """Raises `Trouble`."""
        with self._lock:
            if self._held is None or time.monotonic() >= self._held[1]:
                text, lasts = self._read()
                self._held = (text, time.monotonic() + lasts)
            return self._held[0]

    def drop(self, refused: str) -> None:
        """Forget what was refused, unless it was read anew meanwhile."""
        with self._lock:
            if self._held is not None and self._held[0] == refused:
                self._held = None


class SignIn:
    """Signs in on connections."""

    def __init__(self, settings: MailSettings, *, outside: Outside) -> None:
        self._settings = settings
        self._outside = outside
        self.proof = SignInProof(self._read)

    def __call__(self, connection: Connection) -> None:
        """Sign in, a second time with what was read anew where the first was refused. Raises `Trouble`."""
        if not self._settings.username:
            return
        if not self._settings.encrypted:
            raise Trouble("sign-in", "without TLS nobody signs in")
        shown = self.proof.get()
        try:
            self._show(connection, shown)
        except SignInRefused:
            self.proof.drop(shown)
            if self._settings.oauth is None and not self._settings.secret:
                raise
            again = self.proof.get()
            if again == shown:
                raise
            self._show(connection, again)

    def _show(self, connection: Connection, shown: str) -> None:
        if self._settings.oauth is not None:
            self._by_token(connection, shown)
        else:
            self._by_password(connection, shown)

    def _by_password(self, connection: Connection, password: str) -> None:
        offered = connection.esmtp_features.get("auth", "").upper().split()
        user = self._settings.username
        if "PLAIN" in offered:
            whole = _base64(f"\0{user}\0{password}")
            code, said = connection.answer("sign-in", lambda: connection.docmd("AUTH", f"PLAIN {whole}"))
        elif "LOGIN" in offered:
            code, said = self._by_login(connection, password)
        else:
            raise Trouble("sign-in", f"{connection.server} offers no sign-in by password ({' '.join(offered)})")
        _judge(code, said)

    def _by_login(self, connection: Connection, password: str) -> tuple[int, bytes]:
        code, said = connection.answer("sign-in", lambda: connection.docmd("AUTH", "LOGIN"))
        for text in (self._settings.username, password):
            if code != CHALLENGE:
                break
            answer = _base64(text)
            code, said = connection.answer("sign-in", lambda answer=answer: connection.docmd(answer))  # type: ignore[misc]
        return code, said

    def _by_token(self, connection: Connection, token: str) -> None:
        whole = _base64(f"user={self._settings.username}\x01auth=Bearer {token}\x01\x01")
        code, said = connection.answer("sign-in", lambda: connection.docmd("AUTH", f"XOAUTH2 {whole}"))
        if code == CHALLENGE:
            # An error in base64, which an empty line is the answer to: then the server says the code.
            code, said = connection.answer("sign-in", lambda: connection.docmd(""))
        _judge(code, said)

    def _read(self) -> tuple[str, float]:
        """What to show, and for how many seconds it is good."""
        if self._settings.oauth is not None:
            return self._token(self._settings.oauth)
        if self._settings.secret:
            return _one_line(self._read_secret()), float("inf")
        return self._settings.password.reveal() if self._settings.password else "", float("inf")

    def _read_secret(self) -> bytes:
        try:
            return self._outside.secret(self._settings.secret, timeout=_CALL)
        except Unavailable as error:
            raise Trouble("secret", str(error)) from error

    def _token(self, oauth: OAuth) -> tuple[str, float]:
        form = {
            "grant_type": "client_credentials",
            "client_id": oauth.client_id,
            "client_secret": oauth.client_secret.reveal(),
            "scope": SCOPE,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            answer = self._outside.send(
                "POST", oauth.token_url, timeout=_CALL, headers=headers, body=urlencode(form).encode()
            )
            told = shapes.decode(answer.body, _Told)
        except (Unavailable, msgspec.DecodeError) as error:
            raise Trouble("token", f"the token endpoint gave no answer: {error}") from error
        if not told.access_token or not told.access_token.isascii():
            raise Trouble(
                "token", f"the token endpoint refused: {told.error or answer.status} {_brief(told)}".strip()
            )
        return told.access_token, max(told.expires_in - _EARLY, 0.0)


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of a token endpoint (RFC 6749 sections 5.1 and 5.2)."""

    access_token: str = ""
    expires_in: int = 0
    error: str = ""
    error_description: str = ""


def _brief(told: _Told) -> str:
    """The code of Microsoft's and its first sentence; the rest are ids and times."""
    return told.error_description.splitlines()[0][:200] if told.error_description else ""


def _one_line(raw: bytes) -> str:
    """The password in a secret; `echo` adds the newline that is stripped."""
    text = raw.removesuffix(b"\n").removesuffix(b"\r")
    if not text.isascii() or not text or b"\n" in text or b"\0" in text:
        raise Trouble("secret", "SMTP_SECRET holds no single line of ASCII, as a password is")
    return text.decode()


def _judge(code: int, said: bytes) -> None:
    if code == SIGNED_IN:
        return
    raise (SignInRefused if code in _REFUSED else Trouble)("sign-in", words(code, said))


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
