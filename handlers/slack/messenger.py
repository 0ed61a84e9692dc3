"""Posts and redraws in Slack. A message is posted without buttons; the first redraw adds them."""

from approvals.cards import Card
from approvals.ports import ChannelError, Notice, Posted
from handlers.slack.cards import Message, message
from handlers.slack.channels import Channels
from handlers.slack.client import SlackApi, SlackRefused

_QUIET = {"unfurl_links": False, "unfurl_media": False, "parse": "none", "link_names": False}


class SlackMessenger:
    """Implements the port `Messenger`. Each call gives up after its `timeout` in seconds and never waits to retry.

    `RateLimited`, a kind of `Unavailable`, says how long Slack asks to wait.
    """

    def __init__(self, api: SlackApi, channels: Channels) -> None:
        self._api = api
        self._channels = channels

    def post(self, notice: Notice, card: Card, *, timeout: float) -> Posted:
        """Post the sentence and the facts. Raises `Unavailable` or `ChannelError`."""
        place = self._channels.resolve(notice.to, timeout=timeout)
        self._channels.refuse_shared(place, timeout=timeout)
        sent = message(notice, card, buttons=False)
        try:
            answer = self._api.json(
                "chat.postMessage", timeout=timeout, channel=place, text=sent.text, blocks=sent.blocks, **_QUIET
            )
        except SlackRefused as error:
            raise _channel_error(notice, error) from error
        return Posted(place=str(answer.get("channel") or place), ts=str(answer["ts"]))

    def redraw(self, posted: Posted, notice: Notice, card: Card, *, timeout: float) -> None:
        """Draw a message as the request stands, with its buttons. Raises `Unavailable` or `ChannelError`."""
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

    def _drawn(self, posted: Posted, notice: Notice, card: Card, timeout: float) -> Message:
        buttons = True
        try:
            self._channels.refuse_shared(posted.place, timeout=timeout)
        except ChannelError:
            # The channel was shared after the post: the state is still told, but nobody presses anything there.
            buttons = False
        return message(notice, card, buttons=buttons)


def _channel_error(notice: Notice, error: SlackRefused) -> ChannelError:
    hint = {"not_in_channel": ": invite the app there", "channel_not_found": ": invite the app there"}
    return ChannelError(f"message {notice.key} to {notice.to}: {error}{hint.get(error.code, '')}")
