"""The mail server: a few connections, each used for many mails, and what was wrong with it last."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from threading import BoundedSemaphore, Lock

from approvals.ports.messages import ChannelError
from approvals.refusals.errors import NotSent
from handlers.mail.settings import MailSettings
from handlers.mail.smtp import Connection, Dial, SignIn, Trouble
from handlers.seldom import Seldom

CONNECTIONS = 4
"""At most so many at once: Microsoft 365 takes three a mailbox and puts the others off, Google some more."""

MAILS = 50
"""So many mails go over one connection."""

IDLE = 20.0
"""Seconds after which one that is not used is not trusted any more: servers close them after a minute or more."""

_log = logging.getLogger(__name__)


class Server:
    """Sends from any thread. `dial` opens a connection, `sign_in` signs in on it."""

    def __init__(
        self,
        settings: MailSettings,
        *,
        dial: Dial,
        sign_in: SignIn,
        seldom: Seldom,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._dial = dial
        self._sign_in = sign_in
        self._seldom = seldom
        self._clock = clock
        self._places = BoundedSemaphore(CONNECTIONS)
        self._lock = Lock()
        self._idle: list[tuple[Connection, float]] = []
        self._trouble = ""

    def send(self, recipient: str, content: bytes, *, timeout: float) -> None:
        """Hand one mail over, all of it within `timeout` seconds.

        Raises `NotSent`, `ChannelError` or `Unavailable`, as `Connection.submit` does.
        """
        end = self._clock() + timeout
        if not self._places.acquire(timeout=timeout):
            raise NotSent("all connections to the mail server are taken")
        try:
            self._send(recipient, content, end)
        except Trouble as trouble:
            self._note(str(trouble))
            raise
        finally:
            self._places.release()

    def _send(self, recipient: str, content: bytes, end: float) -> None:
        connection = self._kept(end) or self.opened(end - self._clock())
        try:
            connection.within(max(end - self._clock(), 0.0))
            connection.submit(self._settings.sender, recipient, content)
        except ChannelError:
            self._note("")
            self._keep(connection)
            raise
        except BaseException:
            connection.close()
            raise
        self._note("")
        self._keep(connection)

    def opened(self, timeout: float) -> Connection:
        """A connection on which we are signed in. Raises `Trouble`."""
        connection = Connection(self._settings, self._dial, timeout=timeout)
        try:
            self._sign_in(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _kept(self, end: float) -> Connection | None:
        """One that was used before and still answers."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection, since = self._idle.pop()
            if self._clock() - since < IDLE:
                connection.within(max(end - self._clock(), 0.0))
                if connection.afresh():
                    return connection
            connection.close()

    def _keep(self, connection: Connection) -> None:
        if connection.sent >= MAILS:
            connection.leave()
            return
        with self._lock:
            stale = [each for each, since in self._idle if self._clock() - since >= IDLE]
            self._idle = [(each, since) for each, since in self._idle if each not in stale]
            self._idle.append((connection, self._clock()))
        for each in stale:
            each.close()

    def _note(self, trouble: str) -> None:
        """Remember what is wrong; it is said in the log once a minute, and whoever asks is told."""
        self._trouble = trouble
        if trouble:
            self._seldom.warn("mail", f"no mail goes out: {self._settings.host}: {trouble}")

    def complaint(self) -> str:
        """What was wrong with the server last; empty where a mail went out since."""
        return f"the mail server {self._settings.host}: {self._trouble}" if self._trouble else ""

    def close(self) -> None:
        """End the connections that are kept."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection, _ in idle:
            with suppress(Exception):
                connection.leave()
