"""Threads that read by one type for the first time at the same moment: no process dies of it."""

import subprocess
import sys

import pytest

RACE = """
import sys, threading
import msgspec
from countersign_client import shapes

sys.setswitchinterval(1e-6)
BODY = msgspec.json.encode({f"g{n}": {f"f{k}": k for k in range(40)} for n in range(4)})
PLAIN = msgspec.json.decode(BODY)


def meet(number):
    parts = [msgspec.defstruct(f"P{number}_{n}", [(f"f{k}", int) for k in range(40)]) for n in range(4)]
    whole = msgspec.defstruct(f"W{number}", [(f"g{n}", parts[n]) for n in range(4)])
    start = threading.Barrier(4)

    def read():
        start.wait()
        READ

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


for number in range(100):
    meet(number)
print("fine")
"""


@pytest.mark.parametrize("read", ["shapes.decode(BODY, whole)", "shapes.convert(PLAIN, whole)"])
def test_a_type_is_made_ready_by_one_thread_alone(read: str) -> None:
    """Fails with `msgspec.json.decode(BODY, type=whole)` or `msgspec.convert` in its place: exit code -11."""
    done = subprocess.run(
        [sys.executable, "-c", RACE.replace("READ", read)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "fine\n"), done.stderr
