"""`python -m bench`: measure everything, print one line a figure, write `build/bench.json`.

`python -m bench NAME…` measures only these parts and writes nothing, with `--instructions` by what a processor
executes and not by time.
"""

import compileall
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import (
    applications,
    background,
    bindings,
    catalog,
    clicks,
    cpu,
    crowds,
    figures,
    growth,
    instructions,
    mails,
    noise,
    outbound,
    pages,
    policies,
    receipts,
    reminders,
    rules,
    spending,
    starts,
    together,
    tools,
    webhooks,
)
from bench.figures import Figure
from bench.processes import LOAD_CORE

_MEASURED = ("approvals", "bench", "bot", "countersign_client", "handlers")

PARTS: dict[str, Callable[[Path], list[Figure]]] = {
    "cpu": cpu.measure,
    "clicks": clicks.measure,
    "background": background.measure,
    "crowds": crowds.measure,
    "starts": starts.measure,
    "growth": growth.measure,
    "policies": policies.measure,
    "rules": rules.measure,
    "catalog": catalog.measure,
    "outbound": outbound.measure,
    "bindings": bindings.measure,
    "together": together.measure,
    "mails": mails.measure,
    "reminders": reminders.measure,
    "page": pages.measure,
    "receipts": receipts.measure,
    "applications": applications.measure,
    "webhooks": webhooks.measure,
    "spending": spending.measure,
    "tools": tools.measure,
}

COUNTED: dict[str, Callable[[Path], list[Figure]]] = {
    "starts": instructions.starts,
    "cpu": instructions.answers,
}
"""What can be measured by instructions as well."""

_BY_INSTRUCTIONS = "--instructions"


def main(arguments: list[str]) -> int:
    """Run the parts; the exit code is 0 whatever they show, because a figure is no test."""
    chosen = [each for each in arguments if each != _BY_INSTRUCTIONS]
    counted = len(chosen) < len(arguments)
    parts = COUNTED if counted else PARTS
    unknown = [name for name in chosen if name not in parts]
    if unknown:
        kind = "such part by instructions" if counted else "such part"
        print(f"no {kind}: {', '.join(unknown)}. There are {', '.join(parts)}", file=sys.stderr)
        return 2
    if counted and (said := instructions.missing()):
        print(said, file=sys.stderr)
        return 2
    if platform.system() != "Linux":
        print("the bench needs Linux: it pins processes to cores and reads /proc", file=sys.stderr)
        return 2
    folder = figures.OUTPUT.parent / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    if (os.cpu_count() or 1) > LOAD_CORE:
        os.sched_setaffinity(0, {LOAD_CORE})
    _compile()
    _say_noise(folder)
    measured: list[Figure] = []
    for name in chosen or parts:
        started = time.monotonic()
        for figure in parts[name](folder):
            measured.append(figure)
            print(figure.line(), flush=True)
        print(f"# {name} took {time.monotonic() - started:.0f} s", flush=True)
    _say_noise(folder)
    if not arguments:
        figures.write(measured)
        print(f"# written to {figures.OUTPUT}")
    return 0


def _compile() -> None:
    """Have the bytecode of what is measured at hand, as an image has it: no start compiles what was edited."""
    for package in _MEASURED:
        compileall.compile_dir(Path(__file__).parents[1] / package, quiet=1)


def _say_noise(folder: Path) -> None:
    for said in noise.describe(folder):
        print(f"# {said}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
