"""Each payload reaches the one listener of its kind and name, and nothing else does."""

from typing import Any

import pytest

from handlers.slack.answers import Ack, Answer, answer
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
    def failed(error: Exception, body: dict[str, Any]) -> Answer:
        return answer(418, str(error))

    made = Listeners(failed)

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
def test_what_nobody_listens_for_reaches_nobody(
    listeners: Listeners, heard: list[str], body: dict[str, Any]
) -> None:
    assert listeners.answer(body) is None
    assert heard == []


@pytest.mark.parametrize(
    ("body", "kind"), [(COMMAND, "command"), (ACTION, "action"), (OPTIONS, "options"), (VIEW, "view")]
)
def test_each_kind_reaches_its_own_listener_and_gets_its_answer(
    listeners: Listeners, heard: list[str], body: dict[str, Any], kind: str
) -> None:
    said = listeners.answer(body)

    assert heard == [kind]
    assert said is not None
    assert kind in str(said.body)


def test_whoever_says_nothing_has_said_yes(listeners: Listeners) -> None:
    listeners.action("silent")(lambda ack, body: None)

    said = listeners.answer({"type": "block_actions", "actions": [{"action_id": "silent"}]})

    assert said is not None
    assert (said.status, said.body) == (200, "")


def test_what_a_listener_raises_is_answered(listeners: Listeners) -> None:
    @listeners.action("approve")
    def approve(ack: Ack, body: dict[str, Any]) -> None:
        raise LookupError("nothing there")

    said = listeners.answer(ACTION)

    assert said is not None
    assert (said.status, said.body) == (418, "nothing there")


def test_what_nobody_listens_for_yet_finds_those_who_are_connected_later_and_once() -> None:
    made: list[Listeners] = []

    def others(listeners: Listeners) -> None:
        made.append(listeners)
        listeners.action("approve")(lambda ack, body: ack("pressed"))

    listeners = Listeners(lambda error, body: answer(418, str(error)), others=others)
    listeners.command("/jit")(lambda ack, body: ack("ordered"))

    assert listeners.answer(COMMAND) == answer(200, "ordered")
    assert made == []
    assert [listeners.answer(ACTION) for _ in range(2)] == [answer(200, "pressed")] * 2
    assert listeners.answer(VIEW) is None
    assert made == [listeners]


def test_those_who_could_not_be_connected_are_connected_by_the_next_payload() -> None:
    broken = [True, False]

    def others(listeners: Listeners) -> None:
        if broken.pop(0):
            raise OSError("no file")
        listeners.action("approve")(lambda ack, body: ack("pressed"))

    listeners = Listeners(lambda error, body: answer(418, str(error)), others=others)

    with pytest.raises(OSError, match="no file"):
        listeners.answer(ACTION)
    assert listeners.answer(ACTION) == answer(200, "pressed")
