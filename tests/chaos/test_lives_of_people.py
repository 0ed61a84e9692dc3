"""Random lives in which something is frozen by name as well, people leave, and others stand in for who is away."""

import pytest
from hypothesis.stateful import rule

from approvals.ports.store import Store
from tests.chaos.absent import Absent
from tests.chaos.parting import Parting
from tests.chaos.test_state_machine import Lives, lives
from tests.support.emulators import new_project, running_host, store_at


class LivesOfPeople(Lives, Parting, Absent):
    """Beside all that may happen otherwise."""

    @rule()
    def settle(self) -> None:
        self.let_everything_go()
        super().settle()
        self.nobody_who_left_has_anything()


class LivesInFirestore(LivesOfPeople):
    """All of it on Google's emulator."""

    def new_store(self) -> Store:
        return store_at(running_host(), new_project())


TestLivesOfPeople = pytest.mark.long(pytest.mark.timeout(1800)(LivesOfPeople.TestCase))
TestLivesOfPeople.settings = lives(180, steps=40)
# Fewer: each look at a record is a call.
TestLivesInFirestore = pytest.mark.usefixtures("firestore_host")(LivesInFirestore.TestCase)
TestLivesInFirestore.settings = lives(10, steps=25)
