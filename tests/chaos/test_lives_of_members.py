"""Random lives in which people are let into a group, beside all else that may happen, with crashes and lies."""

import pytest

from tests.chaos.joining import Joining
from tests.chaos.test_state_machine import Lives, lives


class LivesOfMembers(Lives, Joining):
    """All of it in any order; ends as every life does."""


TestLivesOfMembers = pytest.mark.long(pytest.mark.timeout(1800)(LivesOfMembers.TestCase))
TestLivesOfMembers.settings = lives(80, steps=40)
