"""The methods of `chat`: what the bot posts, changes and shows to one person."""

from collections.abc import Callable
from typing import Any

import msgspec

from sandbox.slack import limits
from sandbox.slack.arguments import Args, decoded
from sandbox.slack.membership import is_in, readable
from sandbox.slack.records import Json, Message, SlackError
from sandbox.slack.state import State
from sandbox.world import Channel


class Chat:
    """Each method as its reference page says. `scopes` are those that the bot token has now."""

    def __init__(self, state: State, *, scopes: Callable[[], tuple[str, ...]]) -> None:
        self._state = state
        self._scopes = scopes

    def post(self, args: Args) -> Json:
        channel = self._writable(str(args.get("channel", "")))
        thread_ts, metadata = str(args.get("thread_ts") or ""), decoded(args, "metadata")
        message = self._new(args, channel, thread_ts=thread_ts, metadata=metadata)
        answer: Json = {"channel": channel.id, "ts": message.ts, "message": self._shown(message)}
        if len(str(args.get("text") or "")) > limits.POST_TEXT:
            answer["response_metadata"] = {"warnings": ["message_truncated"]}
        return answer

    def update(self, args: Args) -> Json:
        channel = self._state.channels.get(str(args.get("channel", "")))
        if channel is None or (channel.is_private and not is_in(self._state, channel)):
            raise SlackError("channel_not_found")
        if channel.is_archived:
            raise SlackError("is_inactive")
        if not is_in(self._state, channel):
            raise SlackError("not_in_channel")
        held = self._state.find(channel.id, str(args.get("ts", "")))
        if held.to:
            raise SlackError("message_not_found")
        if held.app_id != self._state.world.bot.app_id:
            raise SlackError("cant_update_message")
        text, blocks, attachments = _content(args)
        if len(text) > limits.UPDATE_TEXT:
            raise SlackError("msg_too_long")
        if not text and blocks is None and attachments is None:
            raise SlackError("no_text")
        changes: Json = {"edited": self._state.new_ts()}
        changes |= {"text": text} if "text" in args else {}
        changes |= {"blocks": tuple(blocks)} if blocks is not None else {}
        changes |= {"attachments": tuple(attachments)} if attachments is not None else {}
        changes |= {"metadata": decoded(args, "metadata")} if "metadata" in args else {}
        new = self._state.keep(msgspec.structs.replace(held, **changes))
        return {"channel": channel.id, "ts": new.ts, "text": new.text, "message": self._shown(new)}

    def ephemeral(self, args: Args) -> Json:
        channel, user = self._writable(str(args.get("channel", ""))), str(args.get("user", ""))
        if user not in channel.members:
            raise SlackError("user_not_in_channel")
        return {"message_ts": self._new(args, channel, to=user).ts}

    def _new(self, args: Args, channel: Channel, **more: Any) -> Message:
        text, blocks, attachments = _content(args)
        if not (text or blocks or attachments):
            raise SlackError("no_text")
        bot = self._state.world.bot
        message = Message(
            ts=self._state.new_ts(),
            channel=channel.id,
            user=bot.user_id,
            app_id=bot.app_id,
            bot_id=bot.bot_id,
            text=text[: limits.POST_TEXT],
            blocks=tuple(blocks or ()),
            attachments=tuple(attachments or ()),
            **more,
        )
        return self._state.keep(message)

    def permalink(self, args: Args) -> Json:
        channel = readable(self._state, str(args.get("channel", "")))
        message = self._state.find(channel.id, str(args.get("message_ts", "")))
        domain, ts = self._state.world.workspace.domain, message.ts.replace(".", "")
        permalink = f"https://{domain}.slack.com/archives/{channel.id}/p{ts}"
        return {"channel": channel.id, "permalink": permalink}

    def _writable(self, which: str) -> Channel:
        channel = self._state.channel(which)
        if not is_in(self._state, channel):
            if channel.is_private:
                raise SlackError("channel_not_found")
            if "chat:write.public" not in self._scopes():
                raise SlackError("not_in_channel")
        if channel.is_archived:
            raise SlackError("is_archived")
        return channel

    def _shown(self, message: Message) -> Json:
        return message.json(self._state.world.workspace.id)


def _content(args: Args) -> tuple[str, list[Json] | None, list[Json] | None]:
    blocks, attachments = decoded(args, "blocks"), decoded(args, "attachments")
    wrong = limits.message_problems(blocks) if blocks is not None else []
    for attachment in attachments or ():
        wrong += limits.message_problems(attachment.get("blocks") or [])
    if wrong:
        raise SlackError("invalid_blocks", *wrong)
    if limits.too_long([*(blocks or ()), *(attachments or ())]):
        raise SlackError("msg_blocks_too_long")
    return str(args.get("text") or ""), blocks, attachments
