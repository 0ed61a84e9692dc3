"""Something that happens just before a call of the store."""

from collections.abc import Callable


class Late:
    """Calls something just before the next call of a method of the store."""

    def __init__(self) -> None:
        self._name = ""
        self._call: Callable[[], object] = lambda: None

    def before_the_next(self, name: str, call: Callable[[], object]) -> None:
        self._name, self._call = name, call

    def before(self, name: str) -> None:
        if name == self._name:
            self._name = ""
            self._call()
