"""The payloads of slash commands, interactions and events, in the shapes that Slack documents."""

from typing import Any

from sandbox.slack.records import Json, Message, View
from sandbox.slack.state import State

# Slack still sends its retired verification token; nothing may rest on it.
VERIFICATION_TOKEN = "sandbox-verification-token"


class Payloads:
    """Builds payloads; `url` is the sandbox's own address, for `response_url`."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.url = ""

    def hook(self, user: str, channel: str, *, ts: str = "", kind: str = "actions") -> str:
        """A fresh `response_url`."""
        return f"{self.url}/slack/{kind}/{self.state.new_hook(user, channel, ts=ts)}"

    def command(self, user: str, channel: str, command: str, text: str) -> Json:
        """The form of a slash command."""
        world, person = self.state.world, self.state.person(user)
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": world.workspace.id,
            "team_domain": world.workspace.domain,
            "channel_id": channel,
            "channel_name": self._channel_name(channel),
            "user_id": person.id,
            "user_name": person.name,
            "command": command,
            "text": text,
            "api_app_id": world.bot.app_id,
            "is_enterprise_install": "false",
            "response_url": self.hook(user, channel, kind="commands"),
            "trigger_id": self.state.new_trigger(user),
        }

    def message_action(self, user: str, message: Message, action: Json) -> Json:
        """`block_actions` of an element in a message; an ephemeral message itself is not in it."""
        payload = self._interaction("block_actions", user) | {
            "container": {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": message.channel,
                "is_ephemeral": bool(message.to),
            },
            "trigger_id": self.state.new_trigger(user),
            "channel": {"id": message.channel, "name": self._channel_name(message.channel)},
            "state": {"values": {}},
            "response_url": self.hook(user, message.channel, ts=message.ts),
            "actions": [action | {"action_ts": self.state.new_ts()}],
        }
        if not message.to:
            payload["message"] = message.json(self.state.world.workspace.id)
        return payload

    def view_action(self, view: View, values: Json, action: Json) -> Json:
        """`block_actions` of an element in a modal or a Home tab: of no channel, with no `response_url`."""
        over = view.id if view.sent["type"] == "modal" else ""
        return self._interaction("block_actions", view.user) | {
            "container": {"type": "view", "view_id": view.id},
            "trigger_id": self.state.new_trigger(view.user, view=over),
            "view": self.view(view, values),
            "actions": [action | {"action_ts": self.state.new_ts()}],
        }

    def shortcut(self, user: str, message: Message, callback_id: str) -> Json:
        """`message_action`: a shortcut in a message's menu, with all of the message."""
        return self._interaction("message_action", user) | {
            "callback_id": callback_id,
            "action_ts": self.state.new_ts(),
            "trigger_id": self.state.new_trigger(user),
            "response_url": self.hook(user, message.channel, kind="app"),
            "message_ts": message.ts,
            "channel": {"id": message.channel, "name": self._channel_name(message.channel)},
            "message": message.json(self.state.world.workspace.id),
        }

    def home_opened(self, user: str, tab: str) -> Json:
        """`app_home_opened`; the view is in it where a Home tab is opened that was published before."""
        event: Json = {
            "type": "app_home_opened",
            "user": user,
            "channel": self.state.open_direct(user).id,
            "event_ts": self.state.new_ts(),
            "tab": tab,
        }
        held = self.state.homes.get(user) if tab == "home" else None
        return self.event(event | ({"view": self.view(held, {})} if held else {}))

    def suggestion(self, view: View, *, block_id: str, action_id: str, value: str) -> Json:
        """`block_suggestion` of an external select in a modal."""
        return self._interaction("block_suggestion", view.user) | {
            "container": {"type": "view", "view_id": view.id},
            "view": self.view(view, {}),
            "block_id": block_id,
            "action_id": action_id,
            "value": value,
        }

    def submission(self, view: View, values: Json) -> Json:
        """`view_submission`."""
        return self._interaction("view_submission", view.user) | {
            "trigger_id": self.state.new_trigger(view.user, view=view.id),
            "view": self.view(view, values),
            "response_urls": [],
        }

    def closed(self, view: View, *, is_cleared: bool) -> Json:
        """`view_closed`."""
        seen = self.view(view, {})
        return self._interaction("view_closed", view.user) | {"view": seen, "is_cleared": is_cleared}

    def event(self, event: Json) -> Json:
        """The wrapper that the Events API puts around an event."""
        world, now = self.state.world, int(self.state.clock())
        return {
            "token": VERIFICATION_TOKEN,
            "team_id": world.workspace.id,
            "api_app_id": world.bot.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": "Ev0" + self.state.new_ts().replace(".", ""),
            "event_time": now,
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": world.workspace.id,
                    "user_id": world.bot.user_id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
        }

    def view(self, view: View, values: Json) -> Json:
        """The view object with the state of its inputs, as interactions and `views.*` answers hold it."""
        world, sent = self.state.world, view.sent
        return {
            "id": view.id,
            "team_id": world.workspace.id,
            "type": sent["type"],
            "blocks": sent["blocks"],
            "private_metadata": sent.get("private_metadata", ""),
            "callback_id": sent.get("callback_id", ""),
            "state": {"values": values},
            "hash": view.hash,
            "clear_on_close": sent.get("clear_on_close", False),
            "notify_on_close": sent.get("notify_on_close", False),
            "close": sent.get("close"),
            "submit": sent.get("submit"),
            "previous_view_id": view.previous or None,
            "root_view_id": view.root,
            "app_id": world.bot.app_id,
            "external_id": sent.get("external_id", ""),
            "app_installed_team_id": world.workspace.id,
            "bot_id": world.bot.bot_id,
        } | ({"title": sent["title"]} if "title" in sent else {})

    def _interaction(self, kind: str, user: str) -> dict[str, Any]:
        world, person = self.state.world, self.state.person(user)
        return {
            "type": kind,
            "user": {
                "id": person.id,
                "username": person.name,
                "name": person.name,
                "team_id": person.team_id or world.workspace.id,
            },
            "api_app_id": world.bot.app_id,
            "token": VERIFICATION_TOKEN,
            "team": {"id": world.workspace.id, "domain": world.workspace.domain},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _channel_name(self, channel: str) -> str:
        found = self.state.channel(channel)
        if found.id.startswith("D"):
            return "directmessage"
        return "privategroup" if found.is_private else found.name
