"""The Web API's methods, each as its reference page says."""

from collections.abc import Callable

from sandbox.slack import pages, shapes
from sandbox.slack.arguments import Args, decoded
from sandbox.slack.chat import Chat
from sandbox.slack.membership import kind, may_list, readable
from sandbox.slack.payloads import Payloads
from sandbox.slack.records import Json, SlackError
from sandbox.slack.responses import checked_home, checked_view
from sandbox.slack.state import State
from sandbox.world import Channel

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
        chat = Chat(state, scopes=lambda: self.granted)
        self.by_name: dict[str, Callable[[Args], Json]] = {
            "auth.test": self._auth_test,
            "users.info": self._users_info,
            "users.lookupByEmail": self._users_lookup,
            "users.conversations": self._users_conversations,
            "conversations.info": self._conversations_info,
            "conversations.list": self._conversations_list,
            "conversations.open": self._conversations_open,
            "chat.postMessage": chat.post,
            "chat.update": chat.update,
            "chat.postEphemeral": chat.ephemeral,
            "chat.getPermalink": chat.permalink,
            "views.open": self._views_open,
            "views.push": self._views_open,
            "views.update": self._views_update,
            "views.publish": self._views_publish,
            "blocks.validate": self._blocks_validate,
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
        channel = readable(self.state, str(args.get("channel", "")))
        self.need(_read_scope(channel))
        shown = shapes.channel(channel, self.state.world)
        if str(args.get("include_num_members")).lower() in ("1", "true"):
            shown["num_members"] = len(channel.members)
        return {"channel": shown}

    def _conversations_list(self, args: Args) -> Json:
        return self._page(args, [c for c in self.state.channels.values() if may_list(self.state, c)])

    def _users_conversations(self, args: Args) -> Json:
        who = str(args.get("user") or self.state.world.bot.user_id)
        if who not in self.state.people:
            raise SlackError("user_not_found")
        return self._page(
            args, [c for c in self.state.channels.values() if who in c.members and may_list(self.state, c)]
        )

    def _page(self, args: Args, held: list[Channel]) -> Json:
        kinds = self._kinds(args)
        alive = str(args.get("exclude_archived")).lower() in ("1", "true")
        looked, cursor = pages.cut(held, args, most=self.page)
        asked = [c for c in looked if kind(c) in kinds and not (alive and c.is_archived)]
        return {
            "channels": [shapes.channel(channel, self.state.world) for channel in asked],
            "response_metadata": {"next_cursor": cursor},
        }

    def _kinds(self, args: Args) -> list[str]:
        kinds = [each.strip() for each in str(args.get("types") or "public_channel").split(",")]
        scopes = {"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read"}
        for each in kinds:
            if each not in (*scopes, "mpim"):
                raise SlackError("invalid_types")
            self.need(scopes.get(each, "mpim:read"))
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

    # views

    def _views_open(self, args: Args) -> Json:
        sent = checked_view(decoded(args, "view"))
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
        new = self.state.update_view(view, checked_view(decoded(args, "view")))
        return {"view": self.payloads.view(new, {})}

    def _views_publish(self, args: Args) -> Json:
        if not self.state.world.bot.home_tab:
            raise SlackError("not_enabled")
        user = str(args.get("user_id") or "")
        if user not in self.state.people:
            raise SlackError("invalid_arguments", "[ERROR] invalid `user_id`")
        held = self.state.homes.get(user)
        if args.get("hash") and (held is None or args["hash"] != held.hash):
            raise SlackError("hash_conflict")
        return {"view": self.payloads.view(self.state.publish(user, checked_home(decoded(args, "view"))), {})}

    # blocks

    def _blocks_validate(self, args: Args) -> Json:
        """Of a view alone: nothing else is shown to it here. It needs no scope."""
        view = decoded(args, "view")
        if not isinstance(view, dict):
            raise SlackError("invalid_arguments")
        try:
            (checked_home if view.get("type") == "home" else checked_view)(view)
        except SlackError as error:
            wrong = [{"pointer": "", "code": "failed_constraint", "message": said} for said in error.messages]
            raise SlackError("invalid_view", errors=wrong) from error
        return {}


def _read_scope(channel: Channel) -> str:
    return {"im": "im:read", "private_channel": "groups:read"}.get(kind(channel), "channels:read")
