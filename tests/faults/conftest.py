from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals import evidence
from handlers.slack import authentication, deadline, responder
from sandbox.slack import outward
from tests.support.running import Running, running


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Running]:
    """A running program of the test's own, on a clock that can be moved."""
    with running(tmp_path) as made:
        yield made


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits of a click, shorter: the second more that they leave of Slack's three is a slow machine's.

    That the true ones leave enough is a matter of numbers: `tests/handlers/slack/test_deadline.py`.
    """
    monkeypatch.setattr(outward, "ANSWER_SECONDS", 3.0)
    monkeypatch.setattr(deadline, "ANSWER", 1.6)
    monkeypatch.setattr(deadline, "KEEP", 1.8)
    monkeypatch.setattr(authentication, "LOOK_UP", 0.6)
    monkeypatch.setattr(evidence, "DEADLINE", 0.9)
    monkeypatch.setattr(responder, "OPEN", 0.9)
