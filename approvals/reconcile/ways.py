"""By which channels a message goes, and the one door to all of their messengers."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import final

import msgspec

from approvals.drills import Drill
from approvals.people.accounts import channel_of
from approvals.ports.messages import (
    Calling,
    ChannelError,
    Messenger,
    Notice,
    Posted,
    Recipient,
    Telling,
    ToAccount,
    ToPerson,
    Zones,
)
from approvals.refusals.errors import Unavailable
from approvals.requests import Request
from approvals.telling.cards import Card
from approvals.telling.news import News

ZONE = 1.0
"""Seconds that a look-up of one person's time zone may take."""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """A channel by which messages go. One of `letters` carries those alone, and nothing that it sent changes."""

    channel: str
    messenger: Messenger
    letters: bool = False


@final
class MessageRouter:
    """Sends by every channel. The first one has the rooms that the policy names.

    What is recorded without a channel is the first one's: 0.1.0 had no other.
    """

    def __init__(self, ways: Sequence[Way]) -> None:
        self._ways = tuple(ways)

    @property
    def letters(self) -> str:
        """The channel by which letters go; empty where none does."""
        return next((way.channel for way in self._ways if way.letters), "")

    def spread(self, notice: Notice) -> Iterator[Notice]:
        """The notice, once for each channel by which it goes.

        An account is reached in its own channel, a room in the first one, a person by all but that of letters.
        """
        if notice.kind == "letter":
            yield msgspec.structs.replace(notice, by=self.letters)
            return
        for channel in self._channels(notice.to):
            is_further = isinstance(notice.to, ToPerson) and channel != self._ways[0].channel
            key = f"{notice.key} by {channel}" if is_further else notice.key
            yield msgspec.structs.replace(notice, key=key, by=channel)

    def requester(self, request: Request) -> Recipient:
        """Whoever asked: by their account where its channel carries messages, else by their address."""
        channel = channel_of(request.account)
        carries = not channel or any(way.channel == channel for way in self._ways)
        return ToAccount(request.account) if carries else ToPerson(request.requester)

    def zone(self, person: str) -> str:
        """The name of a person's time zone, as a channel knows it; empty where none does, or none answers now."""
        for way in self._ways:
            if isinstance(way.messenger, Zones):
                with suppress(Unavailable, ChannelError):
                    if found := way.messenger.zone(person, timeout=ZONE):
                        return found
        return ""

    def post(self, notice: Notice, card: Card, *, timeout: float) -> Posted:
        """Post by the notice's channel. Raises what its messenger does, `ChannelError` where there is none."""
        about = notice.about
        if about is not None and self._name(about.channel) != notice.by:
            # What stands in another channel can be neither linked to nor answered to from here.
            notice = msgspec.structs.replace(notice, about=None, threaded=False)
        posted = self._of(notice.by).post(notice, card, timeout=timeout)
        return msgspec.structs.replace(posted, channel=notice.by)

    def redraw(self, posted: Posted, notice: Notice, card: Card, *, timeout: float) -> None:
        """Redraw where it was posted, wherever it would go now. Raises like `post`."""
        self._of(posted.channel).redraw(posted, notice, card, timeout=timeout)

    def call(self, drill: Drill, person: str, *, timeout: float) -> Posted:
        """Call somebody to a drill, by the first channel that reaches them. Raises as `post` does."""
        return self._first(
            lambda messenger: (
                messenger.call(drill, person, timeout=timeout) if isinstance(messenger, Calling) else None
            ),
        )

    def recall(self, posted: Posted, drill: Drill, person: str, *, timeout: float) -> None:
        """Draw such a call as it stands. Raises as `post` does."""
        messenger = self._of(posted.channel)
        if isinstance(messenger, Calling):
            messenger.recall(posted, drill, person, timeout=timeout)

    def tell(self, news: News, to: Recipient, *, timeout: float) -> Posted:
        """Tell news to a room by the first channel that does, to a person by the first one that reaches them.

        Raises as `post` does.
        """
        return self._first(
            lambda messenger: (
                messenger.tell(news, to, timeout=timeout) if isinstance(messenger, Telling) else None
            ),
            only=not isinstance(to, ToPerson),
        )

    def _first(self, send: Callable[[Messenger], Posted | None], *, only: bool = False) -> Posted:
        """Send by the first channel that can and is not refused for good; `only`: by the first that can.

        Raises what the first one said where all are refused.
        """
        refused: ChannelError | None = None
        for way in self._ways:
            try:
                posted = send(way.messenger)
            except ChannelError as error:
                if only:
                    raise
                refused = refused or error
                continue
            if posted is not None:
                return msgspec.structs.replace(posted, channel=way.channel)
        raise refused or ChannelError("no channel does that")

    def _channels(self, to: Recipient | None) -> Sequence[str]:
        if isinstance(to, ToAccount):
            return [channel_of(to.account)]
        if isinstance(to, ToPerson):
            return [way.channel for way in self._ways if not way.letters]
        return [self._ways[0].channel]

    def _name(self, channel: str) -> str:
        return channel or self._ways[0].channel

    def _of(self, channel: str) -> Messenger:
        name = self._name(channel)
        found = next((way.messenger for way in self._ways if way.channel == name), None)
        if found is None:
            raise ChannelError(f"no channel here is called {name!r}")
        return found
