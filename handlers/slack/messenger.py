"""Posts and redraws in Slack. A message is posted without buttons; the first redraw adds them."""

import time
from contextlib import suppress

from approvals.cards import Card
from approvals.errors import NotSent, Unavailable
from approvals.ports import ChannelError, Notice, Posted
from handlers.slack.cards import Message, call, message
from handlers.slack.channels import Channels
from handlers.slack.client import RateLimited, SlackApi, SlackRefused
from handlers.slack.roster import Roster

_QUIET = {"unfurl_links": False, "unfurl_media": False, "parse": "none", "link_names": False}


class SlackMessenger:
    """Implements the port `Messenger`. Each call gives up after its `timeout` in seconds and never waits to retry.

    `RateLimited`, a kind of `Unavailable`, says how long Slack asks to wait.
    """

    def __init__(self, api: SlackApi, channels: Channels, roster: Roster) -> None:
        self._api = api
        self._channels = channels
        self._roster = roster

    def post(self, notice: Notice, card: Card, *, timeout: float) -> Posted:
        """Post the sentence and the facts. Raises `Unavailable` or `ChannelError`."""
        if notice.kind == "turn":
            place, sent = self._call(notice, card, timeout)
        else:
            place = self._channels.resolve(notice.to, timeout=timeout)
            self._channels.refuse_shared(place, timeout=timeout)
            sent = message(notice, card, buttons=False)
        below = {"thread_ts": notice.about.ts} if notice.about and notice.threaded else {}
        try:
            answer = self._api.json(
                "chat.postMessage",
                timeout=timeout,
                channel=place,
                text=sent.text,
                blocks=sent.blocks,
                **_QUIET,
                **below,
            )
        except RateLimited as error:
            raise NotSent(str(error), retry_after=error.retry_after) from error
        except SlackRefused as error:
            raise _channel_error(notice, error) from error
        return Posted(place=str(answer.get("channel") or place), ts=str(answer["ts"]))

    def _call(self, notice: Notice, card: Card, timeout: float) -> tuple[str, Message]:
        """Find where a call goes, whom it mentions and what it links to. Raises `NotSent`."""
        until = time.monotonic() + timeout
        try:
            if notice.about is not None and notice.threaded:
                place = notice.about.place
            else:
                place = self._channels.resolve(notice.to, timeout=timeout)
            self._channels.refuse_shared(place, timeout=timeout)
            users = {person: self._roster.user(person, timeout=_left(until)) for person in notice.people}
            link = self._link(notice, _left(until))
        except Unavailable as error:
            raise NotSent(str(error), retry_after=error.retry_after) from error
        return place, call(notice, card, users=users, link=link)

    def _link(self, notice: Notice, timeout: float) -> str:
        if notice.about is None:
            return ""
        about = {"channel": notice.about.place, "message_ts": notice.about.ts}
        with suppress(SlackRefused):
            return str(self._api.form("chat.getPermalink", timeout=timeout, **about).get("permalink") or "")
        return ""

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


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise Unavailable("Slack did not say in time who is meant")
    return left


def _channel_error(notice: Notice, error: SlackRefused) -> ChannelError:
    hint = {"not_in_channel": ": invite the app there", "channel_not_found": ": invite the app there"}
    return ChannelError(f"message {notice.key} to {notice.to}: {error}{hint.get(error.code, '')}")
