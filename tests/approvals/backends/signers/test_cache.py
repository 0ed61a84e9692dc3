"""Keys that are kept elsewhere: when they are read, when they are not, and what happens while they cannot be."""

import threading
import time
from collections.abc import Callable

import msgspec
import pytest

from approvals.backends.signers.cache import FRESH, PAUSE, RETRY, KeyCache
from approvals.backends.signers.keyset import KeysError
from approvals.refusals.errors import Unavailable


class Key(msgspec.Struct, frozen=True):
    kid: str


class Elsewhere:
    """The place that keys are read from, with a clock that stands still."""

    def __init__(self, *kids: str) -> None:
        self.kids = kids
        self.readings = 0
        self.failure: Exception | None = None
        self.now = 1000.0
        self.answers = threading.Event()
        self.answers.set()

    def read(self) -> tuple[Key, ...]:
        self.readings += 1
        self.answers.wait(60)
        if self.failure is not None:
            raise self.failure
        return tuple(Key(kid) for kid in self.kids)

    def clock(self) -> float:
        return self.now


def until(found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.fixture
def place() -> Elsewhere:
    return Elsewhere("first")


@pytest.fixture
def cache(place: Elsewhere) -> KeyCache[Key]:
    return KeyCache(place.read, clock=place.clock)


def test_nothing_is_read_before_it_is_needed(cache: KeyCache[Key], place: Elsewhere) -> None:
    assert place.readings == 0


@pytest.mark.parametrize("failure", [Unavailable("no answer"), KeysError("no permission")])
def test_keys_that_never_came_are_unavailable_with_the_reason(
    cache: KeyCache[Key], place: Elsewhere, failure: Exception
) -> None:
    place.failure = failure

    with pytest.raises(Unavailable, match=str(failure)):
        cache.all()
    with pytest.raises(Unavailable, match=str(failure)):
        cache.find("first")


def test_a_reading_that_failed_is_not_repeated_at_once(cache: KeyCache[Key], place: Elsewhere) -> None:
    place.failure = Unavailable("no answer")
    for _ in range(10):
        with pytest.raises(Unavailable):
            cache.all()
    assert place.readings == 1

    place.failure = None
    place.now += RETRY

    assert cache.all() == (Key("first"),)


def test_a_key_that_does_not_exist_costs_one_reading_in_half_a_minute(
    cache: KeyCache[Key], place: Elsewhere
) -> None:
    cache.all()

    assert [cache.find("unknown") for _ in range(10)] == [None] * 10

    assert place.readings == 2
    place.now += PAUSE
    assert cache.find("unknown") is None
    assert place.readings == 3


def test_a_key_that_came_since_is_found(cache: KeyCache[Key], place: Elsewhere) -> None:
    cache.all()
    place.kids = ("first", "second")

    assert cache.find("second") == Key("second")


def test_while_keys_cannot_be_read_an_unknown_one_is_not_called_foreign(
    cache: KeyCache[Key], place: Elsewhere
) -> None:
    cache.all()
    place.failure = Unavailable("no answer")

    for _ in range(3):
        with pytest.raises(Unavailable):
            cache.find("second")
    assert place.readings == 2


def test_a_known_key_is_found_without_a_reading_while_others_cannot_be_read(
    cache: KeyCache[Key], place: Elsewhere
) -> None:
    cache.all()
    place.failure = Unavailable("no answer")
    with pytest.raises(Unavailable):
        cache.find("second")

    assert cache.find("first") == Key("first")


def test_old_keys_are_read_again_beside_whoever_uses_them(cache: KeyCache[Key], place: Elsewhere) -> None:
    cache.all()
    place.kids = ("second",)
    place.now += FRESH
    place.answers.clear()

    assert cache.all() == (Key("first"),)

    place.answers.set()
    until(lambda: cache.all() == (Key("second"),))
    assert place.readings == 2


def test_old_keys_stay_in_use_while_they_cannot_be_read(cache: KeyCache[Key], place: Elsewhere) -> None:
    cache.all()
    place.failure = KeysError("no permission")
    place.now += FRESH

    assert cache.find("first") == Key("first")

    until(lambda: place.readings == 2)
    place.now += 24 * 3600
    assert cache.find("first") == Key("first")


def test_a_check_reads_now_and_lets_the_reason_through(cache: KeyCache[Key], place: Elsewhere) -> None:
    place.failure = KeysError("no permission")

    with pytest.raises(KeysError, match="no permission"):
        cache.check()


def test_many_who_need_the_keys_at_once_read_them_once(cache: KeyCache[Key], place: Elsewhere) -> None:
    gate = threading.Barrier(8)

    def need() -> None:
        gate.wait()
        cache.find("first")

    threads = [threading.Thread(target=need) for _ in range(8)]
    place.answers.clear()
    for thread in threads:
        thread.start()
    until(lambda: place.readings == 1)
    time.sleep(0.05)
    place.answers.set()
    for thread in threads:
        thread.join()

    assert place.readings == 1
