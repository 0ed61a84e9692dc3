"""A guided walk: the next thing to try, which stays until it was done. The app's messages show what was."""

import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from sandbox.world import Record, WorldError


class Step(Record, frozen=True):
    """One thing to do, by one person. `line` is what they may send with one press, `code` is for a terminal.

    `until` is a pattern that one of the app's messages holds once it is done; its named groups stand as `{name}`
    in what comes after. Without one the person says that it is done.
    """

    who: str
    say: str
    line: str = ""
    code: str = ""
    until: str = ""


def load(path: Path) -> tuple[Step, ...]:
    """Read the steps of a walk. Raises `WorldError`."""
    try:
        steps = msgspec.yaml.decode(path.read_bytes(), type=tuple[Step, ...])
        for step in steps:
            re.compile(step.until)
    except (OSError, msgspec.DecodeError, re.error) as error:
        raise WorldError(f"{path}: {error}") from error
    return steps


class Walk:
    """How far the walk has come. It never goes back."""

    def __init__(self, steps: Iterable[Step] = ()) -> None:
        self._steps = tuple(steps)
        self._lock = threading.Lock()
        self._names: dict[str, str] = {}
        self.at = 0

    def look(self, messages: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
        """The step that is to be done next, given the app's messages; None when there is none."""
        with self._lock:
            said = [" ".join(_words(message)) for message in messages]
            while self.at < len(self._steps) and self._is_done(self._steps[self.at], said):
                self.at += 1
            if self.at == len(self._steps):
                return None
            step = self._steps[self.at]
            texts = {name: self._filled(getattr(step, name)) for name in ("who", "say", "line", "code")}
            return texts | {"number": self.at + 1, "of": len(self._steps), "last": not step.until}

    def done(self) -> None:
        """Go on from a step that only people know to be done."""
        with self._lock:
            if self.at < len(self._steps) and not self._steps[self.at].until:
                self.at += 1

    def _is_done(self, step: Step, said: Iterable[str]) -> bool:
        if not step.until:
            return False
        pattern = re.compile(self._filled(step.until), re.DOTALL)
        found = next((match for text in said if (match := pattern.search(text))), None)
        if found is not None:
            self._names |= found.groupdict()
        return found is not None

    def _filled(self, text: str) -> str:
        for name, value in self._names.items():
            text = text.replace(f"{{{name}}}", value)
        return text


def _words(value: Any) -> Iterator[str]:
    """Every text in a message, wherever it stands in its blocks."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name in ("text", "fields", "blocks", "elements", "fallback"):
            yield from _words(value.get(name))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _words(each)
