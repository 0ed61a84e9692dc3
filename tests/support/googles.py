"""Fixtures of a Google of the sandbox's on loopback; a conftest imports those it wants."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from sandbox.google import Google, routes
from tests.support.servers import Stage, serve

PROJECT, FOLDER, ORGANIZATION = "projects/demo-prod", "folders/200", "organizations/100"


@pytest.fixture(scope="session")
def google_stage() -> Iterator[tuple[Stage, str]]:
    stage = Stage()
    with serve(stage) as base_url:
        yield stage, base_url


@pytest.fixture
def google(google_stage: tuple[Stage, str]) -> Iterator[Google]:
    """A Google with one organization, one folder and one project."""
    google = Google()
    google.add(ORGANIZATION, display_name="example.com")
    google.add(FOLDER, parent=ORGANIZATION, display_name="Production")
    google.add(PROJECT, number="300", parent=FOLDER, display_name="Demo production")
    google_stage[0].app = Starlette(routes=[Mount("/google", routes=routes(google))])
    yield google
    google.faults.clear()


@pytest.fixture
def google_url(google: Google, google_stage: tuple[Stage, str]) -> str:
    """What `GOOGLE_API_BASE_URL` is for that Google."""
    return f"{google_stage[1]}/google"
