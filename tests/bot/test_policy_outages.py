"""A store that fails while a looser policy is held: what it could not do is done once it can."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from approvals.policy.reading.parse import digest_of
from approvals.refusals.errors import Conflict, Unavailable
from bot.policy_file import PolicyFile
from tests.bot.test_policy_held import LOOSE, LOOSER, NARROW, TIGHT, Office, cloud, office, wire
from tests.support.doubles import Around
from tests.support.world import BOB, CAROL

__all__ = ["cloud", "office", "wire"]


class Failing:
    """A store of which the calls that a test names fail, from the first or from a later one on."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self._down: dict[str, int] = {}

    def fail(self, name: str, *, after: int = 0) -> None:
        self._down[name] = after

    def mend(self) -> None:
        self._down.clear()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call: Callable[..., Any] = getattr(self._store, name)

        def tried(*args: Any, **kwargs: Any) -> Any:
            if name in self._down:
                if not self._down[name]:
                    raise Unavailable("the store does not answer")
                self._down[name] -= 1
            return call(*args, **kwargs)

        return tried


class Beside:
    """A second process on the same store, whose calls can fail."""

    def __init__(self, office: Office, path: Path) -> None:
        self.store = Failing(office.world.store)
        self.file = PolicyFile(path, store=self.store, clock=office.world.clock)
        self.file.record()
        self.file.join(office.world.core(policy=self.file.current, store=self.store).changing)
        self.looks(2)

    def looks(self, times: int) -> list[bool]:
        """Look so many times, as the watch does every second; say when another policy was in force."""
        return [self.file.refresh() for _ in range(times)]


@pytest.fixture
def beside(office: Office) -> Beside:
    """Both processes hold the same looser file."""
    office.write(LOOSE)
    return Beside(office, office.path)


def narrowed(office: Office, folder: Path) -> None:
    """A third process has a file that is narrower, which is in force at once."""
    path = folder / "narrow.yaml"
    path.write_text(NARROW)
    PolicyFile(path, store=office.world.store, clock=office.world.clock).record()
    assert office.world.store.last_good() is not None


@pytest.mark.parametrize(
    ("call", "after"), [("last_good", 0), ("last_good", 1), ("guarded", 0), ("advance", 0), ("filed", 0)]
)
def test_another_policy_is_followed_and_what_is_held_is_asked_anew_once_the_store_answers(
    office: Office, beside: Beside, tmp_path: Path, call: str, after: int
) -> None:
    narrowed(office, tmp_path)
    beside.store.fail(call, after=after)
    with pytest.raises(Unavailable):
        beside.looks(3)
    beside.store.mend()

    assert beside.looks(3).count(True) == 1

    assert beside.file.current().digest == digest_of(NARROW)
    assert beside.file.held
    assert office.asked.state == "pending"
    office.accept(BOB, CAROL)
    beside.file.refresh()
    assert beside.file.current().digest == digest_of(LOOSE)


@pytest.mark.parametrize("call", ["last_good", "guarded", "advance", "keep", "filed", "commit"])
def test_what_was_accepted_is_in_force_once_the_store_answers(office: Office, beside: Beside, call: str) -> None:
    for who in (BOB, CAROL):
        office.world.press(who, office.asked)
    beside.store.fail(call)
    with pytest.raises(Unavailable):
        beside.looks(3)
    beside.store.mend()

    assert beside.looks(3).count(True) == 1

    assert beside.file.current().digest == digest_of(LOOSE)
    assert beside.file.held == ""


def test_that_another_policy_is_in_force_is_said_though_the_store_fails_right_behind_it(
    office: Office, beside: Beside, tmp_path: Path
) -> None:
    """The file changes while another process was first: what is held now is held against that one."""
    narrowed(office, tmp_path)
    office.path.write_text(LOOSER)
    beside.store.fail("last_good", after=1)
    with pytest.raises(Unavailable):
        beside.file.refresh()
    beside.store.mend()
    assert beside.file.current().digest == digest_of(NARROW)

    assert beside.looks(3).count(True) == 1


def test_nothing_is_in_force_while_the_store_fails(office: Office, beside: Beside) -> None:
    for who in (BOB, CAROL):
        office.world.press(who, office.asked)
    beside.store.fail("keep")
    for _ in range(2):
        with pytest.raises(Unavailable):
            beside.file.refresh()
        assert beside.file.current().digest == digest_of(TIGHT)


def test_what_was_accepted_instead_of_one_policy_never_comes_instead_of_another_that_is_first(
    office: Office, tmp_path: Path
) -> None:
    """Another policy comes into force after the last look at which one is, and before the accepted one is kept."""
    office.write(LOOSE)
    for who in (BOB, CAROL):
        office.world.press(who, office.asked)
    store = Around(office.world.store, before=lambda name: narrowed(office, tmp_path) if name == "keep" else None)
    other = PolicyFile(office.path, store=store, clock=office.world.clock)
    other.join(office.world.core(policy=other.current, store=store).changing)
    other.refresh()

    with pytest.raises(Conflict):
        other.refresh()

    kept = office.world.store.last_good()
    assert kept is not None
    assert kept.text == NARROW
