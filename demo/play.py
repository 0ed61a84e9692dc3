"""`countersign demo --play`: the story on free ports, without a browser."""

import sys
import tempfile
from pathlib import Path

from demo.running import DemoError, end_on_signals, started
from demo.stage import StoryError
from demo.story import tell

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""


def play() -> int:
    """Play the story, print it, and return the exit code: 0 when every step went well."""
    end_on_signals()
    with tempfile.TemporaryDirectory(prefix="countersign-") as folder:
        state = Path(folder)
        log = state / "log"
        try:
            with log.open("wb") as file, started(port=0, state=state, log=file.fileno()) as (running, _):
                tell(running, say=print)
        except (StoryError, DemoError) as error:
            sys.stderr.write(f"FAILED: {error}\n{_tail(log)}")
            return 1
        except KeyboardInterrupt:
            sys.stderr.write("\ncountersign demo: interrupted\n")
            return INTERRUPTED
    return 0


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-20:] if log.exists() else []
    return "".join(f"  | {line}\n" for line in lines)
