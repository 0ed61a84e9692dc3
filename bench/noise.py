"""How quiet the machine is: the spread of a fixed loop, the load, and what one durable write costs."""

import os
import platform
import sys
import time
from pathlib import Path
from statistics import median

_LOOPS = 40
_WRITES = 100


def describe(folder: Path) -> list[str]:
    """Say what machine this is and how much it wavers at the moment."""
    loop = sorted(_loop() for _ in range(_LOOPS))
    writes = sorted(_writes(folder))
    spread = loop[int(len(loop) * 0.9)] / median(loop)
    loop_text = f"a fixed loop takes {median(loop) * 1000:.2f} ms, its 90th percentile {spread:.2f} times that"
    late = writes[int(len(writes) * 0.9)]
    return [
        f"machine: {_processor()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}, {platform.release()}",
        f"noise: {loop_text}; load {os.getloadavg()[0]:.2f}",
        f"disk: 4 KiB synced in {median(writes) * 1000:.2f} ms, 90th percentile {late * 1000:.2f} ms",
    ]


def _loop() -> float:
    started = time.perf_counter()
    total = 0
    for number in range(100_000):
        total += number * number
    return time.perf_counter() - started


def _writes(folder: Path) -> list[float]:
    path = folder / "sync"
    taken = []
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        for _ in range(_WRITES):
            started = time.perf_counter()
            os.pwrite(handle, b"x" * 4096, 0)
            os.fdatasync(handle)
            taken.append(time.perf_counter() - started)
    finally:
        os.close(handle)
        path.unlink()
    return taken


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
