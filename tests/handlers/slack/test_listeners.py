"""Each payload reaches the one listener of its kind and name, and nothing else does."""

from typing import Any

import pytest
from slack_bolt import Ack, App, BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult

from handlers.slack.listeners import Listeners

COMMAND = {"command": "/jit", "text": "approve"}
ACTION = {"type": "block_actions", "actions": [{"action_id": "approve"}]}
OPTIONS = {"type": "block_suggestion", "action_id": "approve"}
VIEW = {"type": "view_submission", "view": {"callback_id": "approve"}}


@pytest.fixture
def heard() -> list[str]:
    return []


@pytest.fixture
def listeners(heard: list[str]) -> Listeners:
    made = Listeners()

    def note(kind: str) -> Any:
        def listener(ack: Ack, body: dict[str, Any]) -> None:
            heard.append(kind)
            ack(kind)

        return listener

    made.command("/jit")(note("command"))
    made.action("approve")(note("action"))
    made.options("approve")(note("options"))
    made.view("approve")(note("view"))
    return made


def process(listeners: Listeners, body: dict[str, Any]) -> tuple[BoltResponse, bool]:
    """What is answered, and whether Bolt goes on."""
    request, went_on = BoltRequest(body=""), []
    request.body = body
    answer = listeners.process(req=request, resp=BoltResponse(status=200), next=lambda: went_on.append(True))
    return answer, bool(went_on)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"type": "view_closed", "view": {"callback_id": "approve"}},
        {"type": "event_callback", "event": {"type": "approve"}},
        {"type": "block_actions", "actions": []},
        {"type": "block_actions", "actions": [{}]},
        {"type": "block_actions", "actions": [{"action_id": "decline"}, {"action_id": "approve"}]},
        {"type": "block_actions", "actions": [{"action_id": ["approve"]}]},
        {"type": "block_suggestion", "actions": [{"action_id": "approve"}]},
        {"type": "view_submission", "view": None},
        {"type": "view_submission", "action_id": "approve"},
        {"type": ["block_actions"], "actions": [{"action_id": "approve"}]},
        {"command": "/other"},
        {"command": ["/jit"]},
        {"type": "command", "command": "/other"},
    ],
)
def test_what_nobody_listens_for_reaches_nobody_and_goes_on(
    listeners: Listeners, heard: list[str], body: dict[str, Any]
) -> None:
    assert process(listeners, body)[1]
    assert heard == []


@pytest.mark.parametrize(
    ("body", "kind"), [(COMMAND, "command"), (ACTION, "action"), (OPTIONS, "options"), (VIEW, "view")]
)
def test_each_kind_reaches_its_own_listener_whose_answer_is_bolts(
    listeners: Listeners, heard: list[str], body: dict[str, Any], kind: str
) -> None:
    answer, went_on = process(listeners, body)

    assert (heard, went_on) == ([kind], False)
    assert kind in str(answer.body)


def test_what_a_listener_raises_is_the_apps_to_answer() -> None:
    listeners = Listeners()
    app = App(
        signing_secret="s",
        authorize=lambda: AuthorizeResult(enterprise_id=None, team_id=None),
        before_authorize=listeners,
        request_verification_enabled=False,
    )

    @listeners.action("approve")
    def approve(ack: Ack, body: dict[str, Any]) -> None:
        raise LookupError("nothing there")

    @app.error
    def failed(error: Exception) -> BoltResponse:
        return BoltResponse(status=418, body=str(error))

    request = BoltRequest(body="")
    request.body = ACTION
    answer = app.dispatch(request)

    assert (answer.status, answer.body) == (418, "nothing there")
