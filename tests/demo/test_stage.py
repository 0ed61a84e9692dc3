"""What the story does where a machine is too busy for Slack's three seconds."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from demo.stage import Stage, StoryError
from tests.support.servers import serve

LATE, LOST = {"ok": False, "error": "dispatch_failed"}, {"ok": False, "error": "operation_timeout"}


class Workspace:
    """A sandbox that answers what a test says, the last of it for good."""

    def __init__(self) -> None:
        self.answers: list[dict[str, object]] = []
        self.acts: list[str] = []

    async def act(self, request: Request) -> JSONResponse:
        self.acts.append((await request.json())["do"])
        return JSONResponse(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])


@pytest.fixture
def workspace() -> Workspace:
    return Workspace()


@pytest.fixture
def stage(workspace: Workspace) -> Iterator[Stage]:
    with serve(Starlette(routes=[Route("/sandbox/act", workspace.act, methods=["POST"])])) as url:
        yield Stage(url, say=lambda _: None)


def test_a_press_that_came_too_late_is_made_once_more(workspace: Workspace, stage: Stage) -> None:
    workspace.answers = [LATE, {"ok": True}]
    stage._act("bob", "press")

    assert workspace.acts == ["press", "press"]


@pytest.mark.parametrize(
    ("verb", "answer", "times"), [("press", LATE, 2), ("press", LOST, 1), ("command", LATE, 1)]
)
def test_what_fails_again_or_may_have_been_done_fails_the_story(
    workspace: Workspace, stage: Stage, verb: str, answer: dict[str, object], times: int
) -> None:
    workspace.answers = [answer]
    with pytest.raises(StoryError):
        stage._act("bob", verb)

    assert workspace.acts == [verb] * times
