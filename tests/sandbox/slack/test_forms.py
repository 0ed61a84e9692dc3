"""Forms: what leaves Slack when they are sent or closed, and what the app's answers do to them."""

import re
from typing import Any

import pytest
from slack_bolt import App
from slack_sdk import WebClient

from sandbox.app import Sandbox
from tests.sandbox.slack.blocks import field, modal, option, section, select, text_input

Json = dict[str, Any]

FORM = modal(
    field(select()),
    field(text_input("duration", initial_value="1h")),
    field(text_input("why", multiline=True, min_length=3, max_length=10)),
    field(text_input("note"), optional=True),
    private_metadata="kept",
)


@pytest.fixture
def form(app: App, client: WebClient) -> None:
    """`/jit` opens a form whose entitlement is looked up."""

    @app.command("/jit")
    def opened(ack: Any, body: Json) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=FORM)
        ack()

    @app.options("what")
    def offered(ack: Any, payload: Json) -> None:
        ack(options=[option(one) for one in ("logs", "compute") if payload["value"] in one])


@pytest.mark.usefixtures("form")
def test_an_incomplete_form_never_leaves_slack(box: Sandbox, app: App, asked: list[Json]) -> None:
    box.slack.command("alice", "/jit")
    before = len(asked)

    outcome = box.slack.submit("alice", {"why": "ab"})

    assert outcome.error == "invalid_form"
    assert set(outcome.errors) == {"what", "why"}
    assert len(asked) == before
    assert box.slack.view("alice") is not None


@pytest.mark.usefixtures("form")
def test_what_is_not_offered_cannot_be_picked(box: Sandbox) -> None:
    box.slack.command("alice", "/jit")

    assert box.slack.submit("alice", {"what": "owner", "why": "INC-1"}).error == "not_offered"


@pytest.mark.usefixtures("form")
def test_a_form_round_trip_carries_the_state_in_slacks_shape(
    box: Sandbox, app: App, asked: list[Json], client: WebClient
) -> None:
    @app.view("form")
    def taken(ack: Any) -> None:
        ack()

    opened = box.slack.command("alice", "/jit").view
    assert opened is not None
    assert [one["value"] for one in box.slack.suggest("alice", "what", "lo").options] == ["logs"]
    outcome = box.slack.submit("alice", {"what": "logs", "why": "INC-1"})

    assert outcome.ok
    assert box.slack.view("alice") is None
    body = asked[-1]
    assert body["type"] == "view_submission"
    assert body["user"] == {"id": "U0ALICE", "username": "alice", "name": "alice", "team_id": "T0SANDBOX1"}
    assert body["view"]["id"] == opened["id"]
    assert body["view"]["private_metadata"] == "kept"
    assert body["view"]["state"]["values"] == {
        "what": {
            "what": {
                "type": "external_select",
                "selected_option": {
                    "text": {"type": "plain_text", "text": "logs", "emoji": True},
                    "value": "logs",
                },
            }
        },
        "duration": {"duration": {"type": "plain_text_input", "value": "1h"}},
        "why": {"why": {"type": "plain_text_input", "value": "INC-1"}},
        "note": {"note": {"type": "plain_text_input", "value": None}},
    }


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ({"response_action": "errors", "errors": {"duration": "Too long."}}, {"duration": "Too long."}),
        ({"response_action": "errors", "errors": {"nowhere": "Lost."}}, {"": "trouble"}),
        ({"response_action": "update", "view": {"type": "modal"}}, {"": "trouble"}),
        ({"response_action": "dance"}, {"": "trouble"}),
    ],
)
@pytest.mark.usefixtures("form")
def test_a_refused_form_stays_open(box: Sandbox, app: App, answer: Json, shown: dict[str, str]) -> None:
    @app.view("form")
    def refused(ack: Any) -> None:
        ack(answer)

    box.slack.command("alice", "/jit")
    outcome = box.slack.submit("alice", {"what": "logs", "why": "INC-1"})

    assert outcome.error == "invalid_form"
    assert {key: "trouble" if "trouble" in said else said for key, said in outcome.errors.items()} == shown
    assert box.slack.view("alice") is not None


@pytest.mark.usefixtures("form")
def test_a_form_can_be_replaced_covered_and_cleared(box: Sandbox, app: App) -> None:
    answers = [
        {"response_action": "update", "view": modal(section("two"), callback_id="form")},
        {"response_action": "push", "view": modal(section("three"), callback_id="form")},
        {"response_action": "clear"},
    ]

    @app.view("form")
    def next_one(ack: Any) -> None:
        ack(answers.pop(0))

    first = box.slack.command("alice", "/jit").view
    second = box.slack.submit("alice", {"what": "logs", "why": "INC-1"}).view
    third = box.slack.submit("alice").view
    assert first is not None
    assert second is not None
    assert third is not None
    assert first["id"] == second["id"]
    assert second["hash"] != first["hash"]
    assert (third["previous_view_id"], third["root_view_id"]) == (second["id"], second["id"])
    assert box.slack.submit("alice").ok
    assert box.slack.view("alice") is None


def test_closing_a_view_is_told_only_when_the_app_asked_for_it(
    box: Sandbox, app: App, asked: list[Json], client: WebClient
) -> None:
    @app.view_closed("form")
    def closed(ack: Any) -> None:
        ack()

    for told in (False, True):
        view = modal(section(), notify_on_close=told)
        client.views_open(trigger_id=box.slack.state.new_trigger("U0BOB"), view=view)
        box.slack.close("bob")

    assert [(body["type"], body["is_cleared"]) for body in asked] == [("view_closed", False)]


@pytest.fixture
def chosen(app: App, client: WebClient) -> list[Json]:
    """`/jit` opens a form with one list of which each choice is told, and one of which none is."""
    heard: list[Json] = []
    told, untold = field(select()), field(select(action_id="quiet"))
    view = modal(told | {"dispatch_action": True}, untold, field(text_input("why")))

    @app.command("/jit")
    def opened(ack: Any, body: Json) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=view)
        ack()

    @app.options(re.compile("what|quiet"))
    def offered(ack: Any) -> None:
        ack(options=[option("logs"), option("compute")])

    @app.action(re.compile("what|quiet"))
    def choice(ack: Any, body: Json) -> None:
        heard.append(body)
        ack()

    return heard


def test_a_choice_is_told_at_once_with_the_state_of_the_form(box: Sandbox, chosen: list[Json]) -> None:
    box.slack.command("alice", "/jit")
    view = box.slack.view("alice")

    outcome = box.slack.choose("alice", "what", "logs", values={"why": "INC-1"})

    assert outcome.ok, outcome.error
    (told,) = chosen
    assert (told["type"], told["container"]["type"]) == ("block_actions", "view")
    assert told["actions"][0]["selected_option"]["value"] == "logs"
    assert (told["actions"][0]["action_id"], told["actions"][0]["block_id"]) == ("what", "what")
    assert told["view"]["state"]["values"]["why"]["why"]["value"] == "INC-1"
    assert view is not None
    assert told["view"]["hash"] == view["hash"]


def test_a_choice_in_a_block_without_dispatch_action_stays_in_the_form(box: Sandbox, chosen: list[Json]) -> None:
    box.slack.command("alice", "/jit")

    assert box.slack.choose("alice", "quiet", "logs").ok
    assert chosen == []


def test_what_is_not_offered_cannot_be_chosen(box: Sandbox, chosen: list[Json]) -> None:
    box.slack.command("alice", "/jit")

    assert box.slack.choose("alice", "what", "owner").error == "not_offered"
    assert chosen == []
