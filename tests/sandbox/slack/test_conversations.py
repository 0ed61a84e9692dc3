"""Lists of conversations, and what may be done in which."""

from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.app import Sandbox
from tests.sandbox.conftest import Clock
from tests.sandbox.slack.refusals import refusal


def test_conversations_are_listed_page_by_page(client: WebClient) -> None:
    first = client.conversations_list(types="public_channel,private_channel", limit=1)
    cursor = first["response_metadata"]["next_cursor"]
    second = client.conversations_list(types="public_channel,private_channel", limit=1, cursor=cursor)

    assert [channel["id"] for page in (first, second) for channel in page["channels"]] == [
        "C0ACCESS",
        "C0SECURITY",
    ]
    assert second["response_metadata"]["next_cursor"] == ""
    assert refusal(client.conversations_list, cursor="garbage!") == "invalid_cursor"


def test_the_bots_own_conversations_are_those_that_it_is_a_member_of(box: Sandbox, client: WebClient) -> None:
    kinds: dict[str, Any] = {"types": "public_channel,private_channel", "exclude_archived": True}
    box.slack.change_channel("#access", members=("U0ALICE",))

    assert [c["id"] for c in client.users_conversations(**kinds)["channels"]] == ["C0SECURITY"]
    box.slack.change_channel("#security", is_archived=True)
    assert client.users_conversations(**kinds)["channels"] == []
    assert refusal(client.users_conversations, limit=1000) == "invalid_limit"


def test_a_page_may_hold_fewer_than_were_asked_for_before_the_end_is_reached(
    box: Sandbox, client: WebClient
) -> None:
    box.slack.change_channel("#access", is_archived=True)
    box.slack.methods.page = 1
    kinds: dict[str, Any] = {"types": "public_channel,private_channel", "exclude_archived": True, "limit": 200}

    first = client.users_conversations(**kinds)
    second = client.users_conversations(**kinds, cursor=first["response_metadata"]["next_cursor"])

    assert (first["channels"], [c["id"] for c in second["channels"]]) == ([], ["C0SECURITY"])
    assert second["response_metadata"]["next_cursor"] == ""


@pytest.mark.parametrize(("method", "most"), [("conversations.list", 20), ("users.conversations", 50)])
def test_a_method_takes_so_many_calls_a_minute(client: WebClient, clock: Clock, method: str, most: int) -> None:
    for _ in range(most):
        assert client.api_call(method)["ok"]
        clock.forward(1)

    with pytest.raises(SlackApiError) as caught:
        client.api_call(method)
    assert caught.value.response.status_code == 429
    wait = int(caught.value.response.headers["retry-after"])
    assert 0 < wait <= 60 - most + 1
    clock.forward(wait)
    assert client.api_call(method)["ok"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"is_archived": True}, "is_inactive"),
        ({"members": ("U0ALICE",)}, "not_in_channel"),
        ({"members": ("U0ALICE",), "is_private": True}, "channel_not_found"),
    ],
)
def test_a_message_in_a_channel_that_is_closed_or_without_the_bot_stands_and_cannot_be_updated(
    box: Sandbox, client: WebClient, change: dict[str, Any], code: str
) -> None:
    ts = client.chat_postMessage(channel="C0ACCESS", text="x")["ts"]
    box.slack.change_channel("#access", **change)

    assert refusal(client.chat_update, channel="C0ACCESS", ts=ts, text="y") == code
    assert [message.text for message in box.slack.messages("#access")] == ["x"]


def test_a_private_channel_without_the_bot_does_not_exist_for_it(box: Sandbox, client: WebClient) -> None:
    box.slack.change_channel("#security", members=("U0CAROL",))

    assert refusal(client.conversations_info, channel="C0SECURITY") == "channel_not_found"
    assert refusal(client.chat_postMessage, channel="C0SECURITY", text="x") == "channel_not_found"
    assert refusal(client.chat_postMessage, channel="C0NOWHERE", text="x") == "channel_not_found"


def test_a_post_needs_membership_and_a_channel_that_is_not_archived(box: Sandbox, client: WebClient) -> None:
    box.slack.change_channel("#access", members=("U0ALICE",))
    assert refusal(client.chat_postMessage, channel="C0ACCESS", text="x") == "not_in_channel"
    box.slack.change_channel("#security", is_archived=True)
    assert refusal(client.chat_postMessage, channel="C0SECURITY", text="x") == "is_archived"
