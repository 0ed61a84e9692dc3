"""The Web API, driven by Slack's own client."""

import http.client
import json
import time

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.app import Sandbox
from tests.sandbox.conftest import Clock
from tests.sandbox.slack.blocks import actions, button, field, modal, plain, section, select
from tests.sandbox.slack.refusals import refusal

SCOPES = "commands,chat:write,im:write,users:read,users:read.email,channels:read,groups:read"


def without_scope(box: Sandbox, scope: str) -> None:
    box.slack.methods.granted = tuple(one for one in box.slack.methods.granted if one != scope)


def test_a_call_without_a_token_or_with_a_wrong_one_is_refused(box: Sandbox) -> None:
    assert refusal(WebClient(base_url=box.slack_api_url).auth_test) == "not_authed"
    assert refusal(WebClient(token="xoxb-other", base_url=box.slack_api_url).auth_test) == "invalid_auth"
    wrong_kind = WebClient(token=box.app_token, base_url=box.slack_api_url)
    assert refusal(wrong_kind.auth_test) == "not_allowed_token_type"


def test_a_connection_for_socket_mode_needs_the_app_token(client: WebClient, box: Sandbox) -> None:
    assert refusal(client.apps_connections_open, app_token=box.bot_token) == "not_allowed_token_type"
    assert client.apps_connections_open(app_token=box.app_token)["url"].startswith("ws://")


@pytest.mark.parametrize(
    ("scope", "method", "arguments"),
    [
        ("chat:write", "chat.postMessage", {"channel": "C0ACCESS", "text": "x"}),
        ("users:read", "users.info", {"user": "U0BOB"}),
        ("users:read.email", "users.lookupByEmail", {"email": "bob@example.com"}),
        ("im:write", "conversations.open", {"users": "U0BOB"}),
        ("channels:read", "conversations.info", {"channel": "C0ACCESS"}),
        ("groups:read", "conversations.info", {"channel": "C0SECURITY"}),
        ("groups:read", "conversations.list", {"types": "private_channel"}),
        ("channels:read", "users.conversations", {"types": "public_channel"}),
        ("groups:read", "users.conversations", {"types": "public_channel,private_channel"}),
    ],
)
def test_a_method_whose_scope_is_missing_names_it(
    box: Sandbox, client: WebClient, scope: str, method: str, arguments: dict[str, str]
) -> None:
    without_scope(box, scope)

    with pytest.raises(SlackApiError) as caught:
        client.api_call(method, params=arguments)

    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == scope


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update", "chat.postEphemeral"])
def test_a_message_that_is_too_long_as_a_whole_is_refused(client: WebClient, method: str) -> None:
    ts = client.chat_postMessage(channel="C0ACCESS", text="x")["ts"]
    blocks = [section("x" * 2700) for _ in range(5)]
    place = {"channel": "C0ACCESS", "ts": ts, "user": "U0BOB", "text": "x"}

    assert refusal(client.api_call, api_method=method, json=place | {"blocks": blocks}) == "msg_blocks_too_long"
    assert client.api_call(method, json=place | {"blocks": blocks[:4]})["ok"]


def test_every_answer_says_which_scopes_the_token_has(client: WebClient) -> None:
    assert client.auth_test().headers["x-oauth-scopes"] == SCOPES


def test_the_token_says_who_the_bot_is(client: WebClient) -> None:
    told = client.auth_test()

    assert (told["team_id"], told["user_id"], told["bot_id"]) == ("T0SANDBOX1", "U0COUNTERSIGN", "B0SANDBOX1")


def test_a_method_that_slack_does_not_have_is_unknown(client: WebClient) -> None:
    assert refusal(client.api_call, api_method="chat.postMessages") == "unknown_method"


def test_reading_methods_do_not_read_json(client: WebClient) -> None:
    assert refusal(client.api_call, api_method="users.info", json={"user": "U0BOB"}) == "user_not_found"
    assert client.api_call("users.info", params={"user": "U0BOB"})["user"]["name"] == "bob"


def test_an_address_is_shown_only_to_those_who_may_see_it(box: Sandbox, client: WebClient) -> None:
    assert client.users_info(user="U0BOB")["user"]["profile"]["email"] == "bob@example.com"
    without_scope(box, "users:read.email")
    assert "email" not in client.users_info(user="U0BOB")["user"]["profile"]


def test_what_an_administrator_changes_shows_in_users_info(box: Sandbox, client: WebClient) -> None:
    box.slack.change_person("bob", deleted=True, email_confirmed=False, is_restricted=True, team_id="T0OTHER")

    user = client.users_info(user="U0BOB")["user"]

    assert (user["deleted"], user["is_email_confirmed"], user["is_restricted"]) == (True, False, True)
    assert user["team_id"] == "T0OTHER"
    assert refusal(client.users_lookupByEmail, email="bob@example.com") == "users_not_found"


def test_people_are_found_by_id_and_address_and_slackbot_is_no_bot(client: WebClient) -> None:
    assert refusal(client.users_info, user="U0NOBODY") == "user_not_found"
    assert client.users_lookupByEmail(email="Bob@Example.com")["user"]["id"] == "U0BOB"
    assert client.users_info(user="U0GWEN")["user"]["is_ultra_restricted"] is True
    assert client.users_info(user="USLACKBOT")["user"]["is_bot"] is False


def test_bad_blocks_are_refused_with_the_place_of_each_problem(client: WebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel="C0ACCESS", text="x", blocks=[section("x" * 3001)])

    assert caught.value.response["error"] == "invalid_blocks"
    [problem] = caught.value.response["response_metadata"]["messages"]
    assert problem == "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"


def test_nothing_at_all_cannot_be_posted(client: WebClient) -> None:
    assert refusal(client.api_call, api_method="chat.postMessage", json={"channel": "C0ACCESS"}) == "no_text"


def test_a_message_is_kept_as_it_was_sent_and_gets_the_block_ids_it_lacks(box: Sandbox, client: WebClient) -> None:
    sent = client.chat_postMessage(channel="#access", text="hello", blocks=[section("hi")])

    [message] = box.slack.messages("#access")
    assert (message.ts, message.text) == (sent["ts"], "hello")
    assert message.blocks[0] == section("hi", block_id=message.blocks[0]["block_id"])
    assert sent["channel"] == "C0ACCESS"


def test_a_form_is_read_like_json(box: Sandbox, client: WebClient) -> None:
    form = {"channel": "C0ACCESS", "text": "a", "blocks": json.dumps([section("b")])}

    client.api_call("chat.postMessage", data=form)

    assert box.slack.messages("#access")[0].blocks[0]["text"]["text"] == "b"


def test_a_post_is_cut_at_40000_characters_but_an_update_is_refused_at_4001(client: WebClient) -> None:
    sent = client.chat_postMessage(channel="C0ACCESS", text="x" * 40_001)

    assert len(sent["message"]["text"]) == 40_000
    long = {"channel": "C0ACCESS", "ts": sent["ts"], "text": "x" * 4_001}
    assert refusal(client.chat_update, **long) == "msg_too_long"
    assert client.chat_update(channel="C0ACCESS", ts=sent["ts"], text="x" * 4_000)["ok"]


def test_only_the_apps_own_lasting_messages_can_be_updated(box: Sandbox, client: WebClient) -> None:
    box.slack.say("bob", "hello")
    said = box.slack.messages("#access")[0].ts
    whispered = client.chat_postEphemeral(channel="C0ACCESS", user="U0BOB", text="psst")["message_ts"]

    assert refusal(client.chat_update, channel="C0ACCESS", ts=said, text="x") == "cant_update_message"
    assert refusal(client.chat_update, channel="C0ACCESS", ts=whispered, text="x") == "message_not_found"
    assert refusal(client.chat_update, channel="C0ACCESS", ts="1.2", text="x") == "message_not_found"
    assert refusal(client.chat_update, channel="#access", ts=said, text="x") == "channel_not_found"


def test_an_update_without_blocks_keeps_them_and_an_empty_list_takes_them_away(
    box: Sandbox, client: WebClient
) -> None:
    sent = client.chat_postMessage(channel="C0ACCESS", text="a", blocks=[section()])

    client.chat_update(channel="C0ACCESS", ts=sent["ts"], text="b")
    assert len(box.slack.messages("#access")[0].blocks) == 1
    client.chat_update(channel="C0ACCESS", ts=sent["ts"], text="c", blocks=[])
    assert box.slack.messages("#access")[0].blocks == ()


def test_an_ephemeral_message_is_seen_by_one_person_who_is_in_the_channel(box: Sandbox, client: WebClient) -> None:
    client.chat_postEphemeral(channel="C0ACCESS", user="U0BOB", text="psst")

    assert [m.text for m in box.slack.messages("#access", seen_by="bob")] == ["psst"]
    assert box.slack.messages("#access", seen_by="alice") == []
    stranger = {"channel": "C0SECURITY", "user": "U0BOB", "text": "x"}
    assert refusal(client.chat_postEphemeral, **stranger) == "user_not_in_channel"


def test_direct_messages_go_to_one_person(box: Sandbox, client: WebClient) -> None:
    opened = client.conversations_open(users="U0BOB")["channel"]["id"]
    client.chat_postMessage(channel=opened, text="one")
    client.chat_postMessage(channel="U0BOB", text="two")

    assert [message.text for message in box.slack.messages("bob")] == ["one", "two"]
    box.slack.change_person("dan", deleted=True)
    assert refusal(client.conversations_open, users="U0DAN") == "user_disabled"
    assert refusal(client.conversations_open, users="U0NOBODY") == "user_not_found"


def test_a_permalink_needs_a_message(client: WebClient) -> None:
    assert refusal(client.chat_getPermalink, channel="C0ACCESS", message_ts="1.2") == "message_not_found"
    ts = client.chat_postMessage(channel="C0ACCESS", text="x")["ts"]
    assert ts.replace(".", "") in client.chat_getPermalink(channel="C0ACCESS", message_ts=ts)["permalink"]


def test_a_trigger_is_used_once_and_dies_after_three_seconds(
    box: Sandbox, client: WebClient, clock: Clock
) -> None:
    view = modal(section())
    late, once = box.slack.state.new_trigger("U0BOB"), box.slack.state.new_trigger("U0BOB")

    client.views_open(trigger_id=once, view=view)
    assert refusal(client.views_open, trigger_id=once, view=view) == "exchanged_trigger_id"
    assert refusal(client.views_open, trigger_id="made.up", view=view) == "invalid_trigger_id"
    clock.forward(3.1)
    assert refusal(client.views_open, trigger_id=late, view=view) == "expired_trigger_id"


def test_a_bad_view_is_refused_and_does_not_spend_the_trigger(box: Sandbox, client: WebClient) -> None:
    trigger = box.slack.state.new_trigger("U0BOB")
    bad = modal(section(), title=plain("x" * 25))

    assert refusal(client.views_open, trigger_id=trigger, view=bad) == "invalid_arguments"
    assert client.views_open(trigger_id=trigger, view=modal(section()))["ok"]


def test_a_view_is_updated_by_id_unless_the_hash_is_stale_or_it_is_closed(box: Sandbox, client: WebClient) -> None:
    view = client.views_open(trigger_id=box.slack.state.new_trigger("U0BOB"), view=modal(section("one")))["view"]
    new = modal(field(select()))

    assert client.views_update(view_id=view["id"], hash=view["hash"], view=new)["view"]["id"] == view["id"]
    stale = {"view_id": view["id"], "hash": view["hash"], "view": new}
    assert refusal(client.views_update, **stale) == "hash_conflict"
    box.slack.close("bob")
    assert refusal(client.views_update, view_id=view["id"], view=new) == "not_found"


def test_three_views_stack_and_a_fourth_is_refused(box: Sandbox, client: WebClient) -> None:
    trigger = box.slack.state.new_trigger("U0BOB")
    for _ in range(3):
        opened = client.views_open(trigger_id=trigger, view=modal(section()))["view"]["id"]
        trigger = box.slack.state.new_trigger("U0BOB", view=opened)

    assert refusal(client.views_push, trigger_id=trigger, view=modal(section())) == "push_limit_reached"


def test_faults_strike_the_next_calls_and_then_stop(box: Sandbox, client: WebClient) -> None:
    box.slack.faults.add("chat.postMessage", "ratelimit", times=2, seconds=7)

    for _ in range(2):
        with pytest.raises(SlackApiError) as caught:
            client.chat_postMessage(channel="C0ACCESS", text="x")
        assert caught.value.response.status_code == 429
        assert caught.value.response.headers["retry-after"] == "7"
    assert client.chat_postMessage(channel="C0ACCESS", text="x")["ok"]


def test_an_answer_can_be_lost_after_the_work_was_done(box: Sandbox, client: WebClient) -> None:
    box.slack.faults.add("chat.postMessage", "lost")
    with pytest.raises(SlackApiError):
        client.chat_postMessage(channel="C0ACCESS", text="once")
    box.slack.faults.add("chat.postMessage", "drop")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        client.chat_postMessage(channel="C0ACCESS", text="twice")

    assert [message.text for message in box.slack.messages("#access")] == ["once", "twice"]


def test_a_call_can_be_refused_or_answered_late(box: Sandbox, client: WebClient) -> None:
    box.slack.faults.add("views.open", "refuse", code="internal_error")
    assert refusal(client.views_open, trigger_id="x", view=modal(section())) == "internal_error"
    box.slack.faults.add("auth.test", "delay", seconds=0.2)
    before = time.monotonic()
    client.auth_test()
    assert time.monotonic() - before >= 0.2


def test_buttons_are_what_a_person_can_press(box: Sandbox, client: WebClient) -> None:
    client.chat_postMessage(channel="C0ACCESS", text="x", blocks=[actions(button("approve"), button("deny"))])

    elements = box.slack.messages("#access")[0].elements()

    assert [element["action_id"] for _, element in elements] == ["approve", "deny"]
