"""The manifest creates an app that works as it is, and asks for nothing that it does not need."""

import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from handlers.slack.manifest import manifest

ROOT = Path(__file__).parents[3]
URL = "https://countersign.example.com"
# The scopes that each method demands of a bot (https://docs.slack.dev/reference/methods).
SCOPES_OF = {
    "auth.test": set(),
    "chat.getPermalink": set(),
    "chat.postEphemeral": {"chat:write"},
    "chat.postMessage": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.info": {"channels:read", "groups:read"},
    "conversations.open": {"im:write"},
    "users.conversations": {"channels:read", "groups:read"},
    "users.info": {"users:read"},
    "users.lookupByEmail": {"users:read", "users:read.email"},
    "views.open": set(),
    "views.publish": set(),
    "views.update": set(),
}
METHOD = re.compile(
    r'"((?:auth|bookmarks|chat|conversations|files|reactions|team|usergroups|users|views)\.[a-zA-Z.]+)"'
)
SCHEMA = os.environ.get("SLACK_MANIFEST_SCHEMA", "")


def app(url: str | None = None, command: str = "/jit") -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(manifest(url, command))
    return loaded


@pytest.mark.parametrize("command", ["jit", "/", "/JIT", "/with blank", "/" + "x" * 32, ""])
def test_a_command_that_slack_would_refuse_is_refused(command: str) -> None:
    with pytest.raises(ValueError, match="slash"):
        manifest(None, command)


@pytest.mark.parametrize(
    "url", ["http://countersign.example.com", "countersign.example.com", "https://", f"{URL}/?a=b"]
)
def test_an_address_that_slack_would_refuse_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="https address"):
        manifest(url, "/jit")


def test_the_file_at_the_root_is_the_socket_mode_app() -> None:
    assert (ROOT / "manifest.yaml").read_text() == manifest(None, "/jit")


def test_the_socket_mode_app_has_no_address() -> None:
    assert app()["settings"]["socket_mode_enabled"] is True
    assert "https://" not in manifest(None, "/jit")


@pytest.mark.parametrize("url", [URL, f"{URL}/", f"{URL}/slack/events"])
def test_the_http_app_sends_everything_to_one_address(url: str) -> None:
    document = app(url)
    interactivity = document["settings"]["interactivity"]

    assert document["settings"]["socket_mode_enabled"] is False
    assert document["features"]["slash_commands"][0]["url"] == f"{URL}/slack/events"
    assert interactivity["request_url"] == f"{URL}/slack/events"
    assert interactivity["message_menu_options_url"] == f"{URL}/slack/events"
    assert document["settings"]["event_subscriptions"]["request_url"] == f"{URL}/slack/events"


def test_the_command_is_the_one_asked_for() -> None:
    assert [entry["command"] for entry in app(command="/access")["features"]["slash_commands"]] == ["/access"]


def test_the_sandbox_has_the_app_that_the_manifest_creates() -> None:
    """The sandbox refuses what a scope does not cover, so whatever runs there runs with these scopes."""
    there = yaml.safe_load((ROOT / "examples" / "world.yaml").read_text())["bot"]

    assert there["scopes"] == app()["oauth_config"]["scopes"]["bot"]
    assert there["commands"] == app()["features"]["slash_commands"]
    assert there["shortcuts"] == app()["features"]["shortcuts"]
    assert there["home_tab"] == app()["features"]["app_home"]["home_tab_enabled"]
    assert there["events"] == app()["settings"]["event_subscriptions"]["bot_events"]


def test_one_installation_serves_one_workspace() -> None:
    assert app()["settings"]["org_deploy_enabled"] is False


def test_only_scopes_that_are_used_are_asked_for() -> None:
    assert app()["oauth_config"]["scopes"] == {
        "bot": [
            "commands",
            "chat:write",
            "im:write",
            "users:read",
            "users:read.email",
            "channels:read",
            "groups:read",
        ]
    }


def test_every_method_that_the_handlers_call_has_its_scopes() -> None:
    called = {
        name for path in (ROOT / "handlers/slack").rglob("*.py") for name in METHOD.findall(path.read_text())
    }
    needed = {scope for name in called for scope in SCOPES_OF[name]}

    assert called
    assert needed <= set(app()["oauth_config"]["scopes"]["bot"])


@pytest.mark.parametrize("url", [None, URL])
def test_it_keeps_slacks_lengths(url: str | None) -> None:
    document = app(url, "/" + "x" * 31)

    assert len(document["display_information"]["name"]) <= 35
    assert len(document["display_information"]["description"]) <= 140
    assert re.fullmatch(r"[a-z0-9._-]{1,80}", document["features"]["bot_user"]["display_name"])
    assert len(document["features"]["slash_commands"][0]["usage_hint"]) <= 1000


@pytest.mark.skipif(not SCHEMA, reason="SLACK_MANIFEST_SCHEMA does not name Slack's manifest schema")
@pytest.mark.parametrize("url", [None, URL])
def test_slacks_own_schema_accepts_it(url: str | None) -> None:
    schema = json.loads(Path(SCHEMA).read_text())

    jsonschema.Draft7Validator(schema).validate(app(url))
