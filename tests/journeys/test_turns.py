"""People learn that it is their turn: as the whole program beside a workspace does it."""

import json
from typing import Any

from sandbox.slack.records import Message
from tests.support.running import Running


def calls(office: Running, request_id: str) -> list[Message]:
    """The replies below a request's card."""
    (card,) = office.cards(request_id)
    return [m for m in office.box.slack.messages("#access") if m.thread_ts == card.ts]


def mentioned(message: Message) -> set[str]:
    found: list[dict[str, Any]] = message.blocks[0]["elements"][0]["elements"]
    return {element["user_id"] for element in found if element["type"] == "user"}


def test_each_stage_calls_its_own_people_once_when_it_opens(shared: Running) -> None:
    asked = shared.ask("alice", "signed", "CHG-42 <@U0GWEN> release 7")
    (first,) = shared.until(lambda: calls(shared, asked))
    assert mentioned(first) == {"U0BOB", "U0DAN"}
    assert "U0GWEN" not in json.dumps(first.blocks)

    shared.approve("bob", asked)

    second = shared.until(lambda: calls(shared, asked)[1:])
    assert [mentioned(each) for each in second] == [{"U0CAROL"}]
    shared.sees("Needs security's signature, 1 of 2 done", asked)
    shared.settled()
    assert len(calls(shared, asked)) == 2
