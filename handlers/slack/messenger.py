"""Posts and redraws in Slack. A message is posted without buttons; the first redraw adds them."""

import time

from approvals.cards import Card
from approvals.ports import ChannelError, MessageGone, Notice, Posted
from handlers.slack.cards import Message, message
from handlers.slack.channels import LOST, Channels, Lost, left_until
from handlers.slack.client import SlackApi, SlackRefused

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


class SlackMessenger:
    """Implements the port `Messenger`. Each call gives up after its `timeout` in seconds and never waits to retry.

    `RateLimited`, a kind of `Unavailable`, says how long Slack asks to wait.
    """

    def __init__(self, api: SlackApi, channels: Channels) -> None:
        self._api = api
        self._channels = channels

    def post(self, notice: Notice, card: Card, *, timeout: float) -> Posted:
        """Post the sentence and the facts. Raises `Unavailable` or `ChannelError`.

        Where a name's id turns out to lead nowhere, the name is looked up anew: what was refused was not posted.
        Half of the time is the post's own, for one whose answer is not waited for may stand twice.
        """
        sent = message(notice, card, buttons=False)
        end = time.monotonic() + timeout
        place = self._channels.find(notice.to, timeout=timeout)
        try:
            return self._sent(place, notice, sent, left_until(end, least=timeout / 2))
        except Lost as lost:
            place = self._channels.find_anew(notice.to, place, lost, timeout=left_until(end))
        return self._sent(place, notice, sent, left_until(end, least=timeout / 2))

    def redraw(self, posted: Posted, notice: Notice, card: Card, *, timeout: float) -> None:
        """Draw a message as the request stands, with its buttons.

        Raises `Unavailable`, `ChannelError`, or `MessageGone` where it was deleted.
        """
        sent = self._drawn(posted, notice, card, timeout)
        try:
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
        except SlackRefused as error:
            raise _channel_error(notice, error) from error

    def _sent(self, place: str, notice: Notice, sent: Message, timeout: float) -> Posted:
        try:
            answer = self._api.json(
                "chat.postMessage", timeout=timeout, channel=place, text=sent.text, blocks=sent.blocks, **_QUIET
            )
        except SlackRefused as error:
            raise _channel_error(notice, error) from error
        return Posted(place=str(answer.get("channel") or place), ts=str(answer["ts"]))

    def _drawn(self, posted: Posted, notice: Notice, card: Card, timeout: float) -> Message:
        buttons = True
        try:
            self._channels.refuse_shared(posted.place, timeout=timeout)
        except ChannelError:
            # The channel was shared after the post: the state is still told, but nobody presses anything there.
            buttons = False
        return message(notice, card, buttons=buttons)


def _channel_error(notice: Notice, error: SlackRefused) -> ChannelError:
    kind = MessageGone if error.code == _GONE else Lost if error.code in LOST else ChannelError
    return kind(f"message {notice.key} to {notice.to}: {error}{_HINTS.get(error.code, '')}")
