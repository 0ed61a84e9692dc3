"""How much one person may have under way at once. What is beyond is told so, and holds nobody up."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

AT_ONCE = 4
"""Commands, presses and forms of one person; nobody types or presses faster than they are answered."""

P = ParamSpec("P")
Done = TypeVar("Done")


class Crowded(Exception):
    """This person has as much under way as one person may."""


class Crowd:
    """Counts what is under way for each person, over all threads. Whoever sends must be verified before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: Counter[str] = Counter()

    def submit(
        self, executor: Executor, person: str, do: Callable[P, Done], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[Done]:
        """Let a thread do something for a person. Raises `Crowded` without taking one."""
        self.enter(person)
        try:
            future = executor.submit(do, *args, **kwargs)
        except BaseException:
            self.leave(person)
            raise
        # Only when the thread is free again, whether or not anybody still waits for it.
        future.add_done_callback(lambda _: self.leave(person))
        return future

    def enter(self, person: str) -> None:
        """Count something that begins; `leave` must follow. Raises `Crowded`, and then it counts nothing."""
        with self._lock:
            if self._under_way[person] >= AT_ONCE:
                raise Crowded
            self._under_way[person] += 1

    def leave(self, person: str) -> None:
        with self._lock:
            self._under_way[person] -= 1
            if not self._under_way[person]:
                del self._under_way[person]


def sender(body: Mapping[str, Any]) -> str:
    """The account that a payload is from, as Slack names it: of a command, or of an interaction."""
    user = body.get("user")
    if isinstance(user, dict):
        return f"{user.get('team_id')}/{user.get('id')}"
    return f"{body.get('team_id')}/{body.get('user_id')}"
