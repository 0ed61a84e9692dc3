"""A property that is worked out when it is first asked for.

It is `functools.cached_property` as Python has it from 3.12 on. Until then that takes a lock at every first look,
which costs more than most of what is worked out here, and a page looks a dozen times.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801 - it is read as a decorator
    """Keeps what `find` says of an object in that object's own members, where it is found from then on.

    Where two threads look at the same moment, both work it out. What raises is not kept.
    """

    def __init__(self, find: Callable[[Any], T]) -> None:
        self._find = find
        self.__doc__ = find.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, held: Any, owner: type | None = None) -> T:
        found = held.__dict__[self._name] = self._find(held)
        return found
