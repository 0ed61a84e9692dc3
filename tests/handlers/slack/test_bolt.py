"""What Bolt is asked for is answered alike, also where several are the first at the same moment."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from handlers.slack.answers import Answer, answer
from handlers.slack.bolt import Bolt
from handlers.slack.listeners import Listeners

PATIENCE = 60.0
EVENT = {"type": "event_callback", "event": {"type": "pin_added"}}


class Together(list[str]):
    """Lets nobody go on from its first element before another one has read that, too."""

    def __init__(self, those: list[str]) -> None:
        super().__init__(those)
        self._both = Barrier(2)

    def __getitem__(self, which: Any) -> Any:
        found = super().__getitem__(which)
        self._both.wait(PATIENCE)
        return found


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as made:
        yield made


def test_two_events_that_nobody_listens_for_are_taken_at_the_same_moment(pool: ThreadPoolExecutor) -> None:
    bolt = Bolt(Listeners(lambda error, body: answer(418)), background=pool)
    handler: Any = bolt.listener_runner.listener_error_handler
    handler.arg_names = Together(handler.arg_names)

    def unheard(_: int) -> Answer:
        return bolt.unheard(EVENT, {})

    assert [each.status for each in pool.map(unheard, range(2))] == [200, 200]
    assert list(handler.arg_names) == ["error", "body"]
