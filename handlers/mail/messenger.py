"""Sends letters. What is posted is a mail, and its place is whom it went to."""

from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage

from approvals.drills import Drill
from approvals.ports.messages import ChannelError, Notice, Posted, Recipient, ToPerson
from approvals.telling.cards import Card
from approvals.telling.news import News
from handlers.mail import news
from handlers.mail.letters import letter
from handlers.mail.server import Server
from handlers.mail.settings import MailSettings


class MailMessenger:
    """Implements the port `Messenger` for letters. A letter has one `Message-ID`, however often it goes."""

    def __init__(self, settings: MailSettings, server: Server, *, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._server = server
        self._clock = clock

    def post(self, notice: Notice, card: Card, *, timeout: float) -> Posted:
        """Send a letter. Raises `NotSent`, `Unavailable` where it may have been taken, or `ChannelError`."""
        if notice.kind != "letter" or not isinstance(notice.to, ToPerson):
            raise ChannelError(f"message {notice.key} is no letter to a person")
        to = self._settings.mapping.address(notice.to.address)
        made = letter(notice, card, to=to, settings=self._settings, now=self._clock())
        return self._sent(to, made, timeout)

    def tell(self, found: News, to: Recipient, *, timeout: float) -> Posted:
        """Implements `Telling`, for people alone. Raises as `post` does."""
        if not isinstance(to, ToPerson):
            raise ChannelError(f"no mail goes to {to}")
        address = self._settings.mapping.address(to.address)
        made = news.told(found, to=address, settings=self._settings, now=self._clock())
        return self._sent(address, made, timeout)

    def call(self, drill: Drill, person: str, *, timeout: float) -> Posted:
        """Implements `Calling`. Raises as `post` does."""
        address = self._settings.mapping.address(person)
        made = news.called(drill, to=address, settings=self._settings, now=self._clock())
        return self._sent(address, made, timeout)

    def recall(self, posted: Posted, drill: Drill, person: str, *, timeout: float) -> None:
        """Implements `Calling`: a mail stands as it was sent, and its page says how it is."""

    def _sent(self, address: str, made: EmailMessage, timeout: float) -> Posted:
        self._server.send(address, made.as_bytes(), timeout=timeout)
        return Posted(place=address, ts=str(made["Message-ID"]))

    def redraw(self, posted: Posted, notice: Notice, card: Card, *, timeout: float) -> None:
        """Raises `ChannelError`: nobody changes a mail that was sent."""
        raise ChannelError(f"mail {posted.ts} cannot be changed")
