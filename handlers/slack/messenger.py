"""Posts and redraws in Slack. A message is posted without buttons; the first redraw adds them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import msgspec

from approvals.drills import Drill
from approvals.ports.messages import ChannelError, MessageGone, Notice, Posted, Recipient, ToPerson
from approvals.refusals.errors import NotSent, Unavailable
from approvals.telling.cards import Card
from approvals.telling.news import News
from handlers.slack import drills, news
from handlers.slack.cards import Message, call, message
from handlers.slack.client import RateLimited, SlackApi, SlackRefused
from handlers.slack.conversations import LOST, Conversations, Lost, seconds_until
from handlers.slack.roster import Roster

LINK = 0.5
"""Seconds that may be spent on a card's link at least, when it was slow to post."""

# Of all that `chat.update` may answer, only this says that the message itself is gone (docs.slack.dev). In a
# channel that is archived, frozen or without the app (`is_inactive`, `not_in_channel`, `channel_not_found`) it
# stands, and can be redrawn once that is mended; so does one that may not be edited now.
_GONE = "message_not_found"

_INVITE = ": invite the app there"
_ARCHIVED = ": take the channel out of the archive, or name another one in the policy"
_HINTS = {
    "not_in_channel": _INVITE,
    "channel_not_found": _INVITE,
    "is_archived": _ARCHIVED,
    "is_inactive": _ARCHIVED,
}

_QUIET = {"unfurl_links": False, "unfurl_media": False, "parse": "none", "link_names": False}


@contextmanager
def _unsent() -> Iterator[None]:
    """What comes before a message is sent: where that is not answered, nothing was."""
    try:
        yield
    except Unavailable as error:
        raise NotSent(str(error), retry_after=error.retry_after) from error


class SlackMessenger:
    """Implements the port `Messenger`. Each call gives up after its `timeout` in seconds and never waits to retry.

    `RateLimited`, a kind of `Unavailable`, says how long Slack asks to wait.
    """

    def __init__(
        self, api: SlackApi, conversations: Conversations, roster: Roster, *, pages_url: str = ""
    ) -> None:
        self._api = api
        self._conversations = conversations
        self._roster = roster
        self._pages_url = pages_url

    def post(self, notice: Notice, card: Card, *, timeout: float) -> Posted:
        """Post the sentence and the facts. Raises `Unavailable` or `ChannelError`.

        Where a name's id turns out to lead nowhere, the name is looked up anew: what was refused was not posted.
        Half of the time is the post's own, for one whose answer is not waited for may stand twice.
        """
        if notice.kind == "turn":
            return self._told(notice, card, timeout)
        end = time.monotonic() + timeout
        posted = self._posted(notice, card, timeout)
        if notice.kind == "card" and (card.by_page or card.too_long):
            # Who decides on the page is led back here.
            link = self._permalink(posted, seconds_until(end, least=LINK))
            return msgspec.structs.replace(posted, link=link)
        return posted

    def call(self, drill: Drill, person: str, *, timeout: float) -> Posted:
        """Implements `Calling`. Raises `Unavailable` or `ChannelError`."""
        end = time.monotonic() + timeout
        place = self._conversations.find(ToPerson(person), timeout=timeout)
        what = f"the call of {drill.id} to {person}"
        return self._sent(place, drills.call(drill), what, seconds_until(end))

    def recall(self, posted: Posted, drill: Drill, person: str, *, timeout: float) -> None:
        """Implements `Calling`. Raises `Unavailable` or `ChannelError`."""
        try:
            self._update(posted, drills.recall(drill, person), timeout)
        except SlackRefused as error:
            raise ChannelError(f"the call of {drill.id} to {person}: {error}") from error

    def tell(self, found: News, to: Recipient, *, timeout: float) -> Posted:
        """Implements `Telling`. Raises `Unavailable` or `ChannelError`."""
        sent = news.told(found)
        return self._found(to, timeout, lambda place, left: self._sent(place, sent, f"news to {to}", left))

    def zone(self, person: str, *, timeout: float) -> str:
        """Implements `Zones`. Raises `Unavailable`."""
        return self._roster.zone(person, timeout=timeout)

    def _posted(self, notice: Notice, card: Card, timeout: float) -> Posted:
        sent = message(notice, card, buttons=False, pages_url=self._pages_url)
        if notice.about is not None and notice.threaded:
            return self._below(notice.about, notice, sent, timeout)
        return self._found(
            notice.to, timeout, lambda place, left: self._sent(place, sent, _called(notice), left, notice=notice)
        )

    def _below(self, about: Posted, notice: Notice, sent: Message, timeout: float) -> Posted:
        """Post in the thread of what stands, wherever its room has moved to since."""
        end = time.monotonic() + timeout
        with _unsent():
            self._conversations.refuse_shared(about.place, timeout=timeout / 2)
        return self._sent(about.place, sent, _called(notice), seconds_until(end), notice=notice)

    def _found(self, to: Recipient | None, timeout: float, post: Callable[[str, float], Posted]) -> Posted:
        """Post where the recipient is. Where a name's id leads nowhere, it is looked up once more."""
        end = time.monotonic() + timeout
        with _unsent():
            place = self._conversations.find(to, timeout=timeout)
        try:
            return post(place, seconds_until(end, least=timeout / 2))
        except Lost as lost:
            with _unsent():
                place = self._conversations.find_anew(to, place, lost, timeout=seconds_until(end))
        return post(place, seconds_until(end, least=timeout / 2))

    def _told(self, notice: Notice, card: Card, timeout: float) -> Posted:
        """Call people. What is not sent for certain raises `NotSent`, whatever else is unsure."""
        end = time.monotonic() + timeout
        with _unsent():
            place, sent = self._call(notice, card, timeout / 2)
            left = seconds_until(end)
        try:
            return self._sent(place, sent, _called(notice), left, notice=notice)
        except RateLimited as error:
            raise NotSent(str(error), retry_after=error.retry_after) from error

    def _call(self, notice: Notice, card: Card, timeout: float) -> tuple[str, Message]:
        """Find where a call goes, whom it mentions and what it links to."""
        end = time.monotonic() + timeout
        if notice.about is not None and notice.threaded:
            place = notice.about.place
            self._conversations.refuse_shared(place, timeout=timeout)
        else:
            place = self._conversations.find(notice.to, timeout=timeout)
        users = {person: self._roster.user(person, timeout=seconds_until(end)) for person in notice.people}
        return place, call(notice, card, users=users, link=self._link(notice, seconds_until(end)))

    def _link(self, notice: Notice, timeout: float) -> str:
        if notice.about is None:
            return ""
        with suppress(SlackRefused):
            return self._asked(notice.about, timeout)
        return ""

    def _permalink(self, posted: Posted, timeout: float) -> str:
        """Its link, or none: what stands is posted, and to post it once more would be worse."""
        with suppress(SlackRefused, Unavailable):
            return self._asked(posted, timeout)
        return ""

    def _asked(self, posted: Posted, timeout: float) -> str:
        about = {"channel": posted.place, "message_ts": posted.ts}
        return str(self._api.form("chat.getPermalink", timeout=timeout, **about).get("permalink") or "")

    def redraw(self, posted: Posted, notice: Notice, card: Card, *, timeout: float) -> None:
        """Draw a message as the request stands, with its buttons.

        Raises `Unavailable`, `ChannelError`, or `MessageGone` where it was deleted.
        """
        sent = self._drawn(posted, notice, card, timeout)
        try:
            self._update(posted, sent, timeout)
        except SlackRefused as error:
            raise _channel_error(_called(notice), error) from error

    def _update(self, posted: Posted, sent: Message, timeout: float) -> None:
        self._api.json(
            "chat.update",
            timeout=timeout,
            channel=posted.place,
            ts=posted.ts,
            text=sent.text,
            blocks=sent.blocks,
            parse="none",
            link_names=False,
        )

    def _sent(
        self, place: str, sent: Message, what: str, timeout: float, *, notice: Notice | None = None
    ) -> Posted:
        about = notice.about if notice is not None and notice.threaded else None
        below = {"thread_ts": about.ts} if about is not None else {}
        said = {"channel": place, "text": sent.text, "blocks": sent.blocks} | _QUIET | below
        try:
            answer = self._api.json("chat.postMessage", timeout=timeout, **said)
        except SlackRefused as error:
            raise _channel_error(what, error) from error
        return Posted(place=str(answer.get("channel") or place), ts=str(answer["ts"]))

    def _drawn(self, posted: Posted, notice: Notice, card: Card, timeout: float) -> Message:
        buttons = True
        try:
            self._conversations.refuse_shared(posted.place, timeout=timeout)
        except ChannelError:
            # The channel was shared after the post: the state is still told, but nobody presses anything there.
            buttons = False
        return message(notice, card, buttons=buttons, pages_url=self._pages_url)


def _called(notice: Notice) -> str:
    return f"message {notice.key} to {notice.to}"


def _channel_error(what: str, error: SlackRefused) -> ChannelError:
    kind = MessageGone if error.code == _GONE else Lost if error.code in LOST else ChannelError
    return kind(f"{what}: {error}{_HINTS.get(error.code, '')}")
