"""Doors behind which a room is made after the first answer, or once somebody comes by one of them."""

from collections.abc import Callable
from concurrent.futures import Executor
from typing import Generic, TypeVar

from handlers.aside import aside
from handlers.channel import Door, Receive, Scope, Send, Unusable
from handlers.later import Later

R = TypeVar("R")


class Behind(Generic[R]):
    """A room and the doors to it. Whoever comes before it is made waits as long as that takes, in a thread."""

    def __init__(self, what: str, make: Callable[[], R], *, executor: Executor) -> None:
        """`what` names it where it cannot be made; `make` loads what it needs."""
        self._what = what
        self._room = Later(make)
        self._executor = executor

    def __call__(self) -> R:
        return self._room()

    @property
    def made(self) -> R | None:
        """It, where it was needed already."""
        return self._room.made

    def load(self) -> None:
        """Make it, unless it is made. Raises `Unusable` where that cannot be: nobody could come in."""
        try:
            self._room()
        except Exception as error:
            raise Unusable(f"{self._what} cannot be put together: {error!r}") from error

    def then(self, do: Callable[[R], object]) -> Callable[[], object]:
        """What does this in the room, which is made for it where it has to be."""
        return lambda: do(self._room())

    def door(self, find: Callable[[R], Door]) -> Door:
        """The door that is found in the room."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            room = self._room.made
            if room is None:
                room = await aside(self._executor, self._room)
            await find(room)(scope, receive, send)

        return answer
