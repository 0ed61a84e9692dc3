"""Processes of their own that begin at the same moment."""

import multiprocessing
from collections.abc import Callable
from typing import Any

SPAWN = multiprocessing.get_context("spawn")


def answers(*steps: Callable[..., object]) -> list[Any]:
    """Run each step in a process, and return what each sent.

    A step takes `start`, a barrier that all of them meet at, and `answer`, a connection for one object.
    """
    start = SPAWN.Barrier(len(steps))
    pipes = [SPAWN.Pipe(duplex=False) for _ in steps]
    running = [
        SPAWN.Process(target=step, kwargs={"start": start, "answer": answer})
        for step, (_, answer) in zip(steps, pipes, strict=True)
    ]
    for process in running:
        process.start()
    sent = []
    for receive, _ in pipes:
        assert receive.poll(240), "a process did not answer"
        sent.append(receive.recv())
    for process in running:
        process.join(60)
        assert process.exitcode == 0
    return sent
