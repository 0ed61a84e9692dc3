"""The Home tab and the shortcuts of messages, as Slack has them: who hears of what, and what it refuses."""

from typing import Any

import msgspec
import pytest
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.app import Sandbox
from sandbox.slack import limits
from sandbox.slack.records import SlackError
from tests.sandbox.slack.blocks import actions, button, modal, section

Json = dict[str, Any]


def home(*blocks: Json, **more: Any) -> Json:
    return {"type": "home", "blocks": list(blocks), **more}


REFUSED = {
    "101 blocks": home(*[section()] * 101),
    "a title, which only a modal has": home(section(), title={"type": "plain_text", "text": "Home"}),
    "a submit button": home(section(), submit={"type": "plain_text", "text": "Send"}),
    "a modal": modal(section()),
    "3,001 characters of its own": home(section(), private_metadata="x" * 3001),
    "an alert": home({"type": "alert", "text": {"type": "plain_text", "text": "x"}}),
    "a section of 3,001 characters": home(section("x" * 3001)),
    "the same block_id twice": home(section(block_id="x"), section(block_id="x")),
}


@pytest.mark.parametrize("view", REFUSED.values(), ids=list(REFUSED))
def test_slack_takes_no_home_with(view: Json) -> None:
    assert limits.home_problems(view)


def test_a_home_of_100_blocks_is_one() -> None:
    assert limits.home_problems(home(*[section()] * 100, private_metadata="x" * 3000)) == []


def refused(client: WebClient, **told: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        client.api_call("views.publish", json=told)
    return str(caught.value.response["error"])


def test_a_home_is_published_to_a_person_against_its_hash(box: Sandbox, client: WebClient) -> None:
    assert refused(client, user_id="U0NOBODY", view=home(section())) == "invalid_arguments"
    assert refused(client, user_id="U0BOB", view=REFUSED["101 blocks"]) == "invalid_arguments"

    first = client.views_publish(user_id="U0BOB", view=home(section("one")))["view"]
    second = client.views_publish(user_id="U0BOB", view=home(section("two")), hash=first["hash"])["view"]

    assert refused(client, user_id="U0BOB", view=home(section("three")), hash=first["hash"]) == "hash_conflict"
    assert (first["type"], first["id"]) == ("home", second["id"])
    assert "title" not in second
    shown = box.slack.home("bob")
    assert shown is not None
    assert shown["blocks"][0]["text"]["text"] == "two"
    assert box.slack.home("alice") is None


def test_without_its_home_tab_the_app_publishes_none(box: Sandbox, client: WebClient) -> None:
    state = box.slack.state
    bot = msgspec.structs.replace(state.world.bot, home_tab=False)
    state.world = msgspec.structs.replace(state.world, bot=bot)

    assert refused(client, user_id="U0BOB", view=home(section())) == "not_enabled"


def test_more_than_a_hundred_homes_a_minute_are_too_many(box: Sandbox, client: WebClient) -> None:
    for _ in range(100):
        client.views_publish(user_id="U0BOB", view=home(section()))

    assert refused(client, user_id="U0BOB", view=home(section())) == "ratelimited"


def test_the_app_hears_who_came_and_what_they_saw(
    box: Sandbox, app: App, asked: list[Json], client: WebClient
) -> None:
    @app.event("app_home_opened")
    def opened() -> None:
        pass

    assert box.slack.open_home("bob").ok
    client.views_publish(user_id="U0BOB", view=home(section(), private_metadata="kept"))
    assert box.slack.open_home("bob").ok
    assert box.slack.open_home("bob", tab="messages").ok

    first, again, messages = (body["event"] for body in asked)
    assert (first["type"], first["user"], first["tab"]) == ("app_home_opened", "U0BOB", "home")
    assert first["channel"].startswith("D")
    assert "view" not in first
    assert (again["view"]["type"], again["view"]["private_metadata"]) == ("home", "kept")
    assert messages["tab"] == "messages"
    assert "view" not in messages


def test_a_press_at_home_comes_from_no_channel_and_opens_a_form(
    box: Sandbox, app: App, asked: list[Json], client: WebClient
) -> None:
    @app.action("ask")
    def pressed(ack: Any, body: Json) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=modal(section()))
        ack()

    client.views_publish(user_id="U0BOB", view=home(actions(button("ask", value="x"))))
    outcome = box.slack.press_at_home("bob", "ask")

    assert outcome.ok
    assert outcome.view is not None
    (body,) = asked
    assert (body["view"]["type"], body["container"]) == ("home", {"type": "view", "view_id": body["view"]["id"]})
    assert not {"channel", "message", "response_url"} & set(body)
    with pytest.raises(SlackError):
        box.slack.press_at_home("bob", "another")
    with pytest.raises(SlackError):
        box.slack.press_at_home("alice", "ask")


def test_a_shortcut_brings_the_message_that_the_person_sees(box: Sandbox, app: App, asked: list[Json]) -> None:
    @app.shortcut("ask_because")
    def chosen(ack: Any) -> None:
        ack()

    box.slack.say("bob", "the disk of db-1 is full <here>", channel="#access")
    box.slack.say("carol", "none of your business", channel="#security")
    (message,), (secret,) = box.slack.messages("#access"), box.slack.messages("#security")
    assert box.slack.shortcut("alice", "ask_because", message=message).ok

    (body,) = asked
    assert (body["type"], body["callback_id"], body["message_ts"]) == ("message_action", "ask_because", message.ts)
    assert (body["user"]["id"], body["channel"]["id"]) == ("U0ALICE", "C0ACCESS")
    assert (body["message"]["user"], body["message"]["text"]) == ("U0BOB", "the disk of db-1 is full &lt;here&gt;")
    assert body["response_url"].startswith(box.url)
    for callback, seen in (("ask_because", secret), ("another", message)):
        with pytest.raises(SlackError):
            box.slack.shortcut("alice", callback, message=seen)
