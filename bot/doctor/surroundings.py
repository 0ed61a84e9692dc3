"""The settings as a part that is examined, and what of them is unsafe though it works."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from approvals.ports.examining import Diagnosis, found
from bot.partly import Partly
from bot.trust import untrusted
from handlers.channel import Channel

PART = "settings"


def examine(read: Partly, environ: Mapping[str, str], channels: Sequence[Channel[Any]]) -> Iterator[Diagnosis]:
    """Say what is wrong with the environment, and then what a sandbox alone excuses."""
    for problem in read.problems:
        yield found(PART, "wrong", "settings.wrong", said=problem)
    if not read.problems:
        yield found(PART, "ok", "settings.ok", count=sum(name in environ for name in read.values))
    if read.values["COUNTERSIGN_SANDBOX"]:
        yield found(PART, "warning", "settings.sandbox")
        strict = untrusted({**read.values, "COUNTERSIGN_SANDBOX": None}, environ, channels)
        for problem in strict:
            if problem not in read.problems:
                yield found(PART, "warning", "settings.weak", said=_excused(problem))
    if read.values["LOG_LEVEL"] == "DEBUG":
        yield found(PART, "warning", "settings.debug")


def _excused(problem: str) -> str:
    """What is weak, without what to set: here a sandbox is said to be."""
    return problem.partition(". ")[0]
