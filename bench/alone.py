"""`python -m bench.alone`: the service as `countersign serve` runs it, but for what follows after a click.

Reconcile writes bindings and redraws cards in threads of the same process. Here it never begins, so that the CPU
of the process is the CPU of answering.
"""

import os

from bot.background import Background
from bot.serve import serve


def main() -> None:
    setattr(Background, "start", _not)  # noqa: B010 - this run's service alone leaves it out
    serve(os.environ)


def _not(_: Background) -> None:
    """Begin nothing."""


if __name__ == "__main__":
    main()
