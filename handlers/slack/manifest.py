"""The manifest that creates the Slack app (https://docs.slack.dev/reference/app-manifest).

`manifest.yaml` beside the README is `manifest(None, "/jit")`.
"""

from typing import Any
from urllib.parse import urlsplit

import yaml

from handlers.slack.settings import slash_command

# What each is for: answering the command; posting cards and messages; opening a direct message;
# reading who presses a button, and the address; resolving a channel's name, public or private.
SCOPES = (
    "commands",
    "chat:write",
    "im:write",
    "users:read",
    "users:read.email",
    "channels:read",
    "groups:read",
)
PATH = "/slack/events"
EVENTS = ("app_home_opened",)
"""What the app hears of. The Home tab is drawn for whoever comes there; it needs no scope."""


def manifest(url: str | None, command: str) -> str:
    """Return the app's manifest as YAML: for Socket Mode without `url`, otherwise for HTTP at that address.

    Raises `ValueError`, saying what to give, when the command's name or the address cannot work.
    """
    document = _app(slash_command(command))
    document["settings"]["socket_mode_enabled"] = url is None
    if url is not None:
        _point_at(document, _https(url) + PATH)
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def _https(url: str) -> str:
    parts = urlsplit(url)
    if not url.startswith("https://") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError(
            f"{url!r} is no https address of a host. Give one such as https://countersign.example.com"
        )
    return url.rstrip("/").removesuffix(PATH)


def _app(command: str) -> dict[str, Any]:
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {
            "name": "Countersign",
            "description": "Just-in-time privileged access with approvals",
            "background_color": "#1f2937",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "countersign", "always_online": True},
            "slash_commands": [
                {
                    "command": command,
                    "description": "Request temporary Google Cloud access",
                    "usage_hint": "request ENTITLEMENT for 1h because TEXT",
                    "should_escape": True,
                }
            ],
            "shortcuts": [
                {
                    "name": "Ask for access",
                    "type": "message",
                    "callback_id": "ask_because",
                    "description": "Ask for access because of this message",
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True},
            "org_deploy_enabled": False,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }


def _point_at(document: dict[str, Any], address: str) -> None:
    """External selects ask `message_menu_options_url`, everything else comes to the others."""
    document["features"]["slash_commands"][0]["url"] = address
    document["settings"]["event_subscriptions"] |= {"request_url": address}
    document["settings"]["interactivity"] |= {"request_url": address, "message_menu_options_url": address}
