"""Tasks: an application looks at its own, and cancels those that wait."""

import pytest

from tests.support.front import REQUESTS, URN, Front
from tests.support.world import BOB


@pytest.mark.parametrize("how", ["status", "cancel"])
def test_a_task_of_another_application_is_not_there(front: Front, how: str) -> None:
    task = front.task()

    said = [
        front.status(each, by=by) if how == "status" else front.send(f"{REQUESTS}/{each}/cancel", {}, by=by)
        for each, by in ((task, front.other), ("r-0123456789", None), ("arq_1", None))
    ]

    assert {(each.status, each.json["type"]) for each in said} == {(404, f"{URN}unknown_task")}
    assert front.status(task).json["task"]["status"] == "pending"


def test_a_task_says_how_it_stands(front: Front) -> None:
    stands = {name: front.task() for name in ("pending", "approved", "denied", "cancelled", "expired")}
    front.world.press(BOB, front.read(stands["approved"]))
    front.world.press(BOB, front.read(stands["denied"]), "deny", comment="No.")
    cancelled = front.send(
        f"{REQUESTS}/{stands['cancelled']}/cancel", {"reason": "obsolete", "comment": "Not now"}
    )
    told = {name: front.status(task) for name, task in stands.items()}
    front.world.clock.advance(5 * 3600)
    front.world.pass_()
    told["expired"] = front.status(stands["expired"])

    assert {name: each.json["task"]["status"] for name, each in told.items()} == {name: name for name in stands}
    assert (cancelled.status, cancelled.json["task"]["status"]) == (200, "cancelled")
    assert told["pending"].headers["retry-after"] == "5"
    assert told["pending"].json["task"]["links"]["cancel"].endswith("/cancel")
    assert told["approved"].json["result"]["mode"] == "reevaluate"
    assert {name for name, each in told.items() if "result" in each.json} == {"approved"}
    assert {name for name, each in told.items() if "cancel" in each.json["task"]["links"]} == {"pending"}


def test_what_is_over_is_not_cancelled(front: Front) -> None:
    task = front.task()
    front.approval(task)

    said = front.send(f"{REQUESTS}/{task}/cancel", b"")

    assert (said.status, said.json["type"]) == (409, f"{URN}invalid_task_state")


def test_a_task_is_cancelled_once_however_often_it_is_sent(front: Front) -> None:
    task = front.task()

    said = [front.send(f"{REQUESTS}/{task}/cancel", b"", named="k-1") for _ in range(2)]

    assert [each.status for each in said] == [200, 200]
    assert said[0].body == said[1].body


def test_a_wrong_word_cancels_nothing(front: Front) -> None:
    task = front.task()

    said = front.send(f"{REQUESTS}/{task}/cancel", {"reason": 7})

    assert (said.status, said.fields) == (400, ["reason"])
    assert front.status(task).json["task"]["status"] == "pending"


def test_several_tasks_are_cancelled_under_one_name(front: Front) -> None:
    said = [
        front.send(f"{REQUESTS}/{front.task()}/cancel", {"reason": "obsolete"}, request_id="req-1")
        for _ in range(2)
    ]

    assert [each.json["task"]["status"] for each in said] == ["cancelled", "cancelled"]
