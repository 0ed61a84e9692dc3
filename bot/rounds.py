"""Whoever waits until a loop has looked once more, and nothing was left of what it found."""

import threading
from concurrent.futures import Future


class Rounds:
    """Counts a loop's rounds. What is under way when somebody comes is not enough: the next one is theirs.

    All that wait at one time wait for the same round, however many they are. Any thread may call.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun = 0
        self._ended = False
        self._waiting: list[tuple[int, Future[bool]]] = []

    def next(self) -> "Future[bool]":
        """Whether a round that begins after now, and all that it found to do, went well."""
        future: Future[bool] = Future()
        with self._lock:
            ended = self._ended
            if not ended:
                self._waiting.append((self._begun + 1, future))
        if ended:
            future.set_result(False)
        return future

    def begin(self) -> None:
        with self._lock:
            self._begun += 1

    def over(self, *, fine: bool) -> None:
        """Nothing is left of what the round that began last has found."""
        self._answer(fine=fine, every=False)

    def end(self) -> None:
        """There is no more to wait for, for whoever comes later neither: the loop ends."""
        with self._lock:
            self._ended = True
        self._answer(fine=False, every=True)

    def _answer(self, *, fine: bool, every: bool) -> None:
        with self._lock:
            told = [future for number, future in self._waiting if every or number <= self._begun]
            self._waiting = [each for each in self._waiting if each[1] not in told]
        for future in told:
            # One that is waited for no longer was cancelled.
            if future.set_running_or_notify_cancel():
                future.set_result(fine)
