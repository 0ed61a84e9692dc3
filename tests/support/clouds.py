"""A Google in this process and the line to it: fixtures that a conftest imports."""

import pytest

from sandbox.google import Google
from tests.support.builders import RESOURCE
from tests.support.direct import Wire, direct
from tests.support.fridays import GROUP


def google_with(*resources: str) -> Google:
    """A Google that has these resources; the one of the tests' policy where none is named."""
    google = Google()
    for resource in resources or (RESOURCE,):
        google.add(resource)
    # Its time is none that a world lives in: a membership ends there when it is taken away.
    google.groups.now = lambda: 0.0
    google.set_group(GROUP, ())
    return google


@pytest.fixture
def cloud() -> Google:
    return google_with()


@pytest.fixture
def wire(cloud: Google) -> Wire:
    return Wire(direct(cloud))
