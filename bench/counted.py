"""`python -m bench.counted bare|serve|alone`: a server to count the instructions of; SIGUSR1 ends it on the spot.

Counting slows a process down some fifty times: what waits two seconds for the first answer would begin before it.
Here it never begins, nor does what follows an answer, so that what is counted is the way to the answers. `alone`
is for answers after the start: nothing looks at the clock in the background, nobody is too late for Slack, and
whoever was looked up once is known, however long all of it takes.
"""

import gc
import os
import signal
import sys
from datetime import timedelta

_NEVER = 86_400.0


def main() -> None:
    # A process that ends in order is counted until it has ended.
    signal.signal(signal.SIGUSR1, lambda *_: os._exit(0))
    {"bare": _bare, "serve": _serve, "alone": _alone}[sys.argv[1]]()


def _bare() -> None:
    from bench.baselines import bare  # noqa: PLC0415 - only one of the two is loaded

    bare()


def _serve() -> None:
    """`countersign serve`, whose command has no garbage looked for at the start either."""
    from bot.cli import main as command  # noqa: PLC0415

    gc.disable()
    from bot import background  # noqa: PLC0415

    background.HOLD = _NEVER
    setattr(background.Background, "begin", _not)  # noqa: B010 - this run's service alone leaves it out
    from bot import serve  # noqa: PLC0415 - it takes the time to wait from the one before

    setattr(serve, "_RESOURCES", _NEVER)  # noqa: B010
    command(["serve"])


def _alone() -> None:
    from bot import background  # noqa: PLC0415

    setattr(background.Background, "start", _not)  # noqa: B010
    from approvals.people import accounts  # noqa: PLC0415
    from handlers.slack import accounts as looked_up  # noqa: PLC0415
    from handlers.slack import deadline  # noqa: PLC0415

    deadline.ANSWER = deadline.KEEP = _NEVER
    looked_up.FRESH = timedelta(seconds=_NEVER)
    setattr(accounts, "EVIDENCE_AGE", looked_up.FRESH)  # noqa: B010
    _serve()


def _not(_: object) -> None:
    """Begin nothing."""


if __name__ == "__main__":
    main()
