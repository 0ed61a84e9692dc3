"""A process that dies while a looser policy comes into force."""

import pytest

from approvals.uses import changing
from approvals.uses.changing import Changing
from tests.bot.test_policy_held import LOOSE, TIGHT, Office, cloud, office, wire
from tests.support.world import BOB, CAROL

__all__ = ["cloud", "office", "wire"]


class Died(Exception):
    """The process is gone."""


def dies(*_: object, **__: object) -> None:
    raise Died


def test_what_was_used_before_a_crash_lets_nothing_in_again_after_the_way_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies as the policy is in force, before it noted that nothing is held any more."""

    office.write(LOOSE)
    first = office.asked
    with monkeypatch.context() as dying:
        dying.setattr(Changing, "close", dies)
        with pytest.raises(Died):
            office.accept(BOB, CAROL)
    assert (kept := office.world.store.last_good()) is not None
    assert kept.text == LOOSE
    office.path.write_text(TIGHT)
    office.start()
    assert office.in_force == TIGHT

    office.write(LOOSE)

    assert office.in_force == TIGHT
    assert office.asked.id != first.id
    office.accept(BOB, CAROL)
    assert office.in_force == LOOSE


def test_a_file_that_comes_back_after_a_death_is_asked_anew(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies as the file is taken back: what was asked is withdrawn, and held still by the store."""

    office.write(LOOSE)
    first = office.asked
    with monkeypatch.context() as dying:
        dying.setattr(changing, "_move", dies)
        with pytest.raises(Died):
            office.write(TIGHT)
    assert office.world.read(first).state == "withdrawn"
    office.start()

    office.write(LOOSE)

    assert office.asked.id != first.id
    assert office.asked.state == "pending"
