from typing import Any

import pytest

from bot.telemetry.recorder import Attributes, Kind, Recorder
from tests.approvals.conftest import cloud, wire, world

__all__ = ["cloud", "wire", "world"]


class Span:
    """One that was begun; `within` is the one around it."""

    def __init__(self, name: str, began: int, attributes: Attributes, kind: Kind, within: Any) -> None:
        self.name, self.began, self.kind, self.within = name, began, kind, within
        self.said = dict(attributes)
        self.failed: bool | None = None


class Sink:
    """What the libraries would be told. `spans` are those that ended, in that order."""

    def __init__(self) -> None:
        self.times: list[tuple[str, float, Attributes]] = []
        self.ended: list[Span] = []

    @property
    def spans(self) -> list[tuple[str, Attributes, bool | None]]:
        return [(each.name, each.said, each.failed) for each in self.ended]

    def time(self, name: str, seconds: float, attributes: Attributes) -> None:
        self.times.append((name, seconds, attributes))

    def begin(self, name: str, began: int, attributes: Attributes, *, kind: Kind, within: Any) -> Span:
        return Span(name, began, attributes, kind, within)

    def end(self, span: Span, ended: int, more: Attributes, *, failed: bool) -> None:
        assert span.began <= ended
        span.said |= more
        span.failed = failed
        self.ended.append(span)


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def recorder(sink: Sink) -> Recorder:
    recorder = Recorder()
    recorder.join(sink)
    return recorder
