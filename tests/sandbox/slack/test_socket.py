"""Socket Mode, with the client that Slack ships."""

from collections.abc import Iterator
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from sandbox.app import Sandbox
from tests.sandbox.conftest import bolt
from tests.sandbox.slack.blocks import actions, button, field, modal, option, select


@pytest.fixture
def app(box: Sandbox, client: WebClient) -> Iterator[App]:
    """An app that has no address and connects outward."""
    made = bolt(box, client)
    handler = SocketModeHandler(made, box.app_token, web_client=client)
    handler.connect()  # type: ignore[no-untyped-call]
    box.slack.sockets.wait()
    yield made
    handler.close()  # type: ignore[no-untyped-call]


def test_a_socket_without_a_ticket_is_refused(box: Sandbox) -> None:
    with pytest.raises(InvalidStatus), connect(f"ws://127.0.0.1:{box.port}/slack/socket?ticket=guess"):
        pass
    assert not box.slack.sockets.connected()


def test_commands_presses_and_forms_travel_over_the_socket(box: Sandbox, app: App, client: WebClient) -> None:
    submitted: list[Any] = []

    @app.command("/jit")
    def opened(ack: Any, body: dict[str, Any]) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=modal(field(select())))
        ack("opened")

    @app.options("what")
    def offered(ack: Any) -> None:
        ack(options=[option("logs")])

    @app.view("form")
    def taken(ack: Any, view: dict[str, Any]) -> None:
        submitted.append(view["state"]["values"]["what"]["what"]["selected_option"]["value"])
        ack(response_action="errors", errors={"what": "No."})

    @app.action("approve")
    def approved(ack: Any) -> None:
        ack()

    assert box.slack.command("alice", "/jit").ok
    assert box.slack.messages("#access", seen_by="alice")[0].text == "opened"
    assert box.slack.submit("alice", {"what": "logs"}).errors == {"what": "No."}
    assert submitted == ["logs"]
    client.chat_postMessage(channel="C0ACCESS", text="card", blocks=[actions(button())])
    assert box.slack.press("bob", "approve").ok
