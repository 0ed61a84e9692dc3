"""The first page after a start, while what writes pages is loaded: both come out right, and it is done once."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
import pytest

from handlers.later import Later
from handlers.web import site
from handlers.web.pages import Page
from handlers.web.writing import Writing
from tests.handlers.web.conftest import ALICE
from tests.support.running import running
from tests.support.visits import Browser

PATIENCE = 60.0
MANY = 8


class Knocked:
    """A lock that says when a second one waits for it."""

    def __init__(self) -> None:
        self._lock, self._came = threading.Lock(), 0
        self.second = threading.Event()

    def __enter__(self) -> None:
        self._came += 1
        if self._came > 1:
            self.second.set()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


@pytest.mark.parametrize("first", ["page", "load"])
def test_whoever_of_the_two_comes_first_the_page_is_whole_and_it_is_loaded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    knocked, begun, made = Knocked(), threading.Event(), list[Writing]()

    def make() -> Writing:
        begun.set()
        assert knocked.second.wait(PATIENCE)
        made.append(Writing())
        return made[-1]

    monkeypatch.setattr(site, "_writing", make)
    with running(tmp_path, iap_port=0) as office, ThreadPoolExecutor(2) as pool:
        rooms: Any = office.service.channels["iap"]
        writing: Later[Writing] = rooms.rooms().pages.writing
        monkeypatch.setattr(writing, "_lock", knocked)
        both: dict[str, Callable[[], Any]] = {"page": lambda: Browser(office, ALICE).get("/"), "load": writing}
        one = pool.submit(both.pop(first))
        assert begun.wait(PATIENCE)
        other = pool.submit(both.popitem()[1])
        page, loaded = (one, other) if first == "page" else (other, one)

        assert page.result(PATIENCE).status == 200
        assert ALICE in page.result().body
        assert loaded.result(PATIENCE) is made[0]
    assert len(made) == 1


def test_a_template_that_several_pages_need_at_once_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read, compiled, writing = Counter[str](), jinja2.Environment.compile, Writing()

    def slowly(self: Any, source: Any, name: Any = None, *args: Any, **options: Any) -> Any:
        read[name] += 1
        time.sleep(0.05)  # the others come meanwhile
        return compiled(self, source, name, *args, **options)

    monkeypatch.setattr(jinja2.Environment, "compile", slowly)
    here = threading.Barrier(MANY)

    def write(_: int) -> str:
        here.wait(PATIENCE)
        return writing.written(
            Page(template="refusal.html", context={"said": "no", "away": "", "heading": "No"}),
            who=ALICE,
            zone=ZoneInfo("UTC"),
        )

    with ThreadPoolExecutor(MANY) as pool:
        found = set(pool.map(write, range(MANY)))

    assert len(found) == 1
    assert set(read.values()) == {1}
