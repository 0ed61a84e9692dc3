"""What people do reaches the app as Slack would send it, and the app's answers show as Slack would show them."""

import json
import threading
import time
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier

from sandbox.app import Sandbox
from sandbox.slack import outward
from sandbox.slack.records import SlackError
from tests.sandbox.conftest import Clock
from tests.sandbox.slack.blocks import actions, button, field, modal, section, text_input

Json = dict[str, Any]


def test_an_app_that_is_not_there_shows_as_dispatch_failed(box: Sandbox) -> None:
    outcome = box.slack.command("alice", "/jit")

    assert (outcome.ok, outcome.error) == (False, "dispatch_failed")
    [message] = box.slack.messages("#access", seen_by="alice")
    assert message.text == '/jit failed with the error "dispatch_failed"'
    assert box.slack.messages("#access", seen_by="bob") == []


def test_an_app_that_takes_more_than_three_seconds_shows_as_operation_timeout(
    box: Sandbox, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outward, "ANSWER_SECONDS", 0.3)
    over = threading.Event()

    @app.command("/jit")
    def slow(ack: Any) -> None:
        over.wait(60)
        ack()

    assert box.slack.command("alice", "/jit").error == "operation_timeout"
    over.set()


def test_an_unhandled_act_is_an_error(box: Sandbox, app: App) -> None:
    assert box.slack.command("alice", "/jit").error == "dispatch_failed"


def test_a_command_that_nobody_registered_never_leaves_slack(box: Sandbox, asked: list[Json]) -> None:
    assert box.slack.command("alice", "/other").error == "invalid_command"
    assert asked == []


def test_a_person_of_another_organisation_has_no_commands(box: Sandbox, asked: list[Json]) -> None:
    box.slack.change_person("dan", team_id="T0OTHER")

    assert box.slack.command("dan", "/jit").error == "invalid_command"
    assert asked == []


def test_signatures_satisfy_slacks_own_verifier(box: Sandbox, clock: Clock) -> None:
    body = b"payload=%7B%7D"
    clock.now = time.time()
    headers = box.slack.signed(body)

    verifier = SignatureVerifier(box.signing_secret)
    assert verifier.is_valid_request(body, headers)
    assert not verifier.is_valid_request(body + b"x", headers)
    assert not SignatureVerifier("another secret").is_valid_request(body, headers)


def test_a_forged_or_old_request_is_refused_by_the_app(box: Sandbox, app: App, clock: Clock) -> None:
    body = b"command=%2Fjit"
    clock.forward(-301)
    assert box.slack.post(body).status == 401
    clock.forward(301)
    forged = {**box.slack.signed(body), "X-Slack-Signature": "v0=" + "0" * 64}
    assert box.slack.post(body, headers=forged).status == 401


def test_a_command_carries_who_where_and_what(box: Sandbox, app: App, asked: list[Json]) -> None:
    @app.command("/jit")
    def answered(ack: Any) -> None:
        ack("done")

    box.slack.command("alice", "/jit end <r-1> & @bob in #access", channel="#access")

    [body] = asked
    assert (body["user_id"], body["channel_id"], body["team_id"]) == ("U0ALICE", "C0ACCESS", "T0SANDBOX1")
    assert body["text"] == "end &lt;r-1&gt; &amp; <@U0BOB|bob> in <#C0ACCESS|access>"
    assert box.slack.messages("#access", seen_by="alice")[-1].text == "done"
    assert box.slack.messages("#access", seen_by="bob") == []


def test_an_acknowledgement_can_be_a_message_for_everybody(box: Sandbox, app: App) -> None:
    @app.command("/jit")
    def answered(ack: Any) -> None:
        ack(text="hi", blocks=[section("hi")], response_type="in_channel")

    box.slack.command("alice", "/jit")

    assert box.slack.messages("#access", seen_by="bob")[0].blocks[0]["text"]["text"] == "hi"


def test_an_acknowledgement_with_bad_blocks_is_shown_as_an_error(box: Sandbox, app: App) -> None:
    @app.command("/jit")
    def answered(ack: Any) -> None:
        ack(text="hi", blocks=[section("x" * 3001)])

    assert box.slack.command("alice", "/jit").error == "invalid_blocks"


def test_a_press_carries_the_message_and_the_button(
    box: Sandbox, app: App, asked: list[Json], client: WebClient
) -> None:
    @app.action("approve")
    def approved(ack: Any) -> None:
        ack()

    sent = client.chat_postMessage(
        channel="C0ACCESS", text="card", blocks=[actions(button("approve", value="token", style="primary"))]
    )

    assert box.slack.press("bob", "approve").ok
    [body] = asked
    assert body["container"] == {
        "type": "message",
        "message_ts": sent["ts"],
        "channel_id": "C0ACCESS",
        "is_ephemeral": False,
    }
    assert body["message"]["blocks"] == sent["message"]["blocks"]
    assert body["team"] == {"id": "T0SANDBOX1", "domain": "example-shop"}
    [action] = body["actions"]
    told = {key: action[key] for key in ("type", "action_id", "block_id", "value", "style")}
    assert told == {
        "type": "button",
        "action_id": "approve",
        "block_id": "decide",
        "value": "token",
        "style": "primary",
    }


def test_a_person_presses_only_what_that_person_sees(box: Sandbox, app: App, client: WebClient) -> None:
    client.chat_postMessage(channel="C0SECURITY", text="card", blocks=[actions(button())])
    client.chat_postEphemeral(channel="C0ACCESS", user="U0BOB", text="card", blocks=[actions(button("mine"))])

    with pytest.raises(SlackError, match="message_not_found"):
        box.slack.press("bob", "approve")
    with pytest.raises(SlackError, match="message_not_found"):
        box.slack.press("alice", "mine")


def test_a_press_opens_a_form_with_its_trigger(box: Sandbox, app: App, client: WebClient) -> None:
    @app.action("deny")
    def deny(ack: Any, body: Json) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=modal(field(text_input("reason"))))
        ack()

    client.chat_postMessage(channel="C0ACCESS", text="card", blocks=[actions(button("deny"))])
    outcome = box.slack.press("bob", "deny")

    assert outcome.view is not None
    assert outcome.view["blocks"][0]["block_id"] == "reason"
    assert box.slack.view("alice") is None


def test_an_ephemeral_message_is_not_in_the_payload_but_can_be_replaced_five_times(
    box: Sandbox, app: App, asked: list[Json], client: WebClient
) -> None:
    @app.action("again")
    def again(ack: Any) -> None:
        ack()

    blocks = [actions(button("again"))]
    client.chat_postEphemeral(channel="C0ACCESS", user="U0BOB", text="psst", blocks=blocks)
    box.slack.press("bob", "again")
    [body] = asked
    assert "message" not in body
    assert body["container"]["is_ephemeral"] is True

    answers = [respond(body["response_url"], {"replace_original": True, "text": str(n)}) for n in range(6)]
    assert answers == [(200, "ok")] * 5 + [(404, "used_url")]
    assert [message.text for message in box.slack.messages("#access", seen_by="bob")] == ["4"]


def test_a_response_url_dies_after_half_an_hour_and_takes_no_garbage(
    box: Sandbox, app: App, asked: list[Json], clock: Clock
) -> None:
    @app.command("/jit")
    def answered(ack: Any) -> None:
        ack()

    box.slack.command("alice", "/jit")
    url = asked[0]["response_url"]

    assert respond(url, {}) == (400, "no_text")
    assert respond(url, ["x"]) == (400, "invalid_payload")
    assert respond(url, {"text": "x", "blocks": [section("x" * 3001)]}) == (400, "invalid_blocks")
    assert respond(url, {"text": "late"}) == (200, "ok")
    clock.forward(30 * 60 + 1)
    assert respond(url, {"text": "later"}) == (404, "expired_url")
    assert [message.text for message in box.slack.messages("#access", seen_by="alice")] == ["late"]


def test_an_event_has_slacks_wrapper(box: Sandbox, app: App, asked: list[Json]) -> None:
    @app.event("app_home_opened")
    def opened() -> None:
        pass

    assert box.slack.event({"type": "app_home_opened", "user": "U0BOB", "tab": "home"}).ok
    assert (asked[0]["type"], asked[0]["event"]["user"]) == ("event_callback", "U0BOB")


def test_waiting_wakes_on_a_change_and_gives_up(box: Sandbox) -> None:
    with pytest.raises(TimeoutError):
        box.slack.wait(lambda: box.slack.messages("#access"), seconds=0.05)
    box.slack.say("bob", "a & b")
    assert box.slack.wait(lambda: box.slack.messages("#access"))[0].text == "a &amp; b"


def respond(url: str, body: object) -> tuple[int, str]:
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urlopen(request) as response:
            return response.status, response.read().decode()
    except HTTPError as error:
        with error:
            return error.code, json.loads(error.read())["error"]
