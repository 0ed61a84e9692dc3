"""The Web API's methods, each as its reference page says."""

import json
from collections.abc import Callable
from typing import Any

import msgspec

from sandbox.slack import limits, pages, shapes
from sandbox.slack.payloads import Payloads
from sandbox.slack.records import Json, Message, SlackError
from sandbox.slack.responses import checked_view
from sandbox.slack.state import State
from sandbox.world import Channel

Args = dict[str, Any]

# What the token needs.
SCOPES = {
    "users.info": "users:read",
    "users.lookupByEmail": "users:read.email",
    "conversations.open": "im:write",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.postEphemeral": "chat:write",
}
# These do not read JSON bodies.
FORMS = frozenset(
    {
        "users.info",
        "users.lookupByEmail",
        "users.conversations",
        "conversations.info",
        "conversations.list",
        "chat.getPermalink",
    }
)


class Methods:
    """Methods by name, on behalf of a bot token with the scopes given."""

    def __init__(self, state: State, payloads: Payloads, *, scopes: tuple[str, ...]) -> None:
        self.state = state
        self.payloads = payloads
        self.granted = scopes
        self.page = pages.LONGEST
        """At most so many conversations are looked through for one page, whatever `limit` asks for."""
        self.by_name: dict[str, Callable[[Args], Json]] = {
            "auth.test": self._auth_test,
            "users.info": self._users_info,
            "users.lookupByEmail": self._users_lookup,
            "users.conversations": self._users_conversations,
            "conversations.info": self._conversations_info,
            "conversations.list": self._conversations_list,
            "conversations.open": self._conversations_open,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.postEphemeral": self._ephemeral,
            "chat.getPermalink": self._permalink,
            "views.open": self._views_open,
            "views.push": self._views_open,
            "views.update": self._views_update,
        }

    def need(self, scope: str) -> None:
        """Raises `missing_scope` unless the token has the scope."""
        if scope not in self.granted:
            raise SlackError("missing_scope", needed=scope, provided=",".join(self.granted))

    # identity

    def _auth_test(self, _: Args) -> Json:
        world = self.state.world
        return {
            "url": f"https://{world.workspace.domain}.slack.com/",
            "team": world.workspace.name,
            "user": world.bot.name,
            "team_id": world.workspace.id,
            "user_id": world.bot.user_id,
            "bot_id": world.bot.bot_id,
            "is_enterprise_install": False,
        }

    def _users_info(self, args: Args) -> Json:
        found = self.state.people.get(str(args.get("user", "")))
        if found is None:
            raise SlackError("user_not_found")
        return {"user": self._user(found.id)}

    def _users_lookup(self, args: Args) -> Json:
        wanted = str(args.get("email", "")).lower()
        people = [p for p in self.state.people.values() if wanted and p.email.lower() == wanted and not p.deleted]
        if not people:
            raise SlackError("users_not_found")
        return {"user": self._user(people[0].id)}

    def _user(self, user: str) -> Json:
        sees_email = "users:read.email" in self.granted
        return shapes.user(self.state.people[user], self.state.world, with_email=sees_email)

    # conversations

    def _conversations_info(self, args: Args) -> Json:
        channel = self._readable(str(args.get("channel", "")))
        self.need(_read_scope(channel))
        shown = shapes.channel(channel, self.state.world)
        if str(args.get("include_num_members")).lower() in ("1", "true"):
            shown["num_members"] = len(channel.members)
        return {"channel": shown}

    def _conversations_list(self, args: Args) -> Json:
        return self._page(args, [c for c in self.state.channels.values() if self._may_list(c)])

    def _users_conversations(self, args: Args) -> Json:
        who = str(args.get("user") or self.state.world.bot.user_id)
        if who not in self.state.people:
            raise SlackError("user_not_found")
        return self._page(
            args, [c for c in self.state.channels.values() if who in c.members and self._may_list(c)]
        )

    def _page(self, args: Args, held: list[Channel]) -> Json:
        kinds = self._kinds(args)
        alive = str(args.get("exclude_archived")).lower() in ("1", "true")
        looked, cursor = pages.cut(held, args, most=self.page)
        asked = [c for c in looked if _kind(c) in kinds and not (alive and c.is_archived)]
        return {
            "channels": [shapes.channel(channel, self.state.world) for channel in asked],
            "response_metadata": {"next_cursor": cursor},
        }

    def _kinds(self, args: Args) -> list[str]:
        kinds = [kind.strip() for kind in str(args.get("types") or "public_channel").split(",")]
        scopes = {"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read"}
        for kind in kinds:
            if kind not in (*scopes, "mpim"):
                raise SlackError("invalid_types")
            self.need(scopes.get(kind, "mpim:read"))
        return kinds

    def _conversations_open(self, args: Args) -> Json:
        users = [user for user in str(args.get("users") or "").split(",") if user]
        if not users:
            raise SlackError("users_list_not_supplied")
        if len(users) > 1:
            raise SlackError("missing_scope", needed="mpim:write", provided=",".join(self.granted))
        person = self.state.people.get(users[0])
        if person is None:
            raise SlackError("user_not_found")
        if person.deleted:
            raise SlackError("user_disabled")
        if person.is_bot:
            raise SlackError("cannot_dm_bot")
        return {"channel": {"id": self.state.open_direct(person.id).id}}

    def _readable(self, channel_id: str) -> Channel:
        channel = self.state.channels.get(channel_id)
        if channel is None or not self._may_list(channel):
            raise SlackError("channel_not_found")
        return channel

    def _may_list(self, channel: Channel) -> bool:
        return _kind(channel) == "public_channel" or self._is_in(channel)

    def _is_in(self, channel: Channel) -> bool:
        return self.state.world.bot.user_id in channel.members

    # chat

    def _post(self, args: Args) -> Json:
        channel = self._writable(str(args.get("channel", "")))
        thread_ts, metadata = str(args.get("thread_ts") or ""), _decoded(args, "metadata")
        message = self._new(args, channel, thread_ts=thread_ts, metadata=metadata)
        answer: Json = {"channel": channel.id, "ts": message.ts, "message": self._shown(message)}
        if len(str(args.get("text") or "")) > limits.POST_TEXT:
            answer["response_metadata"] = {"warnings": ["message_truncated"]}
        return answer

    def _update(self, args: Args) -> Json:
        channel = self.state.channels.get(str(args.get("channel", "")))
        if channel is None or (channel.is_private and not self._is_in(channel)):
            raise SlackError("channel_not_found")
        if channel.is_archived:
            raise SlackError("is_inactive")
        if not self._is_in(channel):
            raise SlackError("not_in_channel")
        held = self.state.find(channel.id, str(args.get("ts", "")))
        if held.to:
            raise SlackError("message_not_found")
        if held.app_id != self.state.world.bot.app_id:
            raise SlackError("cant_update_message")
        text, blocks, attachments = _content(args)
        if len(text) > limits.UPDATE_TEXT:
            raise SlackError("msg_too_long")
        if not text and blocks is None and attachments is None:
            raise SlackError("no_text")
        changes: Json = {"edited": self.state.new_ts()}
        changes |= {"text": text} if "text" in args else {}
        changes |= {"blocks": tuple(blocks)} if blocks is not None else {}
        changes |= {"attachments": tuple(attachments)} if attachments is not None else {}
        changes |= {"metadata": _decoded(args, "metadata")} if "metadata" in args else {}
        new = self.state.keep(msgspec.structs.replace(held, **changes))
        return {"channel": channel.id, "ts": new.ts, "text": new.text, "message": self._shown(new)}

    def _ephemeral(self, args: Args) -> Json:
        channel, user = self._writable(str(args.get("channel", ""))), str(args.get("user", ""))
        if user not in channel.members:
            raise SlackError("user_not_in_channel")
        return {"message_ts": self._new(args, channel, to=user).ts}

    def _new(self, args: Args, channel: Channel, **more: Any) -> Message:
        text, blocks, attachments = _content(args)
        if not (text or blocks or attachments):
            raise SlackError("no_text")
        bot = self.state.world.bot
        message = Message(
            ts=self.state.new_ts(),
            channel=channel.id,
            user=bot.user_id,
            app_id=bot.app_id,
            bot_id=bot.bot_id,
            text=text[: limits.POST_TEXT],
            blocks=tuple(blocks or ()),
            attachments=tuple(attachments or ()),
            **more,
        )
        return self.state.keep(message)

    def _permalink(self, args: Args) -> Json:
        channel = self._readable(str(args.get("channel", "")))
        message = self.state.find(channel.id, str(args.get("message_ts", "")))
        domain, ts = self.state.world.workspace.domain, message.ts.replace(".", "")
        permalink = f"https://{domain}.slack.com/archives/{channel.id}/p{ts}"
        return {"channel": channel.id, "permalink": permalink}

    def _writable(self, which: str) -> Channel:
        channel = self.state.channel(which)
        if not self._is_in(channel):
            if channel.is_private:
                raise SlackError("channel_not_found")
            if "chat:write.public" not in self.granted:
                raise SlackError("not_in_channel")
        if channel.is_archived:
            raise SlackError("is_archived")
        return channel

    def _shown(self, message: Message) -> Json:
        return message.json(self.state.world.workspace.id)

    # views

    def _views_open(self, args: Args) -> Json:
        sent = checked_view(_decoded(args, "view"))
        external = sent.get("external_id")
        stacks = self.state.views.values()
        if external and any(v.sent.get("external_id") == external for stack in stacks for v in stack):
            raise SlackError("duplicate_external_id")
        trigger = self.state.use_trigger(args.get("trigger_id"))
        view = self.state.open_view(trigger.user, sent, push=bool(trigger.view))
        return {"view": self.payloads.view(view, {})}

    def _views_update(self, args: Args) -> Json:
        view = self.state.view(str(args.get("view_id") or args.get("external_id") or ""))
        if args.get("hash") and args["hash"] != view.hash:
            raise SlackError("hash_conflict")
        new = self.state.update_view(view, checked_view(_decoded(args, "view")))
        return {"view": self.payloads.view(new, {})}


def _content(args: Args) -> tuple[str, list[Json] | None, list[Json] | None]:
    blocks, attachments = _decoded(args, "blocks"), _decoded(args, "attachments")
    wrong = limits.message_problems(blocks) if blocks is not None else []
    for attachment in attachments or ():
        wrong += limits.message_problems(attachment.get("blocks") or [])
    if wrong:
        raise SlackError("invalid_blocks", *wrong)
    if limits.too_long([*(blocks or ()), *(attachments or ())]):
        raise SlackError("msg_blocks_too_long")
    return str(args.get("text") or ""), blocks, attachments


def _decoded(args: Args, name: str) -> Any:
    value = args.get(name)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise SlackError("invalid_blocks_format" if name == "blocks" else "invalid_arguments") from None


def _kind(channel: Channel) -> str:
    if channel.id.startswith("D"):
        return "im"
    return "private_channel" if channel.is_private else "public_channel"


def _read_scope(channel: Channel) -> str:
    return {"im": "im:read", "private_channel": "groups:read"}.get(_kind(channel), "channels:read")
