"""Work that has threads of its own, and what becomes of it when there are none."""

import threading

import pytest

from countersign_client.aside import Aside


def test_what_no_thread_could_be_had_for_is_tried_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    aside: Aside[str] = Aside("look-up")

    def none_left(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as busy:
        busy.setattr(threading.Thread, "start", none_left)
        with pytest.raises(OSError, match="no thread for the look-up"):
            aside.get("slack.com", lambda: "found", timeout=1.0)

    assert aside.get("slack.com", lambda: "found", timeout=5.0) == "found"
