"""Many who come at the same moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from approvals.refusals.errors import CountersignError


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do all of it at the same moment, each in a thread; what each gives, or raised of our errors."""
    start = threading.Barrier(len(acts))

    def one(act: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return act()
        except CountersignError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def many_at_once(count: int, do: Callable[[int], Any]) -> list[Any]:
    """The same for so many that do the same, each by its number."""
    return at_once(*(partial(do, number) for number in range(count)))
