"""What reaches the app."""

from typing import Any

import pytest
from slack_bolt import App

Json = dict[str, Any]


@pytest.fixture
def asked(app: App) -> list[Json]:
    """Every body that reached the app's listeners."""
    bodies: list[Json] = []

    def keep(body: Json, next_: Any) -> None:
        bodies.append(body)
        next_()

    app.use(keep)
    return bodies
