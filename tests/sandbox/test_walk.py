"""The guided walk: a step stays until it was done, and nothing but its being done takes it away."""

from pathlib import Path
from typing import Any

import pytest

from sandbox import world
from sandbox.walk import Step, Walk, load
from sandbox.world import WorldError

STEPS = (
    Step(who="U0ALICE", say="ask", line="/jit", until=r"asked for (?P<id>r-\d)"),
    Step(who="U0BOB", say="approve {id}", until=r"approved {id}"),
    Step(who="U0ALICE", say="verify", code="show {id}"),
)


def message(text: str) -> dict[str, Any]:
    return {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}], "text": "", "app_id": "A"}


@pytest.mark.parametrize(
    "content", ["steps: 1", "- {who: a}", "- {who: a, say: b, until: '('}", "- {who: a, say: b, x: c}"]
)
def test_a_walk_that_cannot_be_read_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "walk.yaml"
    file.write_text(content)
    with pytest.raises(WorldError, match=r"walk\.yaml"):
        load(file)


def test_a_step_stays_whatever_else_is_said() -> None:
    walk = Walk(STEPS)
    for said in ([], [message("hello")], [message("approved r-1")]):
        walk.done()  # only of a step that nothing else can tell
        shown = walk.look(said)
        assert shown is not None
        assert (shown["number"], shown["of"], shown["say"], shown["line"]) == (1, 3, "ask", "/jit")


def test_what_one_step_found_stands_in_the_next_and_is_waited_for_there() -> None:
    walk = Walk(STEPS)
    shown = walk.look([message("asked for r-7"), message("approved r-8")])
    assert shown is not None
    assert (shown["number"], shown["say"], shown["last"]) == (2, "approve r-7", False)


def test_the_demos_walk_takes_no_list_of_requests_for_access_that_was_given() -> None:
    walk = Walk(load(world.EXAMPLE.with_name("walk.yaml")))
    asked = [
        message("CHG-42 release 7 r-aaaaaaaaaa"),
        message("bob@example.com (Bob Baker) approved. Request r-aaaaaaaaaa"),
        message("Your requests and access r-aaaaaaaaaa Waiting for approval. r-bbbbbbbbbb Access is active."),
    ]
    shown = walk.look(asked)
    assert shown is not None
    assert (shown["number"], shown["who"]) == (3, "U0CAROL")

    shown = walk.look([*asked, message("Access is active. Request r-aaaaaaaaaa")])
    assert shown is not None
    assert shown["number"] == 4


def test_a_step_that_was_done_stays_done_when_its_message_is_gone() -> None:
    walk = Walk(STEPS)
    walk.look([message("asked for r-7")])
    shown = walk.look([])
    assert shown is not None
    assert shown["number"] == 2


def test_the_last_step_ends_when_somebody_says_so() -> None:
    walk = Walk(STEPS)
    shown = walk.look([message("asked for r-7"), message("approved r-7")])
    assert shown is not None
    assert (shown["number"], shown["code"], shown["last"]) == (3, "show r-7", True)
    walk.done()
    assert walk.look([]) is None


def test_without_steps_there_is_no_walk() -> None:
    assert Walk().look([message("asked for r-7")]) is None
